"""Edits of the engine that the claims must notice: each is made in a copy of the project, whose
claims then have to fail.

``python -m tests.bench.mutations [--store FOLDER] [--expected] [NAME...]``; all edits by default.
``mutations.yaml`` holds them, each with the claims that must notice it. With `--expected`, claims
that an edit reaches and that need not notice it are left out: to compute them again takes most of
the time. The project as it stands runs first, has to pass, and adds what is missing to the store
(the project's own, if no other is named). Behind an edit only the stages that reach it are
computed, in a copy of that.

An edit is noticed where the run fails, each of those claims fails with a text that names the edited
definition, and every claim that does not reach the definition neither fails nor is computed again.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import cbspec
from cbspec import catalog, config, language
from cbspec.claim import Claim
from cbspec.execution.cell import closure
from cbspec.execution.numerics import resolve
from cbspec.execution.plan import Planner
from cbspec.fingerprint import Code
from cbspec.report import Run, decode, failure_text
from cbspec.store import Store
from tests.bench.mutation import Mutation, mutations
from tests.bench.project import ROOT, Project, fresh
from tests.bench.report import Row, publish

SCALE, DEVICE = "quick", "cpu"  # of the verdicts on record that the edits are held against
STORE = Path(".cbspec") / "store"


class Failure(NamedTuple):
    """A failed claim: how its verdict changed (``"flip: holds -> refuted"``), and the text shown
    for it.
    """

    headline: str
    text: str


class Observation(NamedTuple):
    """A run of claims: its exit status, the claims that failed, the keys of the results it
    computed, its seconds.
    """

    status: int
    failed: Mapping[str, Failure]
    computed: frozenset[str]
    seconds: float


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """The project as it stands, then the named edits, each a row."""
    known = {mutation.name: mutation for mutation in mutations()}
    parser = argparse.ArgumentParser(
        prog="mutations", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument(
        "--expected",
        action="store_true",
        help="leave out claims that need not notice an edit that reaches them",
    )
    parser.add_argument("--store", type=Path, default=config.load(ROOT).store, metavar="FOLDER")
    asked = parser.parse_args(arguments)
    if unknown := [name for name in asked.names if name not in known]:
        parser.error(f"no mutation is called {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = [known[name] for name in asked.names or known]
    for mutation in chosen:  # before hours are spent
        mutation.edited((ROOT / mutation.path).read_text(encoding="utf-8"))
    store = asked.store.absolute()
    yield warmed(store)
    for mutation in chosen:
        yield tried(mutation, store, expected(mutation) if asked.expected else claims())


@cache
def claims() -> tuple[Claim, ...]:
    """The project's claims that can be decided at `SCALE`."""
    project = config.load(ROOT)
    found = language.load([project.claims], catalog=catalog.load(project), scale=SCALE)
    return tuple(claim for claim in found if SCALE in claim.decidable)


def warmed(store: Path) -> Row:
    """Run the project as it stands on the store itself.

    Raises:
        RuntimeError: a claim fails, so that failures after an edit would say nothing.
    """
    store.mkdir(parents=True, exist_ok=True)
    with fresh() as project:
        place = project.folder / STORE
        place.parent.mkdir()
        place.symlink_to(store)
        seen = observe(project, claims())
    if seen.failed or seen.status:
        raise RuntimeError(
            f"claims fail before any edit: {', '.join(seen.failed)} (pytest ended with status {seen.status})"
        )
    return Row(
        "no edit",
        f"no claim fails; {len(seen.computed)} results computed; {seen.seconds:.0f} s",
        "no claim fails",
    )


def expected(mutation: Mutation) -> tuple[Claim, ...]:
    """The claims that must notice an edit, and those that it does not reach."""
    code = _code()
    return tuple(
        claim
        for claim in claims()
        if claim.id in mutation.noticed_by or not mutation.reaches(claim, code)
    )


@cache
def _code() -> Code:
    return cbspec.Project(ROOT).code


def tried(mutation: Mutation, store: Path, among: Sequence[Claim]) -> Row:
    """Make the edit in a copy of the project with a copy of the store, and see which of these
    claims notice.
    """
    with fresh() as project:
        duplicate(store, project.folder / STORE)
        remember(project.folder)
        mutation.apply(project.folder)
        seen = observe(project, among)
        return judged(
            mutation,
            seen,
            disturbed(mutation, seen, project.folder),
            left_out=len(claims()) - len(among),
        )


