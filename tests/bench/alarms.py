"""False alarms of the canary: what it says where nothing changed that a finding rests on.

``python -m tests.bench.alarms [reruns [N]] [benign [N]] [history [N]]``; 100, 50 and 20 by default.

`reruns` compute a few claims anew, each time under other circumstances: number of threads and of
processes, order, instruction set. `benign` are the changes of ``benign.yaml``, and mechanical ones
that leave every value as it is. `history` takes this repository's last commits, each beside its
parent: where the code of a claim changed, some of its claims are computed.
"""

from __future__ import annotations

import ast
import itertools
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

from cbspec.claim import base
from cbspec.ledger.repository import git
from cbspec.project import Project as Harness
from cbspec.stage import stages_of
from cbspec.trials.commits import Commits
from cbspec.trials.process import Worker, server
from tests.bench.benign import changes
from tests.bench.canary import told
from tests.bench.mutations import STORE
from tests.bench.project import ROOT, fresh
from tests.bench.report import Row, publish
from tests.bench.rerun import Rerun, rerun, states_in

CLAIMS = 2  # files, computed in each rerun, and for each edit and commit
SECONDS = 1800.0

THREADS = (1, 2, 4)
PROCESSES = (1, 2)
# None: whatever the machine has
INSTRUCTIONS: dict[str, tuple[str | None, ...]] = {
    "ATEN_CPU_CAPABILITY": (None, "avx2", "default"),
    "MKL_ENABLE_INSTRUCTIONS": (None, "AVX2", "SSE4_2"),
    "ONEDNN_MAX_CPU_ISA": (None, "AVX2", "SSE41"),
}


def reruns(count: int = 100) -> Iterator[Row]:
    """Claims computed anew under drawn circumstances, on an empty store. Those with the same
    instruction sets are forked from one process, which has to load the libraries once.
    """
    generator = random.Random(0)
    files = _dealt(generator)
    drawn: dict[tuple[str, ...], list[Rerun]] = {}
    for _ in range(count):
        chosen = tuple(itertools.islice(files, CLAIMS))
        threads, processes = generator.choice(THREADS), generator.choice(PROCESSES)
        variables = []
        for variable, values in INSTRUCTIONS.items():
            if value := generator.choice(values):
                variables.append(f"{variable}={value}")
        drawn.setdefault(tuple(variables), []).append(Rerun(chosen, threads, processes))
    tally = Tally(count)
    with suppress(KeyboardInterrupt):
        for variables, alike in drawn.items():
            environment = dict(variable.split("=") for variable in variables)
            for one, states in zip(alike, rerun(alike, environment), strict=True):
                where = f"{one.processes} processes, {one.threads} threads"
                tally.add(states, f"{where} {' '.join(variables)}")
    yield tally.row("reruns", ", circumstances drawn")


def benign(count: int = 50) -> Iterator[Row]:
    """Edits that change no finding, each with some of the claims that reach the edited file."""
    generator, context = random.Random(0), server()
    tally = Tally(count)
    with suppress(KeyboardInterrupt):
        for name, path, edit in itertools.islice(_edits(generator), count):
            chosen = generator.sample(reaching(path), min(CLAIMS, len(reaching(path))))
            with fresh() as project:
                edit(project.folder)
                store = project.folder / STORE
                worker = Worker.start(context, SECONDS, states_in, project.folder, store, chosen)
                tally.add(worker.result(), name)
    yield tally.row("benign edits")


class Tally:
    """What became of canaries where nothing changed that a finding rests on.

    A run that is interrupted ends with what it has: its row says how many there were.
    """

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._done = self._claims = 0
        self._alarms: list[str] = []

    def add(self, states: Mapping[str, str], where: str) -> None:
        """Count the canaries of one trial, and tell the terminal."""
        self._done += 1
        self._claims += len(states)
        for claim, state in states.items():
            if state != "equal":
                self._alarms.append(f"{claim} {state} ({where})")
        told_so_far = f"{self._done} of {self._wanted}, {where}: {len(self._alarms)} alarms"
        print(told_so_far, file=sys.stderr, flush=True)

    def row(self, trials: str, how: str = "") -> Row:
        """Return the row of all trials so far."""
        alarms = self._alarms
        figure = f"{len(alarms)} false alarms{told(alarms)}"
        measured = f"{self._done} {trials}, {self._claims} canaries{how}"
        return Row(measured, figure, "none", not alarms)


