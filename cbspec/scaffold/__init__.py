"""The first files of a new project."""

from cbspec.scaffold.starter import Starter

__all__ = ["Starter"]
