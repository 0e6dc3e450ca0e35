"""The interim analyses of a claim: its verdict at the first seeds, or at those of the verdict on
record, then at more while it is inconclusive and may draw them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from cbspec.claim import Claim
from cbspec.execution.cell import Cell
from cbspec.execution.job import DIVERGED
from cbspec.execution.plan import Planner
from cbspec.ledger import Entry as Recorded
from cbspec.ledger import seeds_taken
from cbspec.model.finding import Judgement
from cbspec.model.values import Values
from cbspec.stage import Summary
from cbspec.store import Store, StoredResult


class InterimAnalysis(NamedTuple):
    """One interim analysis: the verdict, and the values that it was judged on."""

    judgement: Judgement
    values: Values


def interim_analyses(
    claim: Claim,
    planner: Planner,
    results: Callable[[Sequence[Cell]], Mapping[Cell, StoredResult] | None],
    recorded: Recorded | None = None,
) -> Iterator[InterimAnalysis]:
    """Yield each interim analysis: at the claim's first seeds, then at more while it is
    inconclusive and may draw them.

    A run that is held to a verdict on record looks at no fewer seeds than that took: a verdict on
    three seeds beside one on six would compare two experiments. The later look keeps its own level,
    so that leaving out an earlier one only spends less of alpha.

    Args:
        results: those of the cells of an analysis; None ends the analyses before it.
    """
    from cbspec.judge import next_analysis

    count: int | None = len(seeds_taken(claim, recorded))
    while count is not None:
        seeds = claim.seeds.pool[:count]
        cells = planner.of(claim, seeds)
        entries = results(list(cells.values()))
        if entries is None:
            return
        values = values_of(claim, seeds, cells, entries)
        judgement = judged(claim, values)
        yield InterimAnalysis(judgement, values)
        count = next_analysis(judgement, claim.seeds)


def judged(claim: Claim, values: Values) -> Judgement:
    """Return the verdict on a claim from values alone, wherever they were measured.

    Raises:
        KeyError: the claim reads an arm or a measure that has no values.
    """
    # SciPy is imported when something is judged
    from cbspec.judge import judge, table_of, with_again

    table = table_of(values)
    return with_again(judge(claim, table), claim, table)


def stored_analyses(
    claim: Claim, planner: Planner, store: Store, recorded: Recorded | None = None
) -> list[InterimAnalysis]:
    """Return those analyses of which every result is stored, see `interim_analyses`."""
    stored = partial(stored_results, store=store)
    return list(interim_analyses(claim, planner, stored, recorded))


def stored_results(cells: Iterable[Cell], store: Store) -> dict[Cell, StoredResult] | None:
    """Return the results of cells; None where one is not stored."""
    results: dict[Cell, StoredResult] = {}
    for cell in cells:
        result = store.get(cell.key, touch=False)
        if result is None:
            return None
        results[cell] = result
    return results


def stored_values(claim: Claim, planner: Planner, store: Store) -> Values:
    """Return all values that are stored, over every seed of which some arm has a result; those that
    are not say so.
    """
    results: dict[tuple[str, int], StoredResult] = {}
    for place, cell in planner.of(claim, claim.seeds.pool).items():
        result = store.get(cell.key, touch=False)
        if result is not None:
            results[place] = result
    present = {seed for _, seed in results}
    seeds = tuple(filter(present.__contains__, claim.seeds.pool))
    return _collected(claim, seeds, results)


def seeds_due(
    claim: Claim, recorded: Recorded | None, planner: Planner, store: Store
) -> tuple[int, ...]:
    """Return the seeds that a run is sure to take: those of the verdict on record, else those that
    the stored analyses lead to.
    """
    if recorded:
        return seeds_taken(claim, recorded)
    analyses = stored_analyses(claim, planner, store)
    if not analyses:
        return claim.seeds.first
    from cbspec.judge import next_analysis

    last = analyses[-1].judgement
    return claim.seeds.pool[: next_analysis(last, claim.seeds) or len(last.seeds)]


def values_of(
    claim: Claim,
    seeds: Sequence[int],
    cells: Mapping[tuple[str, int], Cell],
    entries: Mapping[Cell, StoredResult],
) -> Values:
    """Return every measure of every arm over these seeds.

    Args:
        cells: (arm, seed) -> cell.
        entries: the stored results of the cells.
    """
    results = {place: entries[cell] for place, cell in cells.items()}
    return _collected(claim, tuple(seeds), results)


def _collected(
    claim: Claim, seeds: tuple[int, ...], results: Mapping[tuple[str, int], StoredResult]
) -> Values:
    """Return every measure of every arm over these seeds, from the results that there are."""
    arms: dict[str, dict[str, tuple[float | None, ...]]] = {}
    undefined: dict[str, dict[str, dict[str, str]]] = {}
    diverged: dict[str, dict[str, str]] = {}
    own: dict[str, int] = {}
    summaries: dict[str, dict[str, Summary]] = {}
    for arm, call in claim.arms.items():
        if call.stage.summaries is not None:
            summaries[arm] = dict(call.stage.summaries(call.parameters))
            continue
        runs = seeds
        if arm in claim.own:
            runs = seeds[: len(claim.own[arm])]
            own[arm] = len(runs)
        of_seeds = {seed: results.get((arm, seed)) for seed in runs}
        if ended := _diverged(of_seeds):
            diverged[arm] = ended
        arms[arm] = {}
        for measure in call.stage.measures:
            column, reasons = _column(measure, of_seeds)
            column += [None] * (len(seeds) - len(runs))
            arms[arm][measure] = tuple(column)
            if reasons:
                undefined.setdefault(arm, {})[measure] = reasons
    return Values(
        seeds=seeds,
        arms=arms,
        undefined=undefined,
        diverged=diverged,
        own=own,
        summaries=summaries,
    )


def _diverged(results: Mapping[int, StoredResult | None]) -> dict[str, str]:
    """Return seed -> where the run left the finite numbers, of those that did."""
    ended: dict[str, str] = {}
    for seed, result in results.items():
        if result is not None and DIVERGED in result.provenance:
            ended[str(seed)] = str(result.provenance[DIVERGED])
    return ended


def _column(
    measure: str, results: Mapping[int, StoredResult | None]
) -> tuple[list[float | None], dict[str, str]]:
    """Return a measure's value for each seed, and seed -> why there is none where that is known of
    the measure itself.
    """
    column: list[float | None] = []
    reasons: dict[str, str] = {}
    for seed, result in results.items():
        if result is None:
            column.append(None)
            reasons[str(seed)] = "not computed"
            continue
        column.append(result.measures.get(measure))
        # Of a run that diverged no measure has a value, for the one reason
        if measure in result.undefined and DIVERGED not in result.provenance:
            reasons[str(seed)] = result.undefined[measure]
    return column, reasons
