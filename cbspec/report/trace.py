"""How a run came to a verdict: its interim analyses, the stages behind it, their curves."""

from __future__ import annotations

import msgspec

from cbspec.ledger import RecordedEffect
from cbspec.model.finding import Verdict


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One interim analysis.

    Attributes:
        seeds: how many were looked at.
        effect: the one that decided; None if all count alike.
    """

    seeds: int
    verdict: Verdict
    reason: str
    effect: RecordedEffect | None = None


class StageUse(msgspec.Struct, frozen=True, kw_only=True):
    """One trajectory of a stage that a claim stands on, over its seeds.

    Attributes:
        call: digest of the stage call without its point, equal for claims that share it.
        arms: those that need it.
        points: where on the trajectory the results lie; empty for a stage without one.
        computed: how many of the results this run computed; `adopted`: how many are other code's.
        seconds: that its results took to compute, whenever that was.
        forecast: seconds of what this run computed, by the rates before it; None where the stage
            had none.
    """

    stage: str
    call: str
    arms: tuple[str, ...]
    points: tuple[int, ...]
    seeds: tuple[int, ...]
    results: int
    computed: int
    adopted: int
    seconds: float
    forecast: float | None = None

    @property
    def state(self) -> str:
        """Return where the results are from: ``"computed"``, ``"stored"`` or ``"adopted"``."""
        if self.computed:
            return "computed"
        return "adopted" if self.adopted else "stored"


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """One series along a trajectory, such as the loss over epochs.

    Attributes:
        unit: what the points count (``"epoch"``).
        points: where the values lie.
        values: one row for each seed; None where there is no value.
    """

    stage: str
    series: str
    call: str
    arms: tuple[str, ...]
    unit: str
    points: tuple[int, ...]
    seeds: tuple[int, ...]
    values: tuple[tuple[float | None, ...], ...]


class RunTrace(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did for one claim."""

    looks: tuple[Look, ...] = ()
    stages: tuple[StageUse, ...] = ()
    curves: tuple[Curve, ...] = ()
