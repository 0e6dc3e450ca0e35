"""Stages of the harness itself: results that exist already, run by run or as a paper sums them up."""

from cbspec.tables.declaration import Column, Table, table_stage
from cbspec.tables.reported import REPORTED

__all__ = ["REPORTED", "Column", "Table", "table_stage"]
