"""Stages that read existing results: tables of runs, and means that a paper reports."""

from cbspec.tables.declaration import Column, Table, table_stage
from cbspec.tables.reported import REPORTED

__all__ = ["REPORTED", "Column", "Table", "table_stage"]
