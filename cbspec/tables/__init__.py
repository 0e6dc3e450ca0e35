"""Stages of the harness itself: results that exist already, run by run or as a paper sums them up."""

from cbspec.tables.declaration import TABLE, Column, Table
from cbspec.tables.reported import REPORTED

__all__ = ["REPORTED", "TABLE", "Column", "Table"]
