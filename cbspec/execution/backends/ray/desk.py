"""The desk: an actor on the driver's machine that takes the reports of workers."""

from __future__ import annotations

from cbspec.execution.backends.ray.parcel import Report


class ReportDesk:
    """Keeps reports until they are collected."""

    def __init__(self) -> None:
        self._reports: list[Report] = []

    def leave(self, report: Report) -> None:
        """Keep a report."""
        self._reports.append(report)

    def collect(self) -> list[Report]:
        """Return the reports since the last call."""
        reports, self._reports = self._reports, []
        return reports
