"""The pytest plugin. It collects claims as tests, runs them, and reports their verdicts.

pytest finds its first two hooks here. Start with `hooks.py`, which registers the rest. The warning
is here because people name it in pytest's filters.
"""

from cbspec.plugin.failures import UndecidableWarning
from cbspec.plugin.hooks import pytest_configure, pytest_load_initial_conftests

__all__ = ["UndecidableWarning", "pytest_configure", "pytest_load_initial_conftests"]
