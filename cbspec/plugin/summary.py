"""The summary of a run: it gathers the reports of claims, and writes pages and closing table."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from cbspec import terminal
from cbspec.config import Config
from cbspec.errors import ConfigError, LedgerError
from cbspec.paths import below
from cbspec.plugin.contents import BROKEN, CANARY, RECORD, SKIPPED, UPHELD, without_verdict
from cbspec.plugin.failures import BrokenClaimError, whatever_raised

# Imported when there are claims, so that runs of other projects do not pay for it
if TYPE_CHECKING:
    import msgspec

    from cbspec.execution.numerics import Numerics
    from cbspec.ledger import Provenance
    from cbspec.report import Run

    Content = TypeVar("Content", bound=msgspec.Struct)


class RunSummary:
    """Gathers the verdicts of a run, and the mistakes that kept claims from one.

    Args:
        root: pytest's root, to which the paths of reports are relative.
        project: the project's settings.
        scale: the scale of the run.
        numerics: device, threads and torch version.

    Attributes:
        retried: sentences on what was computed at the second attempt.
        taken: sentences on what came from a shared store.
        incomplete: whether a report could not be made, because its format raised.
    """

    def __init__(self, root: Path, project: Config, scale: str, numerics: Numerics) -> None:
        self.root = root
        self.project = project
        self.scale = scale
        self.numerics = numerics
        self._began = time.monotonic()
        self._contents: dict[str, dict[str, str]] = {}  # by pytest's name of the claim
        self._failed: set[str] = set()
        self._unread: dict[str, None] = {}
        self.retried: Sequence[str] = ()
        self.taken: Sequence[str] = ()
        self._unwritten: dict[str, list[str]] = {}  # why -> the pages
        self.incomplete = False
        self._workers: set[str] = set()

    def take(self, report: pytest.TestReport) -> None:
        """Take the report of a claim. If its worker was killed, xdist makes the report.

        A claim counts once. If one process runs it several times, the last report counts; if
        several processes run it (``--dist each``), a failure counts.
        """
        claim = report.nodeid
        final = report.outcome in ("passed", "failed", "skipped")  # plugins add others: "rerun"
        if not final or (claim in self._failed and not report.failed):
            return
        contents: dict[str, str] = getattr(report, "cbspec", {})
        if report.when != "call" and report.failed:
            contents = self._crashed(report)
        if report.failed:
            self._failed.add(claim)
        self._contents[claim] = contents
        self._workers.add(getattr(report, "worker_id", "main"))

    def _crashed(self, report: pytest.TestReport) -> dict[str, str]:
        """Return the contents for a claim whose worker was killed; none if the test is no claim."""
        place, _, claim = report.nodeid.partition("::")
        if below(self.root / place, self.project.claims) is None:
            return {}
        reason = str(report.longrepr).partition("\n")[0]
        return {BROKEN: without_verdict(claim, "", place, 1, reason)}

    def misread(self, encoded: Iterable[str]) -> None:
        """Take mistakes in claim files, as JSON with their places."""
        # Every file below a defaults.yaml reports what is wrong in it
        self._unread |= dict.fromkeys(encoded)

    def write(self) -> None:
        """Write the pages of the run, if it has any claims."""
        if any(self._contents.values()):
            from cbspec.report import write_pages
            from cbspec.report.formats import load

            with self._noted("the report"):
                run = self._run()
                for page in load(self.project):
                    with self._noted(page.file):
                        write_pages(run, self.project.reports, [page])

    @contextmanager
    def _noted(self, what: str) -> Iterator[None]:
        """Note an error that keeps a report from being written. The verdicts are known anyway."""
        try:
            with whatever_raised():
                yield
        except LedgerError as error:
            self._unwritten.setdefault(str(error), []).append(what)
        except BrokenClaimError as error:
            self._unwritten[f"{what} could not be made: {error}"] = [what]
            self.incomplete = True

    def summarise(self, terminalreporter: pytest.TerminalReporter, here: Path) -> None:
        """Write the table of verdicts; on GitHub, also annotations and the job summary.

        Args:
            terminalreporter: pytest's terminal.
            here: the folder in which pytest was called; paths are shown relative to it.
        """
        if not any(self._contents.values()) and not self._unread:
            return
        from cbspec.report import annotations, capped, job_summary, summary_table

        run = self._run()
        lost = any(BROKEN in contents for contents in self._contents.values())
        if run.records or run.upheld or run.canaries or lost:
            terminalreporter.section(f"claims at scale {self.scale} on {self.numerics.device}")
            if run.records:
                width = shutil.get_terminal_size((120, 24)).columns
                colour = terminalreporter.hasmarkup
                terminalreporter.write_line(summary_table(run.records, width, colour=colour))
            for text in self._lines(run, here):
                terminalreporter.write_line(terminal.lines(text))
        if os.environ.get("GITHUB_ACTIONS") == "true":
            for command in capped(annotations(run, self._in_repository)):
                terminalreporter.write_line(command)
        if target := os.environ.get("GITHUB_STEP_SUMMARY"):
            try:
                with Path(target).open("a", encoding="utf-8") as summary:
                    summary.write(job_summary(run))
            except OSError as error:
                terminalreporter.write_line(
                    f"no job summary: {target} cannot be written: {error.strerror or error}"
                )

    def _lines(self, run: Run, here: Path) -> Iterable[str]:
        """Yield the verdicts in doubt, the counts, and the paths of the pages."""
        from cbspec.report import canaries_counted, counted, doubts_listed, noise_counted

        yield from doubts_listed(run)
        if run.records or run.upheld or not run.canaries:
            yield counted(run)
        if noise := noise_counted(run):
            yield noise
        if run.canaries:
            yield canaries_counted(run)
        unwritten: list[str] = []
        for reason, pages in self._unwritten.items():
            unwritten += pages
            yield f"no report: {reason}{self._left(pages, here)}"
        if not self._unwritten or self.incomplete:
            for name in ("latest.md", "latest.html"):
                if name not in unwritten:
                    yield f"report: {os.path.relpath(self.project.reports / name, here)}"

    def _left(self, pages: Iterable[str], here: Path) -> str:
        """Return which of the pages that could not be written are there from an earlier run."""
        left = []
        for page in pages:
            if (self.project.reports / page).is_file():
                left.append(os.path.relpath(self.project.reports / page, here))
        return f"; left as an earlier run wrote it: {', '.join(left)}" if left else ""

    @property
    def _in_repository(self) -> str:
        """Return the project's folder as seen from what GitHub has checked out."""
        root = self.project.root.resolve()
        checkout = Path(os.environ.get("GITHUB_WORKSPACE") or root).resolve()
        return root.relative_to(checkout).as_posix() if root.is_relative_to(checkout) else "."

    @cached_property
    def _provenance(self) -> Provenance:
        from cbspec.ledger import provenance

        return provenance(self.project.root, self.numerics.torch, exclude=self.project.reports)

    def _run(self) -> Run:
        from cbspec.canary import CanaryCheck
        from cbspec.report import Record, Skipped, Upheld, decode, run_of

        self._know_kinds()
        unread = [decode(text, Skipped) for text in self._unread]
        return run_of(
            scale=self.scale,
            device=self.numerics.device,
            provenance=self._provenance,
            seconds=time.monotonic() - self._began,
            workers=len(self._workers),
            records=self._of(RECORD, Record),
            upheld=self._of(UPHELD, Upheld),
            canaries=self._of(CANARY, CanaryCheck),
            skipped=self._of(SKIPPED, Skipped),
            broken=self._of(BROKEN, Skipped) + unread,
            retried=self.retried,
            taken=self.taken,
        )

    def _of(self, kind: str, content: type[Content]) -> list[Content]:
        """Return the contents of one kind, decoded."""
        from cbspec.report import decode

        texts = [contents[kind] for contents in self._contents.values() if kind in contents]
        return [decode(text, content) for text in texts]

    def _know_kinds(self) -> None:
        """Load the project's own kinds, which decoding needs.

        Reading claims loads them too, but xdist's controller reads none.
        """
        if self.project.kinds:
            from cbspec import kinds

            with suppress(
                ConfigError
            ):  # then no worker has read a claim, and all report the mistake
                kinds.load(self.project)
