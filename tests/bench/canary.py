"""The canary as a check: its time, the edits that it must notice, and those that it must let pass.

``python -m tests.bench.canary [time] [mistakes [NAME...]] [benign [NAME...]]``; all three by
default.

`mistakes` are those of ``mutations.yaml``. Each is made in a copy of the project, and the
canary of every claim that runs the edited definition has to differ, but for those that the file
says it cannot move. Which claims run it is seen from a second copy, where the definition raises at
its first line. `benign` are the changes of ``benign.yaml``, which put no claim in doubt.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from cbspec.report import Run, decode
from tests.bench.benign import Change, changes
from tests.bench.mutation import Mutation, definition_of, mutations
from tests.bench.mutations import STORE, duplicate
from tests.bench.project import Project, fresh
from tests.bench.report import Row, publish

SCALE = ("--scale", "canary")
SECONDS_COLD, SECONDS_WARM, GIGABYTES = 45.0, 3.0, 1.2

States = Mapping[str, str]
"""Claim -> what became of its canary: equal, differs, new or error."""


def timed() -> Iterator[Row]:
    """Time and memory of the canaries of all claims with two workers, and of a run that has nothing
    to compute.
    """
    with fresh() as project:
        cold = project.run("claims", *SCALE, "-n", "2")
        states(project)
        warm = sorted(project.run("claims", *SCALE, "-n", "2").seconds for _ in range(3))[1]
    name = "all claims, canary, -n 2"
    yield Row(
        f"{name}, cold",
        f"{cold.seconds:.0f} s",
        f"at most {SECONDS_COLD:.0f} s",
        cold.seconds <= SECONDS_COLD,
    )
    memory = f"{name}, cold: peak memory of the largest worker"
    yield Row(
        memory, f"{cold.memory:.2f} GB", f"at most {GIGABYTES:g} GB", cold.memory <= GIGABYTES
    )
    yield Row(
        f"{name}, warm", f"{warm:.1f} s", f"at most {SECONDS_WARM:.0f} s", warm <= SECONDS_WARM
    )


def noticed(names: Sequence[str] = ()) -> Iterator[Row]:
    """The mistakes, each a row."""
    with fresh() as warm:
        warm.run("claims", *SCALE, "-n", "2")
        unsound = [claim for claim, state in states(warm).items() if state != "equal"]
        if unsound:
            raise RuntimeError(
                f"the canary is not as recorded before any edit: {', '.join(unsound)}"
            )
        for mutation in named(mutations(), names):
            edited = computed(warm, mutation.apply)
            reached = computed(warm, lambda root, mutation=mutation: raising(mutation, root))
            yield judged(mutation, edited, reached)


def let_pass(names: Sequence[str] = ()) -> Iterator[Row]:
    """The changes that leave every finding as it is, each a row."""
    with fresh() as warm:
        warm.run("claims", *SCALE, "-n", "2")
        for change in named(changes(), names):
            if change.path:
                found = computed(warm, change.apply)
            else:
                with fresh() as elsewhere:
                    options = (
                        change.options if "-n" in change.options else ("-n", "2", *change.options)
                    )
                    elsewhere.run("claims", *SCALE, *options, **change.environment)
                    found = states(elsewhere)
            if "error" in found.values():
                raise RuntimeError(f"{change.name} breaks a stage, so it shows nothing")
            doubted = [claim for claim, state in found.items() if state != "equal"]
            figure = f"{len(doubted)} of {len(found)} in doubt{told(doubted)}"
            yield Row(
                f"{change.name}: {change.title}", figure, f"0 of {len(found)} in doubt", not doubted
            )


def computed(warm: Project, edit: Callable[[Path], None]) -> States:
    """Make an edit in a copy of the project, with what is stored already, and run the canaries
    there.
    """
    with fresh() as project:
        duplicate(warm.folder / STORE, project.folder / STORE)
        edit(project.folder)
        project.run("claims", *SCALE, "-n", "2")
        return states(project)


def states(project: Project) -> States:
    """Return what the last run of canaries said."""
    report = project.folder / "reports" / "latest.json"
    run = decode(report.read_text(encoding="utf-8"), Run)
    return {check.claim: check.state for check in run.canaries}


def raising(mutation: Mutation, root: Path) -> None:
    """Make the definition that a mutation edits raise as soon as it is called."""
    file = root / mutation.path
    text = file.read_text(encoding="utf-8")
    node = definition_of(text, mutation.definition.partition(":")[2])
    assert isinstance(node, ast.FunctionDef)
    first = node.body[0]
    lines = text.splitlines(keepends=True)
    lines.insert(first.lineno - 1, " " * first.col_offset + 'raise RuntimeError("reached")\n')
    file.write_text("".join(lines), encoding="utf-8")


def judged(mutation: Mutation, edited: States, reached: States) -> Row:
    """Return the row of a mistake: how many claims run what it edits, and which of them did not
    notice.
    """
    running = [claim for claim, state in reached.items() if state == "error"]
    missed = [claim for claim in running if edited[claim] == "equal"]
    blind = [claim for claim in missed if not mutation.can_move(claim)]
    unnoticed = [claim for claim in missed if mutation.can_move(claim)]
    strangers = [
        claim for claim, state in edited.items() if state != "equal" and claim not in running
    ]
    figure = f"noticed by {len(running) - len(missed)} of {len(running)} claims that run it"
    if blind:
        figure += f"; {len(blind)} that it cannot move"
    if unnoticed:
        figure += f"; not noticed{told(unnoticed)}"
    if strangers:
        figure += f"; differs without running it{told(strangers)}"
    met = bool(running) and not unnoticed and not strangers
    return Row(f"{mutation.name}: {mutation.title}", figure, "all that it can move", met)


def named(known: Sequence[Mutation] | Sequence[Change], names: Sequence[str]) -> list:
    """Return those with these names, in the order of the file; all where none is named."""
    if strange := sorted(set(names) - {each.name for each in known}):
        sys.exit(
            f"nothing is called {', '.join(strange)}; one of {', '.join(each.name for each in known)}"
        )
    return [each for each in known if not names or each.name in names]


def told(claims: Sequence[str]) -> str:
    return f": {', '.join(claims)}" if claims else ""


PARTS: dict[str, Callable[..., Iterator[Row]]] = {
    "time": timed,
    "mistakes": noticed,
    "benign": let_pass,
}


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """The named parts, each with the names behind it."""
    words = list(arguments) or list(PARTS)
    while words:
        part = words.pop(0)
        if part not in PARTS:
            sys.exit(f"the canary has no part {part!r}; one of {', '.join(PARTS)}")
        names = []
        while words and words[0] not in PARTS:
            names.append(words.pop(0))
        yield from PARTS[part](names) if names else PARTS[part]()


if __name__ == "__main__":
    sys.exit(publish("canary", main(sys.argv[1:])))
