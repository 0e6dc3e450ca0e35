"""One job of a forecast, for people."""

from __future__ import annotations

import msgspec

from cbspec.explain import Cause, State

SHOWN = 3  # arms that the label of a job lists


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One job of a forecast.

    Attributes:
        stage: the name of the stage.
        points: the points of its results, in a stage with progress.
        seeds: the seeds of its results.
        arms: the arms of any claim that it measures; none if it only yields inputs.
        results: the number of its results.
        absent: the number of them that are not stored.
        state: whether the absent results are stale or missing; `current` if none is absent.
        causes: why they are stale.
        seconds: the forecast for one process; None if the stage was never computed on this device
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
