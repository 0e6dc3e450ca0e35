"""The claims suite as a whole process, on a copy of the project with a store of its own: cold,
warm, by workers, under kills.

``python -m tests.bench.suite [collect [CLAIMS]] [orders] [core] [workers] [whole] [kills [N]]``;
all but the kills by default. `core` are the claims that the first release promised a time for;
`workers`, `orders` and `kills` run on them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from tests.bench.kills import kills
from tests.bench.project import fresh
from tests.bench.report import Row, publish

FILES = (
    "phase4/4A.b",
    "phase6/6A.a",
    "phase6_5/6.5A.a",
    "phase6_5/6.5A.b",
    "phase7/7A.a",
    "phase7/7A.f",
    "phase10/10A5.a",
)
CORE = [f"claims/{file}.yaml" for file in FILES]
MEMORY = 2.0  # GB of a worker, at most


def collect(count: int = 1000) -> Iterator[Row]:
    """Collecting and validating many claims in one process, the median of three."""
    with fresh() as project:
        claims = project.folder / "claims"
        text = (claims / "phase6" / "6A.a.yaml").read_text()
        for path in claims.rglob("*.yaml"):
            if path.name != "defaults.yaml":
                path.unlink()
        for number in range(count):
            (claims / f"{number}.yaml").write_text(text.replace("id: 6A.a", f"id: G.{number}"))
        median = sorted(project.run("claims", "--collect-only").seconds for _ in range(3))[1]
    yield Row(
        f"collecting {count} claims, whole pytest process",
        f"{median:.2f} s",
        "at most 1.5 s",
        median <= 1.5,
    )


def orders() -> Iterator[Row]:
    """The same claims by 0, 2 and 4 workers, in reverse order and one alone, at small sizes, each
    on an empty store.
    """
    runs = {
        "-n 0": [*CORE, "-n", "0"],
        "-n 2": [*CORE, "-n", "2"],
        "-n 4": [*CORE, "-n", "4"],
        "reversed": [*CORE[::-1], "-n", "0"],
        "alone": [*CORE, "-n", "0", "-k", "6A.a"],
    }
    found = {}
    for name, arguments in runs.items():
        with fresh() as project:
            project.shrink()
            project.run(*arguments)
            found[name] = project.figures()
    whole = found.pop("-n 0")
    differing = [
        name
        for name, own in found.items()
        if any(own[claim] != whole[claim] for claim in own) or not own
    ]
    measured = "runs whose figures differ in any bit from -n 0: -n 2, -n 4, reversed, one alone"
    yield Row(measured, ", ".join(differing) or "none", "none", not differing)


def cold(name: str, claims: Sequence[str], most: float, least: float) -> Iterator[Row]:
    """Wall time and memory of a cold run, and the median of three warm ones, with four workers."""
    with fresh() as project:
        first = project.run(*claims, "-n", "4")
        project.figures()
        warm = sorted(project.run(*claims, "-n", "4").seconds for _ in range(3))[1]
    yield Row(
        f"{name}, quick, cold, -n 4",
        f"{first.seconds:.0f} s",
        f"at most {most:.0f} s",
        first.seconds <= most,
    )
    memory = f"{name}, quick, cold, -n 4: peak memory of the largest worker"
    yield Row(memory, f"{first.memory:.2f} GB", f"at most {MEMORY:g} GB", first.memory <= MEMORY)
    yield Row(
        f"{name}, quick, warm, -n 4", f"{warm:.1f} s", f"at most {least:.0f} s", warm <= least
    )


def workers() -> Iterator[Row]:
    """The same cold run by one and by two workers: time, and whether every figure is the same to
    the last bit.
    """
    found, seconds = [], []
    for count in ("1", "2"):
        with fresh() as project:
            seconds.append(project.run(*CORE, "-n", count).seconds)
            found.append(project.figures())
    share, same = seconds[1] / seconds[0], found[0] == found[1]
    figure = f"{seconds[1]:.0f} s / {seconds[0]:.0f} s = {share:.0%}"
    yield Row("two workers against one, cold", figure, "at most 60%", share <= 0.6)
    yield Row(
        "figures of the two, bit for bit", "identical" if same else "different", "identical", same
    )


PARTS: dict[str, Callable[..., Iterator[Row]]] = {
    "collect": collect,
    "orders": orders,
    "core": partial(cold, "the first seven claims", CORE, 240, 6),
    "workers": workers,
    "whole": partial(cold, "all claims", ["claims"], 600, 8),
    "kills": partial(kills, CORE),
}


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """The named parts, each with the number behind it if there is one."""
    words = list(arguments) or [part for part in PARTS if part != "kills"]
    while words:
        word = words.pop(0)
        if word not in PARTS:
            sys.exit(f"the suite has no part {word!r}; one of {', '.join(PARTS)}")
        count = [int(words.pop(0))] if words and words[0].isdigit() else []
        yield from PARTS[word](*count)


if __name__ == "__main__":
    sys.exit(publish("suite", main(sys.argv[1:])))
