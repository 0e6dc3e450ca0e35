"""The order in which a run judges its claims: those first whose results will be ready first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from pathlib import Path

import msgspec

from cbspec.execution.cell import Cell
from cbspec.execution.message_folder import MessageFolder
from cbspec.execution.planned import Plan, PlannedJob


def ready_at(plan: Plan, stored: Callable[[Cell], bool], cores: int) -> dict[Cell, float]:
    """Simulate a run of the plan, and return cell -> the time when it is stored.

    In the simulation, as in a run, each free core starts the first job in the plan's order whose
    inputs are stored.

    Args:
        plan: the jobs.
        stored: tells whether a cell is stored already; such a cell has time 0.
        cores: how many jobs run at once.

    Returns:
        Times in units of cost, floating-point operations.
    """
    jobs, ready = _without_stored(plan, stored)
    before = _before(jobs)
    waiting: dict[int, list[int]] = defaultdict(list)
    for number, others in enumerate(before):
        for other in others:
            waiting[other].append(number)
    waits_for = list(map(len, before))
    free = [number for number, count in enumerate(waits_for) if not count]  # a heap: in order
    now = 0.0
    running: list[tuple[float, int]] = []
    while free or running:
        while free and len(running) < cores:
            number = heappop(free)
            heappush(running, (now + jobs[number].cost, number))
        now, ended = heappop(running)
        ready |= dict.fromkeys(jobs[ended].cells, now)
        for number in waiting[ended]:
            waits_for[number] -= 1
            if not waits_for[number]:
                heappush(free, number)
    return ready


def _without_stored(
    plan: Plan, stored: Callable[[Cell], bool]
) -> tuple[list[PlannedJob], dict[Cell, float]]:
    """Return the jobs with missing cells, reduced to those; and stored cell -> 0."""
    jobs: list[PlannedJob] = []
    ready = dict.fromkeys(plan.cells, 0.0)
    for job in plan.jobs:
        if remaining := job.without(stored):
            jobs.append(remaining)
            for cell in remaining.cells:
                del ready[cell]
    return jobs, ready


def _before(jobs: Sequence[PlannedJob]) -> list[set[int]]:
    """Return for each job the indices of the jobs that compute its inputs."""
    computing: dict[Cell, int] = {}
    for number, job in enumerate(jobs):
        for cell in job.cells:
            computing[cell] = number
    before = []
    for number, job in enumerate(jobs):
        others = {computing[cell] for cell in job.inputs if cell in computing}
        before.append(others - {number})
    return before


def agreed_order(place: Path, propose: Callable[[], Sequence[str]]) -> list[str]:
    """Return the order of claims that the first process of a run has proposed.

    All processes have to use the same order. Each by itself would find another one, since results
    are stored meanwhile.

    Args:
        place: the file in the run directory that holds the order.
        propose: computes an order; called only if there is none yet.
    """
    messages = MessageFolder(place.parent)
    text = messages.read(place.name)
    if text is None:
        text = messages.write_first(place.name, msgspec.json.encode(list(propose())))
    return msgspec.json.decode(text, type=list[str])
