"""False alarms of the canary: what it says where nothing changed that a finding rests on.

``python -m tests.bench.alarms [reruns [N]] [edits [N]] [history [N]]``; 100, 50 and 20 by default.

`reruns` compute a few claims anew, each time under other circumstances: number of threads and of
workers, order, instruction set. `edits` are the changes of ``benign.yaml``, and mechanical ones
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
from functools import cache, partial
from pathlib import Path
from typing import Any

from cbspec.project import Project as Harness
from cbspec.stage import stages_of
from cbspec.trials.commits import Commits
from cbspec.trials.process import Worker, server
from tests.bench.benign import changes
from tests.bench.canary import SCALE, states, told
from tests.bench.mutations import STORE, duplicate
from tests.bench.project import ROOT, fresh
from tests.bench.report import Row, publish

CLAIMS = 2  # computed in each rerun, and for each edit and commit
SECONDS = 1800.0

THREADS = ("1", "2", "4")
WORKERS = ("0", "1", "2")
# None: whatever the machine has
INSTRUCTIONS: dict[str, tuple[str | None, ...]] = {
    "ATEN_CPU_CAPABILITY": (None, "avx2", "default"),
    "MKL_ENABLE_INSTRUCTIONS": (None, "AVX2", "SSE4_2"),
    "ONEDNN_MAX_CPU_ISA": (None, "AVX2", "SSE41"),
}


def reruns(count: int = 100) -> Iterator[Row]:
    """Claims computed anew under drawn circumstances, on an empty store."""
    generator = random.Random(0)
    files = _dealt(generator)
    claims = 0
    alarms: list[str] = []
    for number in range(1, count + 1):
        chosen = list(itertools.islice(files, CLAIMS))
        workers, threads = generator.choice(WORKERS), generator.choice(THREADS)
        environment = {}
        for variable, values in INSTRUCTIONS.items():
            value = generator.choice(values)
            if value:
                environment[variable] = value
        with fresh() as project:
            options = (*SCALE, "-n", workers, "--stage-threads", threads)
            project.run(*chosen, *options, **environment)
            outcomes = states(project)
        claims += len(outcomes)
        where = " ".join(f"{name}={value}" for name, value in environment.items())
        for claim, state in outcomes.items():
            if state != "equal":
                alarms.append(f"{claim} {state} (-n {workers}, {threads} threads {where})")
        print(f"rerun {number} of {count}: {len(alarms)} alarms", file=sys.stderr)
    yield _row(f"{count} reruns, {claims} canaries, circumstances drawn", alarms)


def edits(count: int = 50) -> Iterator[Row]:
    """Edits that change no finding, each with some of the claims that reach the edited file."""
    generator = random.Random(0)
    claims = 0
    alarms: list[str] = []
    with fresh() as warm:
        warm.run("claims", *SCALE, "-n", "2")
        for number, (name, path, edit) in enumerate(itertools.islice(_edits(generator), count), 1):
            chosen = generator.sample(reaching(path), min(CLAIMS, len(reaching(path))))
            with fresh() as project:
                duplicate(warm.folder / STORE, project.folder / STORE)
                edit(project.folder)
                project.run(*chosen, *SCALE, "-n", "0")
                outcomes = states(project)
            claims += len(outcomes)
            for claim, state in outcomes.items():
                if state != "equal":
                    alarms.append(f"{claim} {state} ({name})")
            print(f"edit {number} of {count}, {name}: {len(alarms)} alarms", file=sys.stderr)
    yield _row(f"{number} benign edits, {claims} canaries", alarms)


def history(count: int = 20) -> Iterator[Row]:
    """The last commits that touch code or claims, each beside its parent, each a row: how many
    claims are other than before by their code, and what the canaries of some of these say.
    """
    harness = Harness(ROOT)
    generator, context = random.Random(0), server()
    with tempfile.TemporaryDirectory(prefix="cbspec-alarms-") as folder:
        commits = Commits(harness.config, Path(folder))
        before: Mapping[str, Any] = {}
        for commit in commits.between(f"HEAD~{count}", "HEAD"):
            place = commits.written(commit)
            after = Worker.start(context, SECONDS, codes, place).result()
            changed = [claim for claim in after if after[claim] != before.get(claim)]
            if before:
                alarms: list[str] = []
                chosen = generator.sample(changed, min(CLAIMS, len(changed)))
                for claim in chosen:
                    state = Worker.start(context, SECONDS, canary_state, place, claim).result()
                    if state != "equal":
                        alarms.append(f"{claim} {state}")
                figure = f"{len(changed)} of {len(after)} claims have other code or calls"
                figure += f"; of {len(chosen)} computed alarmed{told(alarms) or ': none'}"
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


def canary_state(folder: Path, claim: str) -> str:
    """Compute a claim's canary in the project in a folder; return how it is beside that record."""
    os.chdir(folder)
    project = Harness(folder)
    run = project.run(claim, project.config.canary, "cpu", adopt="never", backend="inline")
    return run.canaries[0].state


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


def _row(measured: str, alarms: Sequence[str]) -> Row:
    return Row(measured, f"{len(alarms)} false alarms{told(alarms)}", "none", not alarms)


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
    "edits": edits,
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
