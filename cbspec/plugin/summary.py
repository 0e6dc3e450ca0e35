"""What the reports of a run say of its claims, gathered in the process that owns the terminal, and
the pages and lines of it.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cbspec.config import Config
from cbspec.errors import LedgerError
from cbspec.plugin.items import BROKEN, CANARY, RECORD, SKIPPED, UPHELD

# Imported when there is something to tell: other projects' runs pay nothing for this plugin
if TYPE_CHECKING:
    from cbspec.canary import CanaryCheck
    from cbspec.execution.numerics import Numerics
    from cbspec.report import Record, Run, Skipped, Upheld


class RunSummary:
    """The verdicts of a run, and what kept other claims from one.

    Args:
        root: pytest's, where the paths of reports start.
    """

    def __init__(self, root: Path, project: Config, scale: str, numerics: Numerics) -> None:
        self.root = root
        self.project = project
        self.scale = scale
        self.numerics = numerics
        self._began = time.monotonic()
        self._records: list[Record] = []
        self._upheld: list[Upheld] = []
        self._canaries: list[CanaryCheck] = []
        self._skipped: list[Skipped] = []
        self._broken: list[Skipped] = []
        self._unread: list[Skipped] = []
        self.retried: Sequence[str] = ()  # what was computed at the second attempt
        self._unwritten = ""
        self._workers: set[str] = set()

    def take(self, report: pytest.TestReport) -> None:
        """Take the report of a claim that was judged, left out or broke; if its worker broke, xdist
        reports in its place.
        """
        from cbspec.canary import CanaryCheck
        from cbspec.report import Record, Skipped, Upheld, decode

        self._know_kinds()
        payload: dict[str, str] = getattr(report, "cbspec", {})
        if report.when != "call" and report.failed:
            self._crashed(report)
        if RECORD in payload:
            self._records.append(decode(payload[RECORD], Record))
        if UPHELD in payload:
            self._upheld.append(decode(payload[UPHELD], Upheld))
        if CANARY in payload:
            self._canaries.append(decode(payload[CANARY], CanaryCheck))
        if SKIPPED in payload:
            self._skipped.append(decode(payload[SKIPPED], Skipped))
        if BROKEN in payload:
            self._broken.append(decode(payload[BROKEN], Skipped))
        self._workers.add(getattr(report, "worker_id", "main"))

    def _know_kinds(self) -> None:
        """Load the project's own kinds: the controller of xdist's workers collects no claims, which
        would do it.
        """
        if self.project.kinds:
            from cbspec import kinds

            kinds.load(self.project)

    def _crashed(self, report: pytest.TestReport) -> None:
        """Record that the worker that judged a claim was killed."""
        from cbspec.report import Skipped

        place, _, claim = report.nodeid.partition("::")
        if self.project.claims in (self.root / place).parents:
            reason = str(report.longrepr).partition("\n")[0]
            self._broken.append(Skipped(claim=claim, title="", path=place, line=1, reason=reason))

    def misread(self, encoded: Iterable[str]) -> None:
        """Record mistakes that keep files from being claims, each at its place, as JSON."""
        from cbspec.report import Skipped, decode

        for mistake in (decode(text, Skipped) for text in encoded):
            # Every file below a defaults.yaml reports what is wrong in it
            if mistake not in self._unread:
                self._unread.append(mistake)

    def write(self) -> None:
        """Write the pages of the run, if it has come to any claim."""
        if self._records or self._upheld or self._canaries or self._skipped or self._broken:
            from cbspec.report import write_pages
            from cbspec.report.formats import load

            try:
                write_pages(self._run(), self.project.reports, load(self.project))
            except LedgerError as error:  # the verdicts are known all the same
                self._unwritten = str(error)

    def summarise(self, terminal: pytest.TerminalReporter, here: Path) -> None:
        """Write the table of verdicts and, on GitHub, annotations and the job summary.

        Args:
            here: the folder in which a person reads it.
        """
        if not (self._records or self._upheld or self._canaries or self._broken or self._unread):
            return
        from cbspec.report import (
            annotations,
            canaries_counted,
            counted,
            doubts_listed,
            job_summary,
            summary_table,
        )

        run = self._run()
        if self._records or self._upheld or self._canaries:
            terminal.section(f"claims at scale {self.scale} on {self.numerics.device}")
            columns = shutil.get_terminal_size((120, 24)).columns
            if self._records:
                terminal.write_line(summary_table(self._records, columns))
            for line in doubts_listed(run):
                terminal.write_line(line)
            if self._records or self._upheld:
                terminal.write_line(counted(run))
            if self._canaries:
                terminal.write_line(canaries_counted(run))
            shown = os.path.relpath(self.project.reports / "latest.md", here)
            terminal.write_line(
                f"no report: {self._unwritten}" if self._unwritten else f"report: {shown}"
            )
        if os.environ.get("GITHUB_ACTIONS") == "true":
            for line in annotations(run):
                terminal.write_line(line)
        if target := os.environ.get("GITHUB_STEP_SUMMARY"):
            try:
                with Path(target).open("a", encoding="utf-8") as summary:
                    summary.write(job_summary(run))
            except OSError as error:
                terminal.write_line(
                    f"no job summary: {target} cannot be written: {error.strerror or error}"
                )

    def _run(self) -> Run:
        from cbspec.ledger import provenance
        from cbspec.report import run_of

        return run_of(
            scale=self.scale,
            device=self.numerics.device,
            provenance=provenance(
                self.project.root, self.numerics.torch, exclude=self.project.reports
            ),
            seconds=time.monotonic() - self._began,
            workers=len(self._workers),
            records=self._records,
            upheld=self._upheld,
            canaries=self._canaries,
            skipped=self._skipped,
            broken=self._broken + self._unread,
            retried=self.retried,
        )
