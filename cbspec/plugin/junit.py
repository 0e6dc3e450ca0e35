"""Verdicts in JUnit files of the family xunit2, pytest's default.

Its schema allows properties of the suite, but none of a test case.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from cbspec.plugin.items import ClaimItem


def wanted(config: pytest.Config) -> bool:
    """Tell whether this run writes a JUnit file of the family xunit2."""
    return bool(config.getoption("xmlpath", None)) and config.getini("junit_family") == "xunit2"


class SuiteProperties:
    """Writes the properties of claims as properties of the suite: ``1.a: verdict``."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Remove the properties from the last report, of which pytest makes the test case."""
        report = yield
        if isinstance(item, ClaimItem) and report.when == "teardown":
            report.user_properties = []
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the properties of a claim, in the process that writes the file."""
        if not hasattr(report, "cbspec"):
            return
        claim = report.nodeid.partition("::")[2]
        for file in filter(_is_file, self.config.pluginmanager.get_plugins()):
            for name, value in report.user_properties:
                file.add_global_property(f"{claim}: {name}", value)


def _is_file(plugin: Any) -> bool:
    return hasattr(plugin, "add_global_property")
