"""The forecast of a run: what it would compute, why, and how long that would take."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from cbspec.claim import Claim
from cbspec.evaluation.agenda import Agenda, agenda_of, agenda_of_canaries
from cbspec.evaluation.work import Work
from cbspec.execution.cell import Cell, closure
from cbspec.execution.devices import FAMILIES
from cbspec.execution.planned import Plan, PlannedJob
from cbspec.explain import Cause, Standings, State
from cbspec.ledger import Entry, Key, Ledger


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """A run that has not begun.

    Attributes:
        scale: the scale of the run.
        device: its device family.
        claims: the number of claims that would be judged.
        undecidable: the number of claims without a verdict at this scale.
        work: the jobs, critical path first.
        seconds: the time of all jobs together, as far as their stages have a rate.
        longest: the seconds of the longest chain of jobs that wait for each other. However many
            workers there are, the run takes at least this long.
        open: the number of claims that have no verdict, recorded or from stored results, and may
            draw more seeds.
        further: the seconds for all seeds that these may draw.
        unknown: the stages to compute that have no rate yet.
    """

    scale: str
    device: str
    claims: int
    undecidable: int
    work: tuple[Work, ...]
    seconds: float
    longest: float
    open: int
    further: float
    unknown: tuple[str, ...]


def forecast(
    claims: Sequence[Claim], standings: Standings, ledger: Ledger, scale: str, canary: str = ""
) -> Forecast:
    """Return the forecast of a run of these claims, with the seeds that are sure to be needed.

    Args:
        claims: the claims at the scale of the run.
        standings: knows which results are stored.
        ledger: the recorded verdicts.
        scale: the scale of the run.
        canary: the scale of the canaries, at which every claim is run; empty if there are none.
    """
    decided = [claim for claim in claims if claim.due or scale == canary]
    device = standings.planner.numerics.device
    entries: dict[str, Entry | None] = {}
    expected: dict[str, Entry | None] = {}
    for claim in decided:
        key = Key(claim.id, claim.scale, device)
        entries[claim.id], expected[claim.id] = ledger.get(key), ledger.expected(key)
    planner, store = standings.planner, standings.store
    if scale == canary:
        agenda = agenda_of_canaries(decided, planner)
    else:
        agenda = agenda_of(decided, expected, planner, store)
    plan = planner.plan(agenda.wanted, wide=FAMILIES[device].wide, after=agenda.after)
    recorded = _recorded(agenda, entries)
    needed = _needed(agenda.wanted, standings)
    work = {job: _work(job, needed, standings, recorded, agenda.arms) for job in plan.jobs}
    seconds = {job: item.seconds or 0.0 for job, item in work.items()}
    undecided: list[Claim] = []
    if scale != canary:
        undecided = _undecided(decided, agenda, entries, expected, standings)
    return Forecast(
        scale=scale,
        device=device,
        claims=len(decided),
        undecidable=len(claims) - len(decided),
        work=tuple(item for job, item in work.items() if _shown(job, item, standings)),
        seconds=sum(seconds.values()),
        longest=_longest(seconds),
        open=len(undecided),
        further=_further(plan, undecided, standings),
        unknown=tuple({item.stage: None for item in work.values() if item.seconds is None}),
    )


def _undecided(
    claims: Iterable[Claim],
    agenda: Agenda,
    entries: Mapping[str, Entry | None],
    expected: Mapping[str, Entry | None],
    standings: Standings,
) -> list[Claim]:
    """Return the claims without a verdict that may draw more seeds than are planned.

    Args:
        claims: the claims of the run.
        agenda: the cells that are planned.
        entries: claim -> its recorded verdict on this device family.
        expected: claim -> the verdict that it is expected to reach, maybe of another family.
        standings: knows which cells are stored.
    """
    undecided: list[Claim] = []
    for claim in claims:
        cells = agenda.cells[claim.id]
        seeds = {seed for _, seed in cells}
        if entries[claim.id] is not None or len(seeds) >= len(claim.seeds.pool):
            continue
        # If every planned cell is stored, the claim is decided: otherwise `agenda_of` would have
        # planned more seeds
        if expected[claim.id] or _absent(cells.values(), standings):
            undecided.append(claim)
    return undecided


def _further(plan: Plan, claims: Iterable[Claim], standings: Standings) -> float:
    """Return the seconds for the seeds that these claims may draw and that are not planned."""
    planned = set(plan.cells)
    drawn: list[Cell] = []
    for claim in claims:
        drawn += standings.planner.of(claim, claim.seeds.pool).values()
    needed = _needed(drawn, standings) - planned
    seconds = 0.0
    for job in standings.planner.plan(drawn).jobs:
        absent = [cell for cell in job.cells if cell in needed]
        seconds += _seconds(job, absent, standings) or 0.0
    return seconds


def _recorded(agenda: Agenda, entries: Mapping[str, Entry | None]) -> dict[Cell, Entry]:
    """Return cell -> the recorded verdict of a claim that needs it."""
    by_cell: dict[Cell, Entry] = {}
    for claim, cells in agenda.cells.items():
        entry = entries[claim]
        if entry is None:
            continue
        waiting = list(cells.values())
        while waiting:
            below = waiting.pop()
            if below not in by_cell:
                by_cell[below] = entry
                waiting += below.inputs.values()
    return by_cell


def _shown(job: PlannedJob, work: Work, standings: Standings) -> bool:
    """Tell whether a job has results that are stored or needed."""
    return work.absent > 0 or len(_absent(job.cells, standings)) < len(job.cells)


def _work(
    job: PlannedJob,
    needed: Collection[Cell],
    standings: Standings,
    recorded: Mapping[Cell, Entry],
    arms: Mapping[Cell, Iterable[str]],
) -> Work:
    absent = [cell for cell in job.cells if cell in needed]
    states: set[State] = set()
    causes: dict[Cause, None] = {}
    for cell in absent:
        state, why = standings.of(cell, recorded.get(cell))
        states.add(state)
        causes |= dict.fromkeys(why)
    points: set[int] = set()
    seeds: set[int] = set()
    users: dict[str, None] = {}
    for cell in job.cells:
        seeds.add(cell.seed)
        users |= dict.fromkeys(arms.get(cell, ()))
        if cell.call.stage.progress:
            points.add(cell.call.point)
    return Work(
        stage=job.stage,
        points=tuple(sorted(points)),
        seeds=tuple(sorted(seeds)),
        arms=tuple(users),
        results=len(job.cells),
        absent=len(absent),
        state=_state(states),
        causes=tuple(causes),
        seconds=_seconds(job, absent, standings),
    )


def _state(states: set[State]) -> State:
    """Return the state of a job, given those of its absent results."""
    if "stale" in states:
        return "stale"
    return "missing" if states else "current"


def _absent(cells: Iterable[Cell], standings: Standings) -> list[Cell]:
    return [cell for cell in cells if not standings.store.has(cell.key)]


def _needed(wanted: Iterable[Cell], standings: Standings) -> set[Cell]:
    """Return the missing cells among the wanted ones and the inputs of missing ones."""
    return set(_absent(closure(_absent(wanted, standings)), standings))


def _seconds(job: PlannedJob, absent: Sequence[Cell], standings: Standings) -> float | None:
    """Return the seconds for the absent cells of a job, from the point that it resumes at.

    None if the stage has no rate yet.
    """
    if not absent:
        return 0.0
    rate = standings.store.rate(job.stage, standings.planner.numerics.device)
    if rate is None:
        return None
    # Of each lane the last point stays, as the dict is filled in ascending order
    ascending = sorted(absent, key=lambda cell: cell.call.point)
    lanes = {cell.lane: cell for cell in ascending}
    start = standings.resumes(lanes.values(), ascending[0].call.point)
    whole = sum(cell.call.cost for cell in lanes.values())
    if not start:
        return rate * whole
    done = sum(standings.planner.at(cell, start).call.cost for cell in lanes.values())
    return rate * (whole - done)


def _longest(seconds: dict[PlannedJob, float]) -> float:
    """Return the seconds of the longest chain of jobs in which each waits for the one before."""
    owner: dict[Cell, PlannedJob] = {}
    for job in seconds:
        for cell in job.cells:
            owner[cell] = job
    ends: dict[PlannedJob, float] = {}

    def end(job: PlannedJob) -> float:
        if job not in ends:
            before = {owner[cell] for cell in job.inputs} - {job}
            ends[job] = seconds[job] + max(map(end, before), default=0.0)
        return ends[job]

    return max(map(end, seconds), default=0.0)
