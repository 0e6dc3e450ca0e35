"""Stages that read existing results: tables of runs, and means that a paper reports."""

from cbspec.tables.column import Column
from cbspec.tables.declaration import table_stage
from cbspec.tables.reported import REPORTED
from cbspec.tables.table import Table

__all__ = ["REPORTED", "Column", "Table", "table_stage"]
