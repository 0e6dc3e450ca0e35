"""One job of a run that has not begun, for people."""

from __future__ import annotations

import msgspec

from cbspec.explain import Cause, State

SHOWN = 3  # arms of one job; the claims have them all


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One job of the plan.

    Attributes:
        stage: its name, `points` where on its trajectory the results lie.
        arms: those that it measures, of whatever claims; none where it is an input alone.
        results: how many it yields; `absent`: how many of them are not stored.
        state: of what is not stored; `current` when all is.
        seconds: forecast of one process; None where the stage was never computed on this device
            family.
    """

    stage: str
    points: tuple[int, ...]
    seeds: tuple[int, ...]
    arms: tuple[str, ...]
    results: int
    absent: int
    state: State
    causes: tuple[Cause, ...]
    seconds: float | None

    @property
    def label(self) -> str:
        text = self.stage
        if self.points:
            text += f" @{','.join(map(str, self.points))}"
        return f"{text} seeds {','.join(map(str, self.seeds))}{self._shown_arms}"

    @property
    def _shown_arms(self) -> str:
        if not self.arms:
            return ""
        text = ", ".join(self.arms[:SHOWN])
        if len(self.arms) > SHOWN:
            text += f" and {len(self.arms) - SHOWN} more"
        return f"  ({text})"
