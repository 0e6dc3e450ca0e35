"""One mutant tried: the canaries, and where asked the verdicts and the unit tests, in a copy of the
project with the change.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import coverage
import msgspec

from cbspec.config import Config
from cbspec.trials.mutant import Mutant

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
        first: file -> line -> the first claim that executed it, of those run one by one.
        seconds: claim -> from the start of the process until it had ended, of those run one by one.
    """

    states: Mapping[str, str]
    values: Mapping[str, Any]
    arcs: Mapping[str, Arcs]
    first: Mapping[str, Mapping[int, str]] = {}
    seconds: Mapping[str, float] = {}

    def executes(self, mutant: Mutant) -> bool:
        """Tell whether the lines that a mutant changes were executed."""
        changed = range(mutant.line, mutant.last + 1)
        return any(line in changed for arc in self.arcs[mutant.path] for line in arc)

    def witnesses(self, mutant: Mutant) -> set[str]:
        """Return the claims that are asked first about a mutant: the first that executes what it
        changes, or, of what runs on import and acts later, the one that executed most lines first.
        """
        lines = self.first.get(mutant.path, {})
        if mutant.in_function:
            changed = range(mutant.line, mutant.last + 1)
            return {claim for line, claim in lines.items() if line in changed}
        counts = Counter[str]()
        for file in self.first.values():
            counts.update(file.values())
        return {claim for claim, _ in counts.most_common(1)}


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one mutant.

    Attributes:
        canary: of the claims that reach it; None where it ran past its time or ended the process.
        verdicts: claim -> how its verdict changed, of those that were asked for.
        tests: whether the unit tests noticed it; None where they were not asked for.
        ended: why there is no canary.
    """

    canary: Canary | None = None
    verdicts: Mapping[str, str] = {}
    tests: bool | None = None
    ended: str = ""
    seconds: float = 0.0


def copied(config: Config, folder: Path) -> None:
    """Copy what a run of claims reads into an empty folder."""
    root = config.root
    ignored = shutil.ignore_patterns("__pycache__")
    source = config.source.relative_to(root)
    for package in config.packages:
        shutil.copytree(root / source / package, folder / source / package, ignore=ignored)
    shutil.copytree(config.claims, folder / config.claims.relative_to(root))
    shutil.copy(root / "pyproject.toml", folder)
    if (root / "tests").is_dir():
        shutil.copytree(root / "tests", folder / "tests", ignore=ignored)
    reports = folder / config.reports.relative_to(root)
    reports.mkdir(parents=True, exist_ok=True)
    for file in (config.ledger, config.canary_record):
        if file.exists():
            shutil.copy(file, reports)
    if config.evidence.is_dir():
        shutil.copytree(config.evidence, reports / config.evidence.name)


def canaries(
    folder: Path, store: Path, claims: Collection[str], include: Collection[str]
) -> Canary:
    """Run the canaries of claims in a copy of the project.

    Args:
        claims: as a claim file has them, without the values of a matrix.
        include: the files whose executed lines are told, relative to the folder.
    """
    # Not as the project's own coverage is set up: its sources are other files than these
    project = _project(folder, store)
    with _measured(folder, include) as measuring:
        canary = _canary(_run(project, claims, project.config.canary))
    data = measuring.get_data()
    arcs = {path: frozenset(data.arcs(str(folder / path)) or ()) for path in include}
    return msgspec.structs.replace(canary, arcs=arcs)


@contextmanager
def _measured(folder: Path, include: Collection[str]) -> Iterator[coverage.Coverage]:
    """Measure which lines of some files of a copy are executed.

    Not as the project's own coverage is set up: its sources are other files than these.
    """
    measuring = coverage.Coverage(
        data_file=None,
        config_file=False,
        branch=True,
        include=[str(folder / path) for path in include],
    )
    measuring.start()
    try:
        yield measuring
    finally:
        measuring.stop()


def _canary(run: Run) -> Canary:
    states: dict[str, str] = {}
    values: dict[str, Any] = {}
    for check in run.canaries:
        states[check.claim] = check.state
        if check.figures:
            values[check.claim] = msgspec.to_builtins(check.figures.values)
    return Canary(states, values, {})


def canaries_as_they_are(
    config: Config, folder: Path, store: Path, claims: Collection[str], files: Collection[str]
) -> Canary:
    """Run the canaries of claims, in this order, in a copy without any change, on an empty store.

    One claim at a time, so that each line is known by the first that executes it.
    """
    began = time.monotonic()
    copied(config, folder)
    project = _project(folder, store)
    states: dict[str, str] = {}
    values: dict[str, Any] = {}
    seconds: dict[str, float] = {}
    with _measured(folder, files) as measuring:
        for claim in claims:
            measuring.switch_context(claim)
            canary = _canary(_run(project, (claim,), project.config.canary))
            states |= canary.states
            values |= canary.values
            seconds[claim] = time.monotonic() - began
    data = measuring.get_data()
    order = list(claims)
    arcs: dict[str, Arcs] = {}
    first: dict[str, dict[int, str]] = {}
    for path in files:
        arcs[path] = frozenset(data.arcs(str(folder / path)) or ())
        first[path] = {}
        for line, contexts in data.contexts_by_lineno(str(folder / path)).items():
            first[path][line] = min(filter(None, contexts), key=order.index)
    return Canary(states, values, arcs, first, seconds)


def tried(
    config: Config,
    folder: Path,
    store: Path,
    mutant: Mutant,
    claims: Collection[str],
    verdicts: Collection[str],
    tests: bool,
) -> Trial:
    """Make a change in a copy of the project, and see what notices it.

    Args:
        folder: empty; removed at the end.
        claims: those whose canary reaches the definition.
        verdicts: those whose verdict is computed as well.
        tests: whether the unit tests are run as well.
    """
    began = time.monotonic()
    copied(config, folder)
    (folder / mutant.path).write_text(mutant.text, encoding="utf-8")
    canary = canaries(folder, store, claims, [mutant.path])
    changed: dict[str, str] = {}
    if verdicts:
        run = _run(_project(folder, store), verdicts, config.scale)
        for record in run.records:
            if record.outcome.kind == "failed":
                changed[record.claim] = record.judgement.verdict
    noticed = _tests_fail(folder) if tests else None
    shutil.rmtree(folder, ignore_errors=True)
    return Trial(canary=canary, verdicts=changed, tests=noticed, seconds=time.monotonic() - began)


def _project(folder: Path, store: Path) -> Project:
    from cbspec.project import Project

    os.environ["CBSPEC_STORE"] = str(store)
    os.environ.pop("CBSPEC_REPORTS", None)
    os.chdir(folder)
    return Project(folder)


def _run(project: Project, claims: Collection[str], scale: str) -> Run:
    with _silent():
        return project.run(tuple(claims), scale, "cpu", adopt="never", backend="inline")


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