def observe(project: Project, among: Sequence[Claim]) -> Observation:
    """Run these claims of the copy.

    Raises:
        RuntimeError: the run did not get to its end.
    """
    store = Store(project.folder / STORE)
    before = {holding.key for holding in store.ls()}
    began = time.monotonic()
    process = project.start(*map(node, among), "-n", "2", "--scale", SCALE, "--device", DEVICE)
    try:
        status = process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)  # it is in a group of its own and would go on alone
        raise
    seconds = time.monotonic() - began
    report = project.folder / "reports" / "latest.json"
    if status not in (0, 1) or not report.exists():  # neither passed nor failed
        output = (project.folder / "output.txt").read_text(errors="replace")
        raise RuntimeError(f"pytest ended with status {status}:\n{output[-2000:]}")
    run = decode(report.read_text(encoding="utf-8"), Run)
    failed = {
        record.claim: Failure(record.comparison.headline, failure_text(record))
        for record in run.records
        if record.outcome.kind == "failed"
    }
    return Observation(
        status, failed, frozenset(holding.key for holding in store.ls()) - before, seconds
    )


def disturbed(mutation: Mutation, seen: Observation, folder: Path) -> list[str]:
    """The claims that do not reach the edit and failed or were computed again all the same."""
    code = _code()
    planner = Planner(code.at(folder).fingerprint, resolve(DEVICE))
    untouched = [claim for claim in claims() if not mutation.reaches(claim, code)]
    return [
        claim.id
        for claim in untouched
        if claim.id in seen.failed or seen.computed & keys(claim, planner)
    ]


def node(claim: Claim) -> str:
    """What pytest calls the claim."""
    return f"{claim.origins['id'].path.resolve().relative_to(ROOT)}::{claim.id}"


def keys(claim: Claim, planner: Planner) -> set[str]:
    """Where all that the claim may need lies in a store."""
    wanted = (planner.cell(call, seed) for call in claim.arms.values() for seed in claim.seeds.pool)
    return {cell.key for cell in closure(wanted)}


def judged(
    mutation: Mutation, seen: Observation, disturbed: Sequence[str], left_out: int = 0
) -> Row:
    """The row of an edit: who noticed and how, who did not, and who failed besides."""
    noticed = [claim for claim in mutation.noticed_by if claim in seen.failed]
    missing = [claim for claim in mutation.noticed_by if claim not in seen.failed]
    unnamed = [claim for claim in noticed if not mutation.named_in(seen.failed[claim].text)]
    also = [claim for claim in seen.failed if claim not in mutation.noticed_by]
    parts = (
        _told("noticed by", [f"{claim} ({seen.failed[claim].headline})" for claim in noticed]),
        _told("not noticed by", missing),
        _told("not named by", unnamed),
        _told("untouched and not as before", disturbed),
        _told("failed besides", also),
        f"{left_out} claims that it reaches left out" if left_out else "",
        f"{len(seen.computed)} results computed",
        f"{seen.seconds:.0f} s",
    )
    met = seen.status != 0 and not (missing or unnamed or disturbed)
    wanted = f"noticed and named by {', '.join(mutation.noticed_by)}; claims that do not reach it as before"
    return Row(f"{mutation.name}: {mutation.title}", "; ".join(filter(None, parts)), wanted, met)


def duplicate(store: Path, target: Path) -> None:
    """A copy of a store by hard links: it never writes into a file that is there, it renames,
    replaces and unlinks.
    """
    shutil.copytree(
        store,
        target,
        ignore=shutil.ignore_patterns("locks", "tmp", "quarantine"),
        copy_function=_link,
    )


def remember(folder: Path) -> None:
    """Give a copy the project's history, in which the code behind a verdict is looked up that the
    store has never seen.
    """
    clone = folder / "clone"
    command = ["git", "clone", "--quiet", "--shared", "--no-checkout", ROOT, clone]
    if subprocess.run(command, check=False).returncode == 0:
        (clone / ".git").rename(folder / ".git")
        clone.rmdir()


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)


def _told(words: str, names: Iterable[str]) -> str:
    listed = ", ".join(names)
    return f"{words} {listed}" if listed else ""


if __name__ == "__main__":
    sys.exit(publish("mutations", main(sys.argv[1:])))
