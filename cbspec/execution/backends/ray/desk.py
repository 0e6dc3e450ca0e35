"""The desk: an actor on the driver's machine that takes the reports of workers."""

from __future__ import annotations

import time

from cbspec.execution.backends.ray.parcel import Report

COLLECT_SECONDS = 1.0  # for which a call of `collect` waits


class ReportDesk:
    """Keeps reports until they are collected."""

    def __init__(self) -> None:
        self._reports: list[Report] = []

    def leave(self, report: Report) -> None:
        """Keep a report."""
        self._reports.append(report)

    def collect(self) -> list[Report]:
        """Wait a moment, and return the reports since the last call.

        It waits here and not where it is called: an actor without a call looks for signals a hundred
        times a second.
        """
        time.sleep(COLLECT_SECONDS)
        reports, self._reports = self._reports, []
        return reports
