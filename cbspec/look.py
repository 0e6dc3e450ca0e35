"""The looks at a claim: its verdict at the first seeds, then at more while it is inconclusive and may draw them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from cbspec.assertion import arms_of, measures_of
from cbspec.claim import Claim
from cbspec.finding import Judgement
from cbspec.job import DIVERGED
from cbspec.ledger import Entry as Recorded
from cbspec.ledger import seeds_taken
from cbspec.plan import Cell, Planner
from cbspec.store import Entry, Store

if TYPE_CHECKING:
    from cbspec.judge import Table  # SciPy is imported when something is judged


def looked(
    claim: Claim, planner: Planner, results: Callable[[Sequence[Cell]], Mapping[Cell, Entry] | None]
) -> Iterator[Judgement]:
    """The verdict of each look: at the claim's first seeds, then at more while it is inconclusive and may draw them.

    Args:
        results: those of the cells of a look; None ends the looks before it.
    """
    from cbspec.judge import judge, next_look

    count: int | None = claim.seeds.start
    while count is not None:
        cells = planner.cells(claim.arms, claim.seeds.pool[:count])
        if (found := results(list(cells.values()))) is None:
            return
        judgement = judge(claim, _table(claim, cells, found), units=_units(claim))
        yield judgement
        count = next_look(judgement, claim.seeds)


def stored_looks(claim: Claim, planner: Planner, store: Store) -> list[Judgement]:
    """The verdicts of those looks of which every result is stored."""

    def stored(cells: Sequence[Cell]) -> Mapping[Cell, Entry] | None:
        found = {cell: entry for cell in cells if (entry := store.get(cell.key, touch=False))}
        return found if len(found) == len(set(cells)) else None

    return list(looked(claim, planner, stored))


def seeds_due(claim: Claim, recorded: Recorded | None, planner: Planner, store: Store) -> tuple[int, ...]:
    """The seeds that a run is sure to take: those of the verdict on record, else those that the stored looks lead to."""
    if recorded:
        return seeds_taken(claim, recorded)
    looks = stored_looks(claim, planner, store)
    if not looks:
        return claim.seeds.first
    from cbspec.judge import next_look

    return claim.seeds.pool[: next_look(looks[-1], claim.seeds) or len(looks[-1].seeds)]


def _table(claim: Claim, cells: Mapping[tuple[str, int], Cell], found: Mapping[Cell, Entry]) -> Table:
    """What the claim reads: (arm, measure) -> a sample over its seeds."""
    from cbspec.judge import Sample

    seeds = tuple(dict.fromkeys(seed for _, seed in cells))
    table = {}
    for assertion in claim.assertions + claim.controls:
        for arm in arms_of(assertion):
            entries = {seed: found[cells[arm, seed]] for seed in seeds}
            for measure in measures_of(assertion):
                table[arm, measure] = Sample(
                    values=[entry.measures.get(measure) for entry in entries.values()],
                    seeds=seeds,
                    undefined={seed: entry.undefined[measure] for seed, entry in entries.items() if measure in entry.undefined},
                    diverged={seed: str(e.provenance[DIVERGED]) for seed, e in entries.items() if DIVERGED in e.provenance},
                )
    return table


def _units(claim: Claim) -> dict[str, str]:
    return {name: measure.unit for call in claim.arms.values() for name, measure in call.stage.measures.items()}
