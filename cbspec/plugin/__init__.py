"""The pytest plugin. It collects claims as tests, runs them, and reports their verdicts.

pytest finds its first two hooks here. Start with `hooks.py`, which registers the rest. The warnings
are here because people name them in pytest's filters.
"""

from cbspec.plugin.failures import UndecidableWarning, UnreadWarning
from cbspec.plugin.hooks import pytest_configure, pytest_load_initial_conftests

__all__ = [
    "UndecidableWarning",
    "UnreadWarning",
    "pytest_configure",
    "pytest_load_initial_conftests",
]
