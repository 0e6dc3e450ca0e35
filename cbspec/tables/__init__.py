"""Stages that read existing results: tables of runs, and means that a paper reports."""

from cbspec.tables.column import Column
from cbspec.tables.declaration import Table, table_stage
from cbspec.tables.reported import REPORTED

__all__ = ["REPORTED", "Column", "Table", "table_stage"]
