"""The trace of a claim: the interim analyses, stages and curves behind its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from cbspec.claim import Claim
from cbspec.execution.cell import Cell, closure
from cbspec.execution.plan import Planner
from cbspec.ledger import Entry, entry_of
from cbspec.ledger.entry import short
from cbspec.ledger.notation import rounded
from cbspec.model.finding import Judgement
from cbspec.report import Curve, Look, RunTrace, StageUse
from cbspec.store import ADOPTED, Store, StoredResult

POINTS = 60  # of a curve; a page cannot show more
DECIMALS = 5  # significant digits of a value


class Tracer:
    """Traces the verdicts of one run. Each stored result is read once.

    Args:
        store: holds the results.
        planner: names the cells.
        began: when the run began; now by default. Results that were stored later are its own.
    """

    def __init__(self, store: Store, planner: Planner, began: datetime | None = None) -> None:
        self._store = store
        self._planner = planner
        self._began = (began or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._rates: dict[str, float | None] = {}
        self._results: dict[str, StoredResult | None] = {}

    def expect(self, cells: Iterable[Cell]) -> None:
        """Note the rates of the stages of these cells before the run changes them."""
        device = self._planner.numerics.device
        for cell in closure(cells):
            stage = cell.call.stage.name
            if stage not in self._rates:
                self._rates[stage] = self._store.rate(stage, device)

    def trace(self, claim: Claim, judgements: Sequence[Judgement], last: Entry) -> RunTrace:
        """Return the trace of a claim.

        Args:
            claim: the claim.
            judgements: the verdicts of its interim analyses, in order; none if a stage failed.
            last: the last verdict as the ledger would record it.
        """
        if not judgements:
            return RunTrace()
        looks = []
        for judgement in judgements:
            made = last.provenance
            entry = entry_of(claim, judgement, device=last.device, code={}, provenance=made)
            looks.append(
                Look(
                    seeds=len(judgement.seeds),
                    verdict=judgement.verdict,
                    reason=judgement.reason,
                    effect=entry.decisive,
                )
            )
        groups, arms = self._trajectories(claim, judgements[-1].seeds)
        stages = []
        curves = []
        for call, cells in groups.items():
            stages.append(self._use(call, cells, arms[call]))
            curves += self._curves(call, cells, arms[call])
        return RunTrace(looks=tuple(looks), stages=tuple(stages), curves=tuple(curves))

    def _trajectories(
        self, claim: Claim, seeds: Sequence[int]
    ) -> tuple[Mapping[str, list[Cell]], Mapping[str, tuple[str, ...]]]:
        """Return trajectory -> its cells, and trajectory -> the arms that need it."""
        groups: dict[str, dict[Cell, None]] = {}
        arms: dict[str, dict[str, None]] = {}
        for (arm, _), wanted in self._planner.of(claim, seeds).items():
            for cell in closure([wanted]):
                call = cell.call.trajectory
                groups.setdefault(call, {})[cell] = None
                arms.setdefault(call, {})[arm] = None
        cells: dict[str, list[Cell]] = {}
        names: dict[str, tuple[str, ...]] = {}
        for call, group in groups.items():
            cells[call], names[call] = list(group), tuple(arms[call])
        return cells, names

    def _use(self, call: str, cells: Sequence[Cell], arms: tuple[str, ...]) -> StageUse:
        stage = cells[0].call.stage
        fresh = [cell for cell in cells if self._computed_here(cell)]
        adopted = 0
        points: set[int] = set()
        seeds: dict[int, None] = {}
        # The seconds of a result count from the start of its job, so the last point of a lane
        # includes those before
        seconds: dict[str, float] = {}
        for cell in cells:
            seeds[cell.seed] = None
            if stage.progress:
                points.add(cell.call.point)
            result = self._result(cell)
            if result is None:
                continue
            took = float(result.provenance.get("seconds") or 0.0)
            seconds[cell.lane] = max(seconds.get(cell.lane, 0.0), took)
            if result.provenance.get(ADOPTED):
                adopted += 1
        return StageUse(
            stage=stage.name,
            call=short(call),
            arms=arms,
            points=tuple(sorted(points)),
            seeds=tuple(seeds),
            results=len(cells),
            computed=len(fresh),
            adopted=adopted,
            seconds=round(sum(seconds.values()), 3),
            forecast=self._forecast(fresh),
        )

    def _forecast(self, cells: Iterable[Cell]) -> float | None:
        costs: dict[str, float] = {}
        rate: float | None = 0.0
        for cell in cells:
            costs[cell.lane] = max(costs.get(cell.lane, 0.0), cell.call.cost)
            rate = self._rates.get(cell.call.stage.name)
        if rate is None:
            return None
        return round(rate * sum(costs.values()), 3)

    def _curves(self, call: str, cells: Sequence[Cell], arms: tuple[str, ...]) -> list[Curve]:
        """Return the series of a trajectory that have one value for each of its points."""
        stage = cells[0].call.stage
        if not stage.progress:
            return []
        curves = []
        for name, by_seed in self._series(cells).items():
            count = min(map(len, by_seed.values()))
            points = _thinned(count)
            values = []
            for series in by_seed.values():
                values.append(tuple(_short(series[point - 1]) for point in points))
            curves.append(
                Curve(
                    stage=stage.name,
                    series=name,
                    call=short(call),
                    arms=arms,
                    unit=stage.progress,
                    points=points,
                    seeds=tuple(by_seed),
                    values=tuple(values),
                )
            )
        return curves

    def _series(self, cells: Sequence[Cell]) -> dict[str, dict[int, list[float | None]]]:
        """Return name -> seed -> series, from the last cell of each seed."""
        last: dict[int, Cell] = {}
        for cell in sorted(cells, key=lambda cell: cell.call.point):
            last[cell.seed] = cell
        rows: dict[str, dict[int, list[float | None]]] = {}
        for seed, cell in last.items():
            result = self._result(cell)
            if result is None:
                continue
            for name, series in result.series.items():
                if _along(series, cell.call.point):
                    rows.setdefault(name, {})[seed] = series
        return rows

    def _computed_here(self, cell: Cell) -> bool:
        result = self._result(cell)
        if result is None or result.provenance.get(ADOPTED):
            return False
        return str(result.provenance.get("created", "")) >= self._began

    def _result(self, cell: Cell) -> StoredResult | None:
        if cell.key not in self._results:
            self._results[cell.key] = self._store.get(cell.key, touch=False)
        return self._results[cell.key]


def _along(series: object, point: int) -> bool:
    """Tell whether a series has one number for each point of a trajectory up to `point`."""
    if not isinstance(series, list) or len(series) != point or point < 2:
        return False
    return all(value is None or isinstance(value, int | float) for value in series)


def _thinned(count: int) -> tuple[int, ...]:
    """Return at most `POINTS` evenly spaced points of 1 to `count`, including the last one."""
    step = -(-count // POINTS)
    return tuple(sorted(range(count, 0, -step)))


def _short(value: float | None) -> float | None:
    known = rounded(value)
    if known is None:
        return None
    return float(f"{known:.{DECIMALS}g}")