def history(count: int = 20) -> Iterator[Row]:
    """The last commits that touch code or claims, each beside its parent, each a row: how many
    claims are other than before by their code, and what the canaries of some of these say.
    """
    harness = Harness(ROOT)
    generator, context = random.Random(0), server()
    with tempfile.TemporaryDirectory(prefix="cbspec-alarms-") as folder:
        commits = Commits(harness.config, Path(folder))
        before: Mapping[str, Any] = {}
        length = git(ROOT, "rev-list", "--count", "--first-parent", "HEAD")
        touching = commits.between(f"HEAD~{int(length or 1) - 1}", "HEAD")
        for commit in touching[-count - 1 :]:
            place = commits.written(commit)
            after = Worker.start(context, SECONDS, codes, place).result()
            changed = [claim for claim in after if after[claim] != before.get(claim)]
            if before:
                figure = f"{len(changed)} of {len(after)} claims have other code or calls"
                if files := sorted({base(claim) for claim in changed}):
                    chosen = generator.sample(files, min(CLAIMS, len(files)))
                    worker = Worker.start(context, SECONDS, states_in, place, place / STORE, chosen)
                    states = worker.result()
                    alarms = [
                        f"{claim} {state}" for claim, state in states.items() if state != "equal"
                    ]
                    figure += f"; of {len(states)} computed alarmed{told(alarms) or ': none'}"
                yield Row(f"{commit[:10]} {commits.subject(commit)}", figure)
            before = after


def codes(folder: Path) -> dict[str, Any]:
    """Return claim -> what its canary is made of, in the project in a folder."""
    os.chdir(folder)
    project = Harness(folder)
    planner = project.planner("cpu")
    made: dict[str, Any] = {}
    for claim in project.claims((), project.config.canary):
        calls = {arm: call.digest for arm, call in claim.arms.items()}
        made[claim.id] = calls, dict(planner.code(claim.arms.values()))
    return made


def _edits(
    generator: random.Random,
) -> Iterator[tuple[str, str, Callable[[Path], None]]]:
    """Yield (name, edited file, edit): those of the file, then mechanical ones."""
    for change in changes():
        if change.path:
            yield change.name, change.path, change.apply
    paths = sorted((ROOT / "engine").rglob("*.py"))
    generator.shuffle(paths)
    for path in paths:
        place = str(path.relative_to(ROOT))
        changed = named_results(path.read_text(encoding="utf-8"))
        if changed and reaching(place):
            yield f"results named in {place}", place, partial(_write, place, changed)


def _write(place: str, text: str, root: Path) -> None:
    (root / place).write_text(text, encoding="utf-8")


def _dealt(generator: random.Random) -> Iterator[str]:
    """Yield the claims' files in random orders, each time all of them before any again."""
    files = list(claim_files())
    while True:
        yield from generator.sample(files, len(files))


@cache
def claim_files() -> Mapping[str, set[str]]:
    """Return claim file -> the files of the engine that its stages reach."""
    harness = Harness(ROOT)
    files: dict[str, set[str]] = {}
    for claim in harness.claims((), harness.config.canary):
        place = str(claim.origins["id"].path.resolve().relative_to(ROOT))
        for stage in stages_of(claim.arms.values()).values():
            for definition in harness.code.fingerprint(stage.implementation).definitions:
                files.setdefault(place, set()).add(definition.partition(":")[0])
    return files


def reaching(path: str) -> list[str]:
    """Return the claim files whose stages reach a file of the engine."""
    return [claim for claim, files in claim_files().items() if path in files]


def named_results(text: str) -> str:
    """Return a module whose functions give what they return a name first; empty where none
    returns what could have one.
    """
    tree = ast.parse(text)
    named = _NamedResults()
    named.visit(tree)
    return ast.unparse(ast.fix_missing_locations(tree)) if named.count else ""


class _NamedResults(ast.NodeTransformer):
    count = 0

    def visit_Return(self, node: ast.Return) -> list[ast.stmt] | ast.Return:
        if not isinstance(node.value, ast.Call | ast.BinOp):
            return node
        self.count += 1
        name = "given_back"
        assigned = ast.Assign([ast.Name(name, ast.Store())], node.value)
        return [assigned, ast.Return(ast.Name(name, ast.Load()))]

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        return node


PARTS: dict[str, Callable[..., Iterator[Row]]] = {
    "reruns": reruns,
    "benign": benign,
    "history": history,
}


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """The named parts, each with the number behind it if there is one."""
    words = list(arguments) or list(PARTS)
    while words:
        part = words.pop(0)
        if part not in PARTS:
            sys.exit(f"alarms has no part {part!r}; one of {', '.join(PARTS)}")
        count = [int(words.pop(0))] if words and words[0].isdigit() else []
        yield from PARTS[part](*count)


if __name__ == "__main__":
    sys.exit(publish("alarms", main(sys.argv[1:])))
