"""What the plugin's parts share in one pytest process."""

from __future__ import annotations

import uuid
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cbspec.config import Config
from cbspec.errors import CbspecError, ClaimError
from cbspec.execution.rundir import ANY_CORES, RunDirectory
from cbspec.plugin.contents import unread
from cbspec.plugin.failures import usage_error
from cbspec.plugin.summary import RunSummary
from cbspec.project import Project

# Imported when the first claim is collected: other projects' runs pay nothing for this plugin
if TYPE_CHECKING:
    from cbspec.claim import Claim
    from cbspec.evaluation import Evaluation

RUN = "cbspec-run"  # the run's name, from the controller to its workers
MISTAKE = "cbspec-mistake"  # why a worker could not begin, from the worker to the controller
MISTAKES = "cbspec-mistakes"  # the same as JSON, each at its place
OVERRIDING = ("address", "slurm")  # options that are keys of [tool.cbspec], too
SHOWING = ("collectonly", "setuponly", "setupplan", "showfixtures", "show_fixtures_per_test")


class ClaimProcess:
    """One pytest process of a project with ``[tool.cbspec]``: the only one, xdist's controller or
    one of its workers.

    Attributes:
        settings: the project's.
        run: what the processes of this run tell each other.
        summary: what the run has to say of its claims; used in the process that owns the terminal.
        claims: all that this process collected.
        opened: whether this process holds the run directory and clears it away at the end.
        computing: how many jobs the processes of this run compute at a time.

    Raises:
        CbspecError: an option is wrong, or the numerics that it asks for are not there.
    """

    def __init__(self, config: pytest.Config, settings: Config) -> None:
        from cbspec.execution import devices
        from cbspec.execution.numerics import resolve

        self.config = config
        asked = {name: config.getoption(f"--{name}") for name in OVERRIDING}
        given = {name: value for name, value in asked.items() if value}
        self.settings = settings = replace(settings, **given)
        self.project = Project(settings.root, **given)
        scale = config.getoption("--scale")
        self.scale = self.project.scale(scale) if scale else settings.scale
        devices.load(settings)
        self.numerics = resolve(
            config.getoption("--device"), threads=config.getoption("--stage-threads")
        )
        family = devices.FAMILIES[self.numerics.device]
        cores = family.processes(self.numerics.threads) or ANY_CORES
        folder, name, workers = uuid.uuid4().hex[:12], "main", 1
        if self.worker:
            folder, name = self.worker[RUN], self.worker["workerid"]
            workers = self.worker["workercount"]
        self.run = RunDirectory(settings.runs / folder, name, workers, cores)
        self.computing = min(workers, cores)
        self.summary = RunSummary(config.rootpath, settings, self.scale, self.numerics)
        self.claims: list[Claim] = []
        self.opened = False

    @cached_property
    def known_scale(self) -> str:
        """Return the scale of the run, which some defaults have. Asked for when there are claims, so
        that a project's other tests run whatever its usual scale is.

        Raises:
            ConfigError: no defaults have it.
        """
        from cbspec.language.defaults import known_scale

        return known_scale(None, self.scale, self.settings.claims)

    @property
    def worker(self) -> dict[str, Any] | None:
        """Return what the controller told this process; None if it is no worker of xdist's."""
        return getattr(self.config, "workerinput", None)

    @property
    def output(self) -> dict[str, Any]:
        """Return what a worker hands to the controller when it ends."""
        output: dict[str, Any] = self.config.workeroutput  # type: ignore[attr-defined]  # an attribute that xdist adds
        return output

    @property
    def shows(self) -> bool:
        """Tell whether pytest was asked what there is or what it would do, and to run nothing."""
        return any(self.config.getoption(option, False) for option in SHOWING)

    @property
    def goes_on(self) -> bool:
        """Tell whether the run goes on where a file cannot be collected."""
        return bool(self.config.getoption("continue_on_collection_errors"))

    @property
    def device_option(self) -> str:
        """Return the options that let a command see the results of this run's device and
        threads.
        """
        options = ""
        if self.config.getoption("--device") != "auto":
            options = f"--device {self.config.getoption('--device')}"
        if self.numerics.threads != 1:
            options += f" --stage-threads {self.numerics.threads}"
        return options.strip()

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
            repeat_of=self.repeat_of,
        )

    @property
    def repeat_of(self) -> Path | None:
        """Return the report of the run that this one repeats; None where it repeats none."""
        asked = self.config.getoption("--repeat-of")
        return self.config.invocation_params.dir / asked if asked else None

    @property
    def evaluates(self) -> bool:
        """Tell whether this process has had a share in evaluating claims."""
        return "evaluation" in self.__dict__

    def refusal(self, error: CbspecError) -> pytest.UsageError:
        """Return the error that ends the run, and report mistakes in claims at their places."""
        if isinstance(error, ClaimError):
            encoded = unread(error, self.config.rootpath)
            if self.worker is None:
                self.summary.misread(encoded)
            else:
                self.output[MISTAKES] = encoded
        return usage_error(error)

    def open(self) -> None:
        """Take the run directory, and clear away what killed runs left; only the first call has an
        effect.

        Raises:
            pytest.UsageError: it cannot be written, or a report format or back end of the project is
                wrong.
        """
        if self.opened:
            return
        self._check_extensions()
        try:
            self.run.hold()
        except OSError as error:
            where = f"{self.run.path.parent}, where the processes of a run talk to each other"
            raise pytest.UsageError(
                f"{where}, cannot be written: {error.strerror or error}"
            ) from None
        self.opened = True
        self._sweep()

    def close(self) -> None:
        """Clear away what the workers left, now that they are gone."""
        if self.evaluates:
            self.evaluation.close()
        if self.opened:
            self._sweep()
            self.run.remove()

    def _sweep(self) -> None:
        from cbspec.store import Store

        Store(self.settings.store).sweep()

    def _check_extensions(self) -> None:
        """Load the project's own report formats, its back end and the run to repeat: a mistake in
        them is told before hours are spent.
        """
        from cbspec.evaluation.repetition import wobbles_of
        from cbspec.execution.backends import chosen
        from cbspec.report.formats import load

        try:
            if self.repeat_of:
                wobbles_of(self.repeat_of)
            chosen(self.settings, self.config.getoption("--backend"))
            if self.settings.formats:
                load(self.settings)
        except CbspecError as error:
            raise usage_error(error) from None
