"""The first files of a new project."""

from cbspec.scaffold.starter import ResultsTable, Starter

__all__ = ["ResultsTable", "Starter"]
