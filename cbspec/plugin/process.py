"""The state that the plugin's parts share in one pytest process."""

from __future__ import annotations

import uuid
import warnings
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cbspec.config import Config
from cbspec.errors import CbspecError, ClaimError, StoreError
from cbspec.execution.rundir import ANY_CORES, RunDirectory
from cbspec.plugin.contents import unread
from cbspec.plugin.failures import usage_error
from cbspec.plugin.summary import RunSummary
from cbspec.project import Project

# Imported when the first claim is collected, so that runs of other projects do not pay for it
if TYPE_CHECKING:
    from cbspec.claim import Claim
    from cbspec.evaluation import Evaluation

RUN = "cbspec-run"  # controller -> worker: the name of the run
MISTAKE = "cbspec-mistake"  # worker -> controller: why the worker could not begin
MISTAKES = "cbspec-mistakes"  # the same as JSON, each mistake with its place
OVERRIDING = ("address", "backend", "slurm")  # options that are keys of [tool.cbspec], too
SHOWING = ("collectonly", "setuponly", "setupplan", "showfixtures", "show_fixtures_per_test")


class OrderWarning(pytest.PytestWarning):
    """Stages run in this process, where sets of text have another order than in other runs."""


class ClaimProcess:
    """One pytest process: the only one, xdist's controller or one of its workers.

    Args:
        config: pytest's configuration.
        settings: the project's settings.

    Attributes:
        config: pytest's configuration.
        settings: the project's settings, with options of the command line in place.
        run: the messages between the processes of this run.
        summary: gathers the results; used in the process that owns the terminal.
        claims: the claims that this process has collected.
        opened: whether this process holds the run directory, and removes it at the end.
        computing: how many jobs the processes of this run compute at a time.

    Raises:
        CbspecError: an option is wrong, or the device that it names is not there.
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
        self.scale = settings.scale if scale is None else self.project.scale(scale)
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
        """Return the scale of the run, and check that some defaults define it and the canaries'.

        It is checked only if there are claims, so that a mistake in it cannot stop other tests.

        Raises:
            ConfigError: no defaults define the scale.
        """
        from cbspec.language.defaults import known_scale

        return known_scale(None, self.scale, self.settings.claims, self.settings.canary)

    @property
    def worker(self) -> dict[str, Any] | None:
        """Return what the controller has sent to this worker; None without a controller."""
        return getattr(self.config, "workerinput", None)

    @property
    def output(self) -> dict[str, Any]:
        """Return the mapping that this worker sends to the controller when it ends."""
        output: dict[str, Any] = self.config.workeroutput  # type: ignore[attr-defined]  # an attribute that xdist adds
        return output

    @property
    def shows(self) -> bool:
        """Tell whether pytest was asked only to show tests, and to run none."""
        return any(self.config.getoption(option, False) for option in SHOWING)

    @property
    def goes_on(self) -> bool:
        """Tell whether the run goes on although a file cannot be collected."""
        return bool(self.config.getoption("continue_on_collection_errors"))

    @property
    def device_option(self) -> str:
        """Return the options with which a command finds results of the same device and threads."""
        options = ""
        if self.config.getoption("--device") != "auto":
            options = f"--device {self.config.getoption('--device')}"
        if self.numerics.threads != 1:
            options += f" --stage-threads {self.numerics.threads}"
        return options.strip()

    @cached_property
    def evaluation(self) -> Evaluation:
        """Return the evaluation of this process; created when first asked for."""
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
        """Return the report of the run that this one repeats; None if it repeats none."""
        asked = self.config.getoption("--repeat-of")
        return self.config.invocation_params.dir / asked if asked else None

    @property
    def evaluates(self) -> bool:
        """Tell whether this process has evaluated claims."""
        return "evaluation" in self.__dict__

    def refusal(self, error: CbspecError) -> pytest.UsageError:
        """Return the error that ends the run, and report each mistake in a claim with its place."""
        if isinstance(error, ClaimError):
            encoded = unread(error, self.settings.root)
            if self.worker is None:
                self.summary.misread(encoded)
            else:
                self.output[MISTAKES] = encoded
        return usage_error(error)

    def open(self) -> None:
        """Take the run directory, and remove what killed runs left. Only the first call does this.

        Raises:
            pytest.UsageError: the directory or the store cannot be written, or a report format or
                back end of the project is wrong.
        """
        if self.opened:
            return
        self._check_extensions()
        self._warn_of_order()
        try:
            self.run.hold()
        except OSError as error:
            where = f"{self.run.path.parent}, where the processes of a run talk to each other"
            raise pytest.UsageError(
                f"{where}, cannot be written: {error.strerror or error}"
            ) from None
        self.opened = True
        try:
            self._sweep()
        except StoreError as error:
            raise usage_error(error) from None

    def close(self) -> None:
        """Remove the run directory and temporary files, when the workers are gone."""
        with suppress(StoreError):  # told where a result was to be stored
            if self.evaluates:
                self.evaluation.close()
            if self.opened:
                self._sweep()
        if self.opened:
            self.run.remove()

    def _sweep(self) -> None:
        from cbspec.store import Store

        Store(self.settings.store).sweep()

    def _check_extensions(self) -> None:
        """Load report formats, back end and the run to repeat, before hours are spent computing."""
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

    def _warn_of_order(self) -> None:
        """Warn where stages run in this process and find sets of text in an order of its own."""
        from cbspec.execution import hashes
        from cbspec.execution.backends import chosen

        backend = chosen(self.settings, self.config.getoption("--backend"))
        if backend.name == "inline" and self.worker is None and not hashes.is_fixed():
            text = (
                "--backend inline: a stage that goes through a set of text stores other values than in"
                " any other run; start with PYTHONHASHSEED=0 in the environment"
            )
            warnings.warn(OrderWarning(text), stacklevel=1)
