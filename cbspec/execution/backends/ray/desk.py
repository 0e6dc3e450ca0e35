"""Where workers leave word for the driver: an actor on the driver's own machine."""

from __future__ import annotations

from cbspec.execution.backends.ray.parcel import Report


class ReportDesk:
    """Keeps reports until they are collected."""

    def __init__(self) -> None:
        self._reports: list[Report] = []

    def leave(self, report: Report) -> None:
        """Take a report in."""
        self._reports.append(report)

    def collect(self) -> list[Report]:
        """Hand out the reports since the last call."""
        reports, self._reports = self._reports, []
        return reports
