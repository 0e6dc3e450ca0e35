"""The trace of a verdict as plain data: its interim analyses, stages and curves."""

from __future__ import annotations

import msgspec

from cbspec.ledger import RecordedEffect
from cbspec.model.finding import Verdict


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One interim analysis.

    Attributes:
        seeds: the number of seeds.
        effect: the effect that decided; None if all count alike.
    """

    seeds: int
    verdict: Verdict
    reason: str
    effect: RecordedEffect | None = None


class StageUse(msgspec.Struct, frozen=True, kw_only=True):
    """One trajectory of a stage that a claim needs, over all its seeds.

    Attributes:
        stage: the name of the stage.
        call: the digest of the stage call without its point. Claims that share the call share it.
        arms: the arms that need it.
        points: the points of its results; empty for a stage without progress.
        seeds: the seeds of its results.
        results: the number of its results.
        computed: the number of them that this run computed.
        adopted: the number of them that were adopted from earlier code.
        seconds: the time that its results took to compute, in this run or earlier.
        forecast: the forecast for what this run computed, in seconds; None if there was no rate.
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
        """Return the origin of the results: ``"computed"``, ``"stored"`` or ``"adopted"``."""
        if self.computed:
            return "computed"
        return "adopted" if self.adopted else "stored"


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """One series along a trajectory, such as the loss over epochs.

    Attributes:
        unit: what the points count, such as ``"epoch"``.
        points: the points of the values.
        values: one row for each seed; None for a missing value.
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
    """What one run did for one claim."""

    looks: tuple[Look, ...] = ()
    stages: tuple[StageUse, ...] = ()
    curves: tuple[Curve, ...] = ()
