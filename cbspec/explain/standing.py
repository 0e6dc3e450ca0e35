"""The standing of a cell: current, stale or missing, with the causes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Literal

from cbspec.execution.cell import Cell
from cbspec.execution.plan import Planner
from cbspec.explain.cause import (
    Cause,
    code_causes,
    dependency_causes,
    unknown_code,
    value_causes,
)
from cbspec.explain.edits import changed
from cbspec.explain.history import History
from cbspec.explain.past import Past
from cbspec.explain.trail import Trail, as_stored, trajectory
from cbspec.fingerprint import Change, Code, changes
from cbspec.ledger import Entry
from cbspec.stage import Call, calls_of
from cbspec.store import Store

State = Literal["current", "stale", "missing"]


class Standings:
    """Tells the standing of cells.

    Args:
        planner: the planner that the cells come from.
        store: holds the results.
        code: the present code of the engine.
        history: finds earlier code.
        root: the project's folder.
        wanted: returns the arms of all claims at all scales. It is called only if something is
            missing.
    """

    def __init__(
        self,
        planner: Planner,
        store: Store,
        code: Code,
        history: History,
        root: Path,
        wanted: Callable[[], Iterable[Call]],
    ) -> None:
        self.planner = planner
        self.store = store
        self.code = code
        self.history = history
        self.root = root
        self.past = Past(store)
        self._every_call = wanted
        self._code_causes: dict[tuple[str, ...], tuple[Cause, ...]] = {}

    @cached_property
    def _wanted(self) -> frozenset[str]:
        wanted: set[str] = set()
        for call in self._every_call():
            wanted |= set(map(trajectory, calls_of(call)))
        return frozenset(wanted)

    def of(self, cell: Cell, recorded: Entry | None = None) -> tuple[State, tuple[Cause, ...]]:
        """Return the state of a cell, with the causes if it is not current.

        - `current`: the result is stored.
        - `stale`: a result of the same call and seed is stored, but of other code, inputs or
          versions; or one of similar parameters that no claim asks for any more; or the recorded
          verdict was reached with other code.
        - `missing`: none of these.

        Args:
            cell: the cell.
            recorded: the recorded verdict of its claim.
        """
        if self.store.has(cell.key):
            return "current", ()
        device = self.planner.numerics.device
        if same := self.past.same(cell.call, cell.seed, device):
            return "stale", self._since(cell, same)
        if points := self._points(cell):
            text = f"its trajectory is stored at {cell.call.stage.progress} {points[0]}"
            return "missing", (Cause(kind="point", text=text),)
        if near := self.past.near(cell.call, cell.seed, device, self._wanted):
            return "stale", self._since(cell, near)
        if causes := self._since_recorded(cell, recorded):
            return "stale", causes
        return "missing", ()

    def resumes(self, cells: Iterable[Cell], before: int) -> int:
        """Return the latest stored point before a given one that all lanes share; 0 if none."""
        shared = set[int].intersection(*(set(self._points(cell)) for cell in cells))
        return max((point for point in shared if point < before), default=0)

    def _points(self, cell: Cell) -> list[int]:
        """Return the stored points of a cell's lane, newest first."""
        progress = cell.call.stage.progress
        if not progress:
            return []
        return self.past.points(cell.lane, progress)

    def _since(self, cell: Cell, trail: Trail) -> tuple[Cause, ...]:
        """Return what changed since a stored result was computed."""
        causes = (
            *self._code(cell, trail.code),
            *value_causes("parameter", trail.parameters, as_stored(cell.call.parameters)),
            *_inputs(cell, trail),
            *dependency_causes(trail.dependencies, self.planner.surroundings.of(cell.call)),
            *value_causes("numerics", trail.numerics, self.planner.numerics.as_dict()),
        )
        return causes or (
            Cause(kind="layout", text="this version of cbspec stores results in another way"),
        )

    def _code(self, cell: Cell, recorded: str) -> tuple[Cause, ...]:
        implementation = cell.call.stage.implementation
        now = self.code.fingerprint(implementation)
        if now.digest == recorded:
            return ()
        before = self.history.definitions(implementation, recorded, None)
        if before is None:
            return (unknown_code(recorded),)
        edits = changes(before, now.definitions)
        return self._told(edits, implementation, recorded)

    def _since_recorded(self, cell: Cell, recorded: Entry | None) -> tuple[Cause, ...]:
        """Return what changed in the code of a cell's stage since the verdict was recorded."""
        stage = cell.call.stage
        if recorded is None or stage.name not in recorded.code:
            return ()
        edits = changed(recorded, stage, self.code, self.history)
        if edits is None:
            return (unknown_code(recorded.code[stage.name]),)
        return self._told(edits, stage.implementation, recorded.code[stage.name])

    def _told(
        self, edits: Iterable[Change], implementation: str, recorded: str
    ) -> tuple[Cause, ...]:
        """Return the causes of edits, which cells of the same recorded code share."""
        key = implementation, recorded
        if key not in self._code_causes:
            causes = code_causes(edits, self.code, implementation, self.root)
            self._code_causes[key] = causes
        return self._code_causes[key]


def _inputs(cell: Cell, trail: Trail) -> Iterator[Cause]:
    for name, source in cell.inputs.items():
        if trail.inputs.get(name) != source.key:
            yield Cause(
                kind="input",
                text=f"input {name} changed: {source.call.stage.name}{at(source.call)}",
            )


def at(call: Call) -> str:
    """Return the point of a call as text: ``" @20"``; empty for a stage without progress."""
    if not call.stage.progress:
        return ""
    return f" @{call.point}"
