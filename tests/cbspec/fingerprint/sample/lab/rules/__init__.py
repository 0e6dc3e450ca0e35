# ruff: noqa: F401
"""A package that re-exports under another name."""

from .local import apply_rule as apply
from .local import other_rule
