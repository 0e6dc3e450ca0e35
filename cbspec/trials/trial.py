"""One mutant tried: the canaries, and where asked the verdicts and the unit tests, in a copy of the
project with the change.
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
    """What a copy's canaries yielded.

    Attributes:
        states: claim -> equal, differs, new or error.
        values: claim -> its canary values; none of a claim whose canary broke.
        arcs: file -> (line, next line) that were executed.
    """

    states: Mapping[str, str]
    values: Mapping[str, Any]
    arcs: Mapping[str, Arcs]

    @property
    def noticed(self) -> list[str]:
        """Return the claims whose canary is not as recorded."""
        return [claim for claim, state in self.states.items() if state != "equal"]

    def with_another(self, other: Canary) -> Canary:
        """Return these canaries and another claim's, without the lines executed."""
        return Canary({**self.states, **other.states}, {**self.values, **other.values}, {})


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What the canaries say of one mutant.

    Attributes:
        canary: of the claims that were asked; None where one ran past its time, or the process
            ended.
        asked: those claims, in this order.
        ended: why there is no canary.
        seconds: of the processor.
    """

    canary: Canary | None = None
    asked: Sequence[str] = ()
    ended: str = ""
    seconds: float = 0.0


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What the verdicts and the unit tests say of one mutant.

    Attributes:
        verdicts: claim -> how its verdict changed.
        asked: the claims whose verdict was computed, in this order.
        tests: whether the unit tests noticed it; None where they were not asked for.
        seconds: of the processor.
    """

    verdicts: Mapping[str, str] = {}
    asked: Sequence[str] = ()
    tests: bool | None = None
    seconds: float = 0.0


def copied(config: Config, folder: Path, *, tests: bool = False) -> None:
    """Copy what a run of claims reads into an empty folder.

    Args:
        tests: whether the unit tests are run there, too.
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

    Not as the project's own coverage is set up: its sources are other files than these.
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
    """Run the canary of a claim, without the values of a matrix: all its cells."""
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
        folder: empty; removed at the end.
        limits: claim -> after how many seconds its canary is ended; in the order they are run in.
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
        folder: empty; removed at the end.
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
    """Return the project in a folder, which is where this process works from now on."""
    from cbspec.project import Project

    os.environ["CBSPEC_STORE"] = str(store)
    os.environ.pop("CBSPEC_REPORTS", None)
    os.chdir(folder)
    return Project(folder)


def _run(project: Project, claim: str, scale: str) -> Run:
    with _silent():
        return project.run(claim, scale, "cpu", adopt="never", backend="inline")


def _tests_fail(folder: Path) -> bool:
    """Tell whether the copy's unit tests of the engine fail."""
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
    """Keep a mutant's complaints and progress off the terminal."""
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield
