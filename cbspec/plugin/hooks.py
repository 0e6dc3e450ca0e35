"""The pytest face: every claim file is collected, every claim (and matrix cell) is one item,
outcomes follow the ledger.

Public pytest API only. Under xdist each worker collects the same claims, holds the same plan and
helps until all of it is computed; the controller shows the progress, writes the reports and ends
the run with a table.
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Generator
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cbspec.config import ADOPT, Config, load
from cbspec.errors import CbspecError, ClaimError, SourceChanged
from cbspec.execution.rundir import ANY_CORES, RunDirectory
from cbspec.plugin.items import SKIPPED, ClaimFile, ClaimItem, NoClaims, unread
from cbspec.plugin.items import (
    UndecidableWarning as UndecidableWarning,  # people's warning filters name it here
)
from cbspec.plugin.summary import RunSummary
from cbspec.project import Project

# Imported when the first claim is collected: other projects' runs pay nothing for this plugin
if TYPE_CHECKING:
    from cbspec.claim import Claim
    from cbspec.evaluation import Evaluation
    from cbspec.execution.progress import Display

RUN = "cbspec-run"  # the run's name, from the controller to its workers
MISTAKE = "cbspec-mistake"  # why a worker could not begin, from the worker to the controller
MISTAKES = "cbspec-mistakes"  # the same as JSON, each at its place
UNCOLLECTED = "cbspec-uncollected"  # how many files a worker could not collect, in pytest's words
SHOWING = ("collectonly", "setuponly", "setupplan", "showfixtures", "show_fixtures_per_test")


PROJECT = pytest.StashKey[Config]()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser
) -> Generator[None, Any, Any]:
    """Add options for a project with claims, and for no other: elsewhere they are anyone's."""
    # The project's own conftest.py adds its options first: a clash is reported here, and not as a
    # traceback from there.
    result = yield
    # The former may be of several projects
    places = dict.fromkeys((early_config.rootpath, early_config.invocation_params.dir))
    try:
        project = next((candidate for candidate in map(load, places) if candidate.declared), None)
    except CbspecError as error:
        raise pytest.UsageError(str(error)) from None
    if project and project.claims.is_dir():
        early_config.stash[PROJECT] = project
        _add_options(parser.getgroup("cbspec", "research claims"))
    return result


def _add_options(group: pytest.OptionGroup) -> None:
    try:
        group.addoption(
            "--scale",
            metavar="NAME",
            help="scale to run the claims at (default: the project's, quick)",
        )
        group.addoption(
            "--device",
            default="auto",
            metavar="NAME",
            help="where stages compute: cpu, cuda or a family of the project's own (default: auto)",
        )
        group.addoption(
            "--stage-threads",
            type=int,
            default=1,
            metavar="N",
            help="threads per worker, part of what a result depends on (default: 1)",
        )
        group.addoption(
            "--backend",
            metavar="NAME",
            help="what computes the stages (default: the project's, local)",
        )
        group.addoption(
            "--adopt",
            choices=ADOPT,
            help="whether stored results are adopted for edited code whose canary is identical (default: the project's)",
        )
    except ValueError as error:
        raise pytest.UsageError(
            f"an option of cbspec's is one of a conftest.py or another plugin, too: {error}"
        ) from None


def pytest_configure(config: pytest.Config) -> None:
    if project := config.stash.get(PROJECT, None):
        try:
            config.pluginmanager.register(ClaimsPlugin(config, project), "cbspec-claims")
        except CbspecError as error:
            raise pytest.UsageError(str(error)) from None


class ClaimsPlugin:
    """The plugin in one pytest process of a project with ``[tool.cbspec]``; idle until a claim file
    is collected.
    """

    def __init__(self, config: pytest.Config, settings: Config) -> None:
        from cbspec.execution import devices
        from cbspec.execution.numerics import resolve
        from cbspec.language.defaults import known_scale

        self.config = config
        self.settings = settings
        self.project = Project(settings.root)
        self.worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self.scale = known_scale(config.getoption("--scale"), settings.scale, settings.claims)
        devices.load(settings)
        self.numerics = resolve(
            config.getoption("--device"), threads=config.getoption("--stage-threads")
        )
        name = self.worker[RUN] if self.worker else uuid.uuid4().hex[:12]
        worker, workers = (
            (self.worker["workerid"], self.worker["workercount"]) if self.worker else ("main", 1)
        )
        family = devices.FAMILIES[self.numerics.device]
        cores = family.processes(self.numerics.threads) or ANY_CORES
        self.run = RunDirectory(settings.runs / name, worker, workers, cores)
        self.display: Display | None = None
        self.tally = RunSummary(config.rootpath, settings, self.scale, self.numerics)
        self._told: dict[tuple[str, str], Any] = {}
        self.failed = 0
        self.claims: list[Claim] = []
        self.opened = False
        self._spare_hypothesis()

    def _spare_hypothesis(self) -> None:
        """Drop the summary of hypothesis: a run of claims alone has no use for it, and its import
        takes a second.
        """
        here = self.config.invocation_params.dir
        places = [(here / argument.partition("::")[0]).resolve() for argument in self.config.args]
        if all(self.settings.claims in (place, *place.parents) for place in places):
            self.config.pluginmanager.unregister(name="hypothesispytest")

    @cached_property
    def evaluation(self) -> Evaluation:
        """Return this process' share in evaluating the claims."""
        from cbspec.execution.numerics import limit_threads

        limit_threads(self.numerics.threads)
        scale = f"--scale {self.scale}" if self.scale != self.settings.scale else ""
        return self.project.evaluation(
            self.run,
            self.numerics,
            options=f"{scale} {self.device_option}".strip(),
            adopting=(self.config.getoption("--adopt") or self.settings.adopt) == "identical",
            backend=self.config.getoption("--backend"),
        )

    @property
    def device_option(self) -> str:
        """Return the options that let a command see the results of this run's device and
        threads.
        """
        device = self.config.getoption("--device")
        options = [f"--device {device}"] if device != "auto" else []
        if self.numerics.threads != 1:
            options.append(f"--stage-threads {self.numerics.threads}")
        return " ".join(options)

    # --- collection

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Tell the controller of a person's mistake: xdist would call it a crash of the worker."""
        try:
            return (yield)
        except pytest.UsageError as error:
            if self.worker is not None:
                self._output[MISTAKE] = "\n".join(map(str, error.args))
            raise

    @property
    def _goes_on(self) -> bool:
        return bool(self.config.getoption("continue_on_collection_errors"))

    @property
    def _shows(self) -> bool:
        """Tell whether pytest was asked what there is or what it would do, and to run nothing."""
        return any(self.config.getoption(option, False) for option in SHOWING)

    @property
    def _output(self) -> dict[str, Any]:
        """Return what a worker hands to the controller when it ends."""
        output: dict[str, Any] = self.config.workeroutput  # type: ignore[attr-defined]  # an attribute that xdist adds
        return output

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Collect claims wherever a person puts them, also in a folder that pytest takes for a
        tool's: build, dist, venv.
        """
        if self.settings.claims not in collection_path.parents or collection_path.name.startswith(
            "."
        ):
            return None
        passed_over = any(
            fnmatch(collection_path.name, pattern)
            for pattern in self.config.getini("norecursedirs")
        )
        return False if passed_over and collection_path.is_dir() else None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.File | None:
        if self.settings.claims not in file_path.parents:
            return None
        from cbspec.language import is_claim_file, is_shared

        if is_shared(file_path):
            return NoClaims.from_parent(parent, path=file_path)
        return (
            ClaimFile.from_parent(parent, path=file_path, plugin=self)
            if is_claim_file(file_path)
            else None
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Attach to a file's report what keeps the file from being claims."""
        report = yield
        if isinstance(collector, ClaimFile):
            report.cbspec = collector.told  # type: ignore[attr-defined]  # extra attributes travel with a report
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_report_from_serializable(self) -> Generator[None, Any, Any]:
        """Merge the reports of a file that cannot be collected.

        Each worker sends one; xdist shows it once if it is the same object.
        """
        report = yield
        if isinstance(report, pytest.CollectReport) and report.failed:
            report.longrepr = self._told.setdefault(
                (report.nodeid, str(report.longrepr)), report.longrepr
            )
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep the mistakes of a claim file for GitHub; pytest shows them in the terminal."""
        if self.worker is None and report.failed:
            self.tally.misread(getattr(report, "cbspec", []))

    def pytest_collection_modifyitems(self, session: pytest.Session) -> None:
        """Check what no file shows by itself: ids that two files share and, if all are collected,
        ids that none has.

        Before that, end a worker's run at a file that cannot be collected, as it ends without
        xdist, which would compute everything else first. This is the last hook before the worker
        reports what it has collected; the controller then sends it claims, and must find it alive.
        """
        from cbspec.language import check_together, claim_files

        if self.worker is not None and self.claims and session.testsfailed and not self._goes_on:
            errors = "error" if session.testsfailed == 1 else "errors"
            self._output[UNCOLLECTED] = f"{session.testsfailed} {errors} during collection"
            raise session.Interrupted(self._output[UNCOLLECTED])
        if self.claims:
            whole = {claim.path for claim in self.claims} == set(
                claim_files([self.settings.claims])
            )
            if mistakes := check_together(self.claims, whole=whole):
                raise self._refusal(ClaimError(mistakes))

    @pytest.hookimpl(tryfirst=True)  # before a worker reports what it has collected
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Freeze the plan: what the selected claims need, merged."""
        items = [item for item in session.items if isinstance(item, ClaimItem)]
        if not items or self._shows or (session.testsfailed and not self._goes_on):
            return
        try:
            if self.worker is None:
                self._open_run()
            self.evaluation.adopt(item.claim for item in items)
        except CbspecError as error:
            raise self._refusal(error) from None

    def _refusal(self, error: CbspecError) -> pytest.UsageError:
        """Return the error that ends the run, and report mistakes in claims at their places."""
        if isinstance(error, ClaimError):
            encoded = unread(error, self.config.rootpath)
            if self.worker is None:
                self.tally.misread(encoded)
            else:
                self._output[MISTAKES] = encoded
        return pytest.UsageError(str(error))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Note that a worker has ended or was killed (an xdist hook)."""
        if self.opened:
            self.run.lost(node.gateway.id)
        output = getattr(node, "workeroutput", {})
        if message := output.get(UNCOLLECTED):
            raise pytest.Session.Interrupted(message)
        if message := output.get(MISTAKE):
            self.tally.misread(output.get(MISTAKES, ()))
            raise pytest.UsageError(message)

    # --- progress, in the process that owns the terminal

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self) -> None:
        """Open the run before there is a worker process that would have to be ended (an xdist
        hook).
        """
        self._open_run()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker the run's name (an xdist hook)."""
        node.workerinput[RUN] = self.run.path.name

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        if self.worker is not None or self._shows:
            return (yield)
        from cbspec.execution.progress import Display

        # Not pytest's capture
        stream = os.fdopen(os.dup(sys.__stdout__.fileno()), "w") if sys.__stdout__ else sys.stdout
        self.display = Display(self.run, stream)
        self.display.start()
        try:
            return (yield)
        finally:
            self.display.close()
            self.display = None
            if stream is not sys.stdout:
                stream.close()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the claim's content to its report, and let a skip name the claim's line instead of
        ours.
        """
        report = yield
        if isinstance(item, ClaimItem) and report.when == "call":
            report.cbspec = item.told  # type: ignore[attr-defined]  # extra attributes travel with a report
            if SKIPPED in item.told and isinstance(report.longrepr, tuple):
                path, line, _ = item.reportinfo()
                report.longrepr = (os.fspath(path), line + 1, report.longrepr[2])
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_logstart(self) -> Generator[None]:
        with self._quiet():
            yield

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None]:
        if self.worker is None:
            self._count(report)
        with self._quiet():
            yield

    def _quiet(self) -> Any:
        from contextlib import nullcontext

        return self.display.hidden() if self.display else nullcontext()

    # --- results

    def _count(self, report: pytest.TestReport) -> None:
        if report.when in ("setup", "teardown"):
            return
        self.tally.take(report)
        self.failed += report.failed
        most = self.config.getoption("maxfail")
        if most and report.failed and self.failed >= most:
            self.run.stop()

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Stop the run at Ctrl-C; pytest calls this also if it gives up by itself, for files that
        it cannot collect.
        """
        if self.worker is None and not isinstance(excinfo.value, pytest.Session.Interrupted):
            self.run.stop()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Help with what the others still need in a worker whose claims are judged; write the
        reports in the controller.
        """
        judged = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        ended = session.shouldstop or session.shouldfail or self._shows
        if judged and "evaluation" in self.__dict__ and not ended:
            self.evaluation.drain()
        if self.worker is None:
            # Met by a worker that was helping, after the last verdict
            if judged and self.run.changed:
                session.exitstatus = pytest.ExitCode.INTERRUPTED
            self.tally.retried = self.run.retries()
            self.tally.write()

    def _open_run(self) -> None:
        """Take the run directory, and clear away what killed runs left; only the first call has an
        effect.
        """
        from cbspec.store import Store

        if not self.opened:
            self._check_extensions()
            try:
                self.run.hold()
            except OSError as error:
                where = f"{self.run.path.parent}, where the processes of a run talk to each other"
                raise pytest.UsageError(
                    f"{where}, cannot be written: {error.strerror or error}"
                ) from None
            self.opened = True
            Store(self.settings.store).sweep()

    def _check_extensions(self) -> None:
        """Load the project's own report formats and its back end: a mistake in them is told before
        hours are spent.
        """
        from cbspec.execution.backends import chosen
        from cbspec.report.formats import load as load_formats

        try:
            chosen(self.settings, self.config.getoption("--backend"))
            if self.settings.formats:
                load_formats(self.settings)
        except CbspecError as error:
            raise pytest.UsageError(str(error)) from None

    def pytest_unconfigure(self) -> None:
        """Clear away what the workers left, now that they are gone."""
        from cbspec.store import Store

        if "evaluation" in self.__dict__:
            self.evaluation.close()
        if self.opened:
            Store(self.settings.store).sweep()
            self.run.remove()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.opened and self.run.stopped:
            kept = "every finished stage is stored; run again to go on from there"
            changed = self.run.changed
            terminalreporter.write_line(f"stopped: {SourceChanged(changed) if changed else kept}")
        for retry in self.tally.retried:
            terminalreporter.write_line(f"retried: {retry}")
        self.tally.summarise(terminalreporter, self.config.invocation_params.dir)
