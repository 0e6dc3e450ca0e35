"""The hooks of a run: the plan, xdist's processes, the progress, and the reports at the end."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cbspec import terminal
from cbspec.errors import CbspecError, SourceChanged
from cbspec.plugin.arguments import collects
from cbspec.plugin.collection import UNCOLLECTED
from cbspec.plugin.contents import SKIPPED
from cbspec.plugin.failures import BrokenClaimError, whatever_raised
from cbspec.plugin.gone import GoneItem
from cbspec.plugin.items import ClaimItem
from cbspec.plugin.process import MISTAKE, MISTAKES, RUN, ClaimProcess
from cbspec.plugin.termination import Termination, close_first

if TYPE_CHECKING:
    from cbspec.claim import Claim
    from cbspec.execution.progress import Display

ORDERING = ("failedfirst", "newfirst", "stepwise")  # pytest's options that order tests


class Running:
    """The hooks of a run."""

    def __init__(self, process: ClaimProcess) -> None:
        self.process = process
        self.display: Display | None = None
        self.termination = Termination()
        self.failed = 0

    @pytest.hookimpl(tryfirst=True)  # before a worker reports what it has collected
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Plan the selected claims together, before the first one runs."""
        from cbspec.evaluation.planning import plan_sound

        claims = [item.claim for item in session.items if isinstance(item, ClaimItem)]
        uncollected = session.testsfailed and not self.process.goes_on
        if not claims or self.process.shows or uncollected:
            return
        try:
            if self.process.worker is None:
                self.process.open()
            plan_sound(claims, self.process.evaluation, partial(self._plan, session))
        except CbspecError as error:
            raise self.process.refusal(error) from None

    def _plan(self, session: pytest.Session, claims: Sequence[Claim]) -> None:
        self.process.evaluation.plan(claims)
        self._ready_first(session, claims)

    def _ready_first(self, session: pytest.Session, claims: Sequence[Claim]) -> None:
        """Sort the claims by when their results will be ready, unless a user asked for an order.

        Tests that are no claims keep their places.
        """
        from cbspec.execution.readiness import agreed_order

        if any(self.process.config.getoption(option, False) for option in ORDERING):
            return
        process = self.process
        order = agreed_order(
            process.run.path / "order",
            lambda: process.evaluation.by_readiness(claims, process.computing),
        )
        turns = {claim: turn for turn, claim in enumerate(order)}
        items = [item for item in session.items if isinstance(item, ClaimItem)]
        served = iter(sorted(items, key=lambda item: turns.get(item.claim.id, 0)))
        for place, item in enumerate(session.items):
            if isinstance(item, ClaimItem):
                session.items[place] = next(served)

    # --- the processes of xdist

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self) -> None:
        """Open the run before the first worker starts, since opening it may fail."""
        self.process.open()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Send the name of the run to a worker."""
        node.workerinput[RUN] = self.process.run.path.name

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Record that a worker has ended or was killed, and end the run if it could not begin."""
        if self.process.opened:
            self.process.run.record_lost(node.gateway.id)
        output = getattr(node, "workeroutput", {})
        if message := output.get(UNCOLLECTED):
            raise pytest.Session.Interrupted(message)
        if message := output.get(MISTAKE):
            self.process.summary.misread(output.get(MISTAKES, ()))
            raise pytest.UsageError(message)

    # --- progress, in the process that owns the terminal

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Show the progress while claims run, and end in order at SIGTERM."""
        judges = collects(self.process.config, self.process.settings.claims)
        if self.process.worker is not None and judges:
            close_first(self._stop_computing)
        if self.process.worker is not None or self.process.shows:
            return (yield)
        from cbspec.execution.progress import Display

        # The terminal itself, since pytest captures sys.stdout
        stream = os.fdopen(os.dup(sys.__stdout__.fileno()), "w") if sys.__stdout__ else sys.stdout
        colour = self.process.config.getoption("color", "auto") != "no"
        self.display = Display(self.process.run, stream, colour=colour)
        self.display.start()
        if judges:
            self.termination.heed()
        try:
            return (yield)
        finally:
            self.termination.finish_heeding()
            self.display.close()
            self.display = None
            if stream is not sys.stdout:
                stream.close()

    def _stop_computing(self) -> None:
        """End what this process computes with. Its task still counts as one of a worker that died."""
        if self.process.evaluates:
            self.process.evaluation.executor.workers.close()

    def _without_progress(self) -> AbstractContextManager[object]:
        return self.display.hidden() if self.display else nullcontext()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_logstart(self) -> Generator[None]:
        """Hide the progress while pytest prints the name of the next test."""
        with self._without_progress():
            yield

    # --- results

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the contents of a claim to its report, and place a skip at the claim's line."""
        report = yield
        if isinstance(item, ClaimItem):
            # A section may have what a stage printed, which must not control the terminal
            report.sections = [(name, terminal.lines(text)) for name, text in report.sections]
        if isinstance(item, ClaimItem | GoneItem) and report.when == "call":
            report.cbspec = item.contents  # type: ignore[attr-defined]  # extra attributes travel with a report
            if SKIPPED in item.contents and isinstance(report.longrepr, tuple):
                path, line, _ = item.reportinfo()
                report.longrepr = (os.fspath(path), line + 1, report.longrepr[2])
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Escape control characters in the warnings of stages."""
        text = str(warning_message.message)
        if (shown := terminal.lines(text)) != text:
            warning_message.message = shown

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None]:
        """Take the contents of a claim's report, and hide the progress while pytest prints."""
        if self.process.worker is None and report.when not in ("setup", "teardown"):
            self._count(report)
        with self._without_progress():
            yield

    def _count(self, report: pytest.TestReport) -> None:
        self.process.summary.take(report)
        self.failed += report.failed
        most = self.process.config.getoption("maxfail")
        if most and report.failed and self.failed >= most:
            self.process.run.stop()

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Stop the run at Ctrl-C or SIGTERM."""
        # pytest also calls this when it gives up by itself, as for files that it cannot collect
        gave_up = isinstance(excinfo.value, pytest.Session.Interrupted)
        if self.process.worker is None and not gave_up:
            self.process.run.stop()

    # --- the end

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Help the other workers, in one that has judged its claims; in the controller, report."""
        judged = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        ended = session.shouldstop or session.shouldfail or self.process.shows
        if judged and self.process.evaluates and not ended:
            self.process.evaluation.drain()
        if self.process.worker is None:
            # A helping worker met the edited file after the last verdict
            if judged and self.process.run.changed:
                session.exitstatus = pytest.ExitCode.INTERRUPTED
            self.process.summary.retried = self.process.run.retries()
            self.process.summary.taken = self.process.run.taken()
            self.process.summary.write()
            if self.process.summary.incomplete and exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write why the run stopped early, if it did, and the closing table."""
        run = self.process.run
        if self.process.opened and run.stopped:
            reason = "every finished stage is stored; run again to go on from there"
            if run.changed:
                reason = str(SourceChanged(run.changed))
            terminalreporter.write_line(terminal.line(f"stopped: {reason}"))
        for retry in self.process.summary.retried:
            terminalreporter.write_line(terminal.line(f"retried: {retry}"))
        for source in self.process.summary.taken:
            terminalreporter.write_line(terminal.line(source))
        here: Path = self.process.config.invocation_params.dir
        try:
            with whatever_raised():
                self.process.summary.summarise(terminalreporter, here)
        except BrokenClaimError as error:
            terminalreporter.write_line(terminal.line(f"the table could not be made: {error}"))

    @pytest.hookimpl(trylast=True)  # pytest tells of the interruption here
    def pytest_unconfigure(self) -> None:
        """Remove everything of the run but its reports and results."""
        self.process.close()
        self.termination.forget()
