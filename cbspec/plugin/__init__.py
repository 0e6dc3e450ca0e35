"""The pytest face: the hooks that pytest finds here, and the warning that people filter by this
name.
"""

from cbspec.plugin.failures import UndecidableWarning
from cbspec.plugin.hooks import pytest_configure, pytest_load_initial_conftests

__all__ = ["UndecidableWarning", "pytest_configure", "pytest_load_initial_conftests"]
