"""Interim analyses: a claim is judged at its first seeds, and at more while it is inconclusive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from cbspec.claim import Claim
from cbspec.errors import JudgingError
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
    """Yield the interim analyses of a claim: at its first seeds, then at more while inconclusive.

    If a verdict is recorded, the first analysis has at least its seeds. To compare a verdict on
    three seeds with one on six would be to compare two experiments. Every analysis has its own
    level, so skipping an earlier one only spends less of alpha.

    Args:
        claim: the claim.
        planner: names the cells.
        results: returns the results of the cells of an analysis; None ends the analyses.
        recorded: the recorded verdict; None if there is none.
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
    """Judge a claim by values alone, wherever they were measured.

    Raises:
        NoColumn: the claim reads an arm or a measure that has no values.
        JudgingError: an assertion kind, perhaps the project's own, raised an unexpected exception.
    """
    # Imported here, since it imports SciPy, which a run without judging does not need
    from cbspec.judge import NoColumn, judge, table_of, with_again

    table = table_of(values)
    try:
        return with_again(judge(claim, table), claim, table)
    except (KeyboardInterrupt, NoColumn):
        raise
    except BaseException as error:
        raise JudgingError(claim.id, error) from error


def stored_analyses(
    claim: Claim, planner: Planner, store: Store, recorded: Recorded | None = None
) -> list[InterimAnalysis]:
    """Return the interim analyses whose results are all stored; see `interim_analyses`."""
    stored = partial(stored_results, store=store)
    return list(interim_analyses(claim, planner, stored, recorded))


def stored_results(cells: Iterable[Cell], store: Store) -> dict[Cell, StoredResult] | None:
    """Return the results of cells; None if one is not stored."""
    results: dict[Cell, StoredResult] = {}
    for cell in cells:
        result = store.get(cell.key, touch=False)
        if result is None:
            return None
        results[cell] = result
    return results


def stored_values(claim: Claim, planner: Planner, store: Store) -> Values:
    """Return the stored values of a claim, for every seed of which any arm has a result.

    Values that are missing carry the reason "not computed".
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
    """Return the seeds that a run is sure to need.

    They are those of the recorded verdict, if there is one. Otherwise the analyses whose results
    are stored tell which seeds come next.
    """
    if recorded:
        return seeds_taken(claim, recorded)
    try:
        analyses = stored_analyses(claim, planner, store)
    except JudgingError:  # told where the claim is judged
        return claim.seeds.first
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
    """Return the values of every measure of every arm.

    Args:
        claim: the claim.
        seeds: the seeds, in the order of the values.
        cells: (arm, seed) -> cell.
        entries: cell -> its stored result.
    """
    results = {place: entries[cell] for place, cell in cells.items()}
    return _collected(claim, tuple(seeds), results)


def _collected(
    claim: Claim, seeds: tuple[int, ...], results: Mapping[tuple[str, int], StoredResult]
) -> Values:
    """Return the values of every measure of every arm, from the results that exist."""
    arms: dict[str, dict[str, tuple[float | None, ...]]] = {}
    undefined: dict[str, dict[str, dict[str, str]]] = {}
    diverged: dict[str, dict[str, str]] = {}
    run_counts: dict[str, int] = {}
    summaries: dict[str, dict[str, Summary]] = {}
    for arm, call in claim.arms.items():
        if call.stage.summaries is not None:
            summaries[arm] = dict(call.stage.summaries(call.parameters))
            continue
        runs = seeds
        if arm in claim.independent_runs:
            runs = seeds[: len(claim.independent_runs[arm])]
            run_counts[arm] = len(runs)
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
        own=run_counts,
        summaries=summaries,
    )


def _diverged(results: Mapping[int, StoredResult | None]) -> dict[str, str]:
    """Return seed -> where the run left the finite numbers, for the seeds that diverged."""
    ended: dict[str, str] = {}
    for seed, result in results.items():
        if result is not None and DIVERGED in result.provenance:
            ended[str(seed)] = str(result.provenance[DIVERGED])
    return ended


def _column(
    measure: str, results: Mapping[int, StoredResult | None]
) -> tuple[list[float | None], dict[str, str]]:
    """Return a measure's value for each seed, and seed -> why this measure has no value there."""
    column: list[float | None] = []
    reasons: dict[str, str] = {}
    for seed, result in results.items():
        if result is None:
            column.append(None)
            reasons[str(seed)] = "not computed"
            continue
        column.append(result.measures.get(measure))
        # A run that diverged has no value of any measure; `Values.diverged` has the one reason
        if measure in result.undefined and DIVERGED not in result.provenance:
            reasons[str(seed)] = result.undefined[measure]
    return column, reasons
