"""The trial of one mutant: canaries, and on request verdicts and unit tests, in a changed copy of
the project.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import coverage
import msgspec

from cbspec.config import Config
from cbspec.ledger import outcome
from cbspec.trials.mutant import Mutant
from cbspec.trials.process import RanLate, limited

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbspec.project import Project
    from cbspec.report import Run

Arcs = frozenset[tuple[int, int]]


class Canary(msgspec.Struct, frozen=True):
    """The canaries of one copy of the project.

    Attributes:
        states: claim -> equal, differs, unheld, new or error.
        values: claim -> its canary values, for the claims whose canary could be computed.
        arcs: file -> executed pairs of (line, next line).
    """

    states: Mapping[str, str]
    values: Mapping[str, Any]
    arcs: Mapping[str, Arcs]

    @property
    def noticed(self) -> list[str]:
        """Return the claims whose canary is not as recorded."""
        unnoticed = ("equal", "unheld")
        return [claim for claim, state in self.states.items() if state not in unnoticed]

    def with_another(self, other: Canary) -> Canary:
        """Return these canaries and another claim's, without the lines executed."""
        return Canary({**self.states, **other.states}, {**self.values, **other.values}, {})


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """The canaries of one mutant.

    Attributes:
        canary: the canaries that ran; None if one ran past its time, or the process ended.
        asked: the claims whose canary ran, in this order.
        ended: why there is no canary.
        seconds: the processor time.
    """

    canary: Canary | None = None
    asked: Sequence[str] = ()
    ended: str = ""
    seconds: float = 0.0


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """The verdicts and the unit tests of one mutant.

    Attributes:
        verdicts: claim -> how its verdict changed.
        asked: the claims whose verdict was computed, in this order.
        tests: whether the unit tests noticed the mutant; None if they did not run.
        seconds: the processor time.
    """

    verdicts: Mapping[str, str] = {}
    asked: Sequence[str] = ()
    tests: bool | None = None
    seconds: float = 0.0


def copied(config: Config, folder: Path, *, tests: bool = False) -> None:
    """Copy everything that a run of claims reads into an empty folder.

    Args:
        tests: whether to copy the unit tests as well.
    """
    root = config.root
    ignored = shutil.ignore_patterns("__pycache__")
    source = config.source.relative_to(root)
    for package in config.packages:
        shutil.copytree(root / source / package, folder / source / package, ignore=ignored)
    shutil.copytree(config.claims, folder / config.claims.relative_to(root))
    shutil.copy(root / "pyproject.toml", folder)
    reports = folder / config.reports.relative_to(root)
    reports.mkdir(parents=True, exist_ok=True)
    for file in (config.ledger, config.canary_record):
        if file.exists():
            shutil.copy(file, reports)
    if config.evidence.is_dir():
        shutil.copytree(config.evidence, reports / config.evidence.name)
    if tests and (root / "tests").is_dir():
        shutil.copytree(root / "tests", folder / "tests", ignore=ignored)


@contextmanager
def measured(folder: Path, files: Collection[str]) -> Iterator[coverage.Coverage]:
    """Measure which lines of some files of a copy are executed.

    The project's own coverage settings are ignored, because they name other files.
    """
    measuring = coverage.Coverage(
        data_file=None,
        config_file=False,
        branch=True,
        include=[str(folder / path) for path in files],
    )
    measuring.start()
    try:
        yield measuring
    finally:
        measuring.stop()


def run_canary(project: Project, claim: str) -> Canary:
    """Run the canary of a claim, for all cells of its matrix."""
    states: dict[str, str] = {}
    values: dict[str, Any] = {}
    for check in _run(project, claim, project.config.canary).canaries:
        states[check.claim] = check.state
        if check.figures:
            values[check.claim] = msgspec.to_builtins(check.figures.values)
    return Canary(states, values, {})


def tried(
    config: Config, folder: Path, store: Path, mutant: Mutant, limits: Mapping[str, float]
) -> Trial:
    """Make a change in a copy of the project, and run canaries there until one notices.

    Args:
        folder: an empty folder, which is removed at the end.
        limits: claim -> the seconds after which its canary is ended, in the order of the runs.
    """
    copied(config, folder)
    (folder / mutant.path).write_text(mutant.text, encoding="utf-8")
    project = opened(folder, store)
    canary = Canary({}, {}, {})
    asked = []
    ended = ""
    with measured(folder, [mutant.path]) as measuring:
        for claim, seconds in limits.items():
            asked.append(claim)
            try:
                with limited(seconds):
                    canary = canary.with_another(run_canary(project, claim))
            except RanLate:
                ended = "ran past its time"
            if ended or canary.noticed:
                break
    arcs = frozenset(measuring.get_data().arcs(str(folder / mutant.path)) or ())
    shutil.rmtree(folder, ignore_errors=True)
    if ended:
        return Trial(asked=asked, ended=ended, seconds=time.process_time())
    canary = msgspec.structs.replace(canary, arcs={mutant.path: arcs})
    return Trial(canary=canary, asked=asked, seconds=time.process_time())


def judged(
    config: Config, folder: Path, store: Path, mutant: Mutant, claims: Sequence[str], tests: bool
) -> Judged:
    """Make a change in a copy of the project, and compute verdicts there until one changes.

    Args:
        folder: an empty folder, which is removed at the end.
        tests: whether the unit tests are run as well.
    """
    copied(config, folder, tests=tests)
    (folder / mutant.path).write_text(mutant.text, encoding="utf-8")
    project = opened(folder, store)
    verdicts: dict[str, str] = {}
    asked = []
    for claim in claims:
        asked.append(claim)
        for record in _run(project, claim, config.scale).records:
            # A run also fails for verdicts at other scales, which the canary puts in doubt
            if outcome(record.comparison, record.judgement).kind == "failed":
                verdicts[record.claim] = record.judgement.verdict
        if verdicts:
            break
    noticed = _tests_fail(folder) if tests else None
    shutil.rmtree(folder, ignore_errors=True)
    return Judged(verdicts=verdicts, asked=asked, tests=noticed, seconds=time.process_time())


def opened(folder: Path, store: Path) -> Project:
    """Return the project in a folder, which becomes the working directory of this process."""
    from cbspec.project import Project

    os.environ["CBSPEC_STORE"] = str(store)
    os.environ.pop("CBSPEC_REPORTS", None)
    os.chdir(folder)
    return Project(folder)


def _run(project: Project, claim: str, scale: str) -> Run:
    with _silent():
        return project.run(claim, scale, "cpu", adopt="never", backend="inline")


def _tests_fail(folder: Path) -> bool:
    """Tell whether the unit tests of the engine fail in the copy."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    del environment["CBSPEC_STORE"]
    tests = folder / "tests" / "engine"
    done = subprocess.run(
        [*command, str(tests)], cwd=folder, env=environment, capture_output=True, check=False
    )
    return done.returncode != 0


@contextmanager
def _silent() -> Iterator[None]:
    """Discard what a mutant prints."""
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield
