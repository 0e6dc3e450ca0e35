"""The stage ``table``: results that exist already, in a file of one row for each run."""

from cbspec.tables.declaration import TABLE, Column, Table

__all__ = ["TABLE", "Column", "Table"]
