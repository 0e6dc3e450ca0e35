"""A claim, resolved: what a YAML file says once defaults, scale and matrix cell are filled in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cbspec.model.origin import Origin
from cbspec.stage import Call, Measure

if TYPE_CHECKING:  # NumPy, which most commands do not need
    from cbspec.kinds import Assertion

Status = Literal["active", "retracted", "open-question"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a finding was reported, and the values it was reported with: measure -> arm -> value."""

    memo: str
    reported: Mapping[str, Mapping[str, float]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A claim whose changes do not fail a run for the time being.

    Attributes:
        owner: who mends it.
        until: the last day (UTC), as in ``"2027-01-31"``; after it the claim fails.
    """

    owner: str
    reason: str
    until: str


@dataclass(frozen=True, slots=True)
class Seeds:
    """The seeds of a claim: ``pool[:start]`` at first, more of the pool while inconclusive.

    Attributes:
        looks: the numbers of seeds after which a verdict is taken, where they are not `start`
            doubled.
    """

    pool: tuple[int, ...]
    start: int
    looks: tuple[int, ...] = ()

    @property
    def first(self) -> tuple[int, ...]:
        return self.pool[: self.start]

    @property
    def analyses(self) -> tuple[int, ...]:
        """Return the numbers of seeds after which a verdict is taken, ascending: ``(3, 6, 12)`` for
        3 of 12.
        """
        if self.looks:
            return self.looks
        sizes = [self.start]
        while sizes[-1] < len(self.pool):
            sizes.append(min(2 * sizes[-1], len(self.pool)))
        return tuple(sizes)

    def beginning_with(self, least: int) -> Seeds:
        """Return the same seeds, the first look at no fewer than `least` of them or at all."""
        start = max(self.start, min(least, len(self.pool)))
        looks = tuple(size for size in self.looks if size >= start)
        return replace(self, start=start, looks=looks)


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim at one scale (and one cell of its matrix); everything it needs to be run and
    judged.

    Attributes:
        id: unique over all files; a matrix cell carries its values, as in ``1.b[depth=4]``.
        arms: arm name -> stage call; arms share seeds, so that comparisons are paired.
        independent_runs: arm -> its runs, for an arm that shares its runs with no other arm. The
            claim's seeds number them.
        drawn: the seeds as the claim gives them, if arms have independent runs.
        assertions: all must hold.
        controls: assertions about the experiment itself; one that does not hold makes the verdict
            invalid.
        scale: the scale that the sizes in `arms` come from.
        decidable: the scales at which a verdict is expected.
        due: whether a verdict is expected at the scale that was asked for. That is another than
            `scale` where the claim takes no part in it.
        sizes: the scale's sizes after overrides, as they were used.
        discussion: a person's sentences on where findings and memo differ, and why that may be;
            decides nothing.
        origins: key path (``"assert[0].kind"``) -> where its value stands.
        on_change: whether a changed verdict fails the run, or warns.
        quarantine: who keeps the claim from failing a run, and until when; None for most.
        cells: how many cells of a matrix the finding has, each judged by itself.
        timeout: how many seconds a replica of any of its stages may take, in place of what the
            catalog says; None where the claim says nothing. No part of a result's key.
    """

    id: str
    title: str
    phase: str
    status: Status
    source: Source
    arms: Mapping[str, Call]
    seeds: Seeds
    assertions: tuple[Assertion, ...]
    controls: tuple[Assertion, ...]
    alpha: float
    scale: str
    decidable: tuple[str, ...]
    sizes: Mapping[str, float]
    revises: tuple[str, ...]
    retracted_by: tuple[str, ...]
    path: Path
    origins: Mapping[str, Origin]
    digest: str
    """SHA-256 of what is asserted (assertions, controls, alpha, seeds) and measured (arms): moving
    it is moving the goalposts.
    """
    discussion: str = ""
    on_change: Literal["fail", "warn"] = "fail"
    quarantine: Quarantine | None = None
    due: bool = True
    cells: int = 1
    independent_runs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    drawn: Seeds | None = None
    timeout: float | None = None

    @property
    def line(self) -> int:
        """Return the line of the file where the claim begins."""
        head = self.origins.get("id")
        return head.line if head else 1

    @property
    def replicates(self) -> str:
        """Return what the claim is replicated over, in words: seeds, runs, test items."""
        nouns = dict.fromkeys(call.stage.replicates for call in self.arms.values())
        return " and ".join(nouns) or "seeds"

    @property
    def measures(self) -> dict[str, Measure]:
        """Return what the catalog declares of each measure of the arms."""
        measures: dict[str, Measure] = {}
        for call in self.arms.values():
            measures |= call.stage.measures
        return measures


def finding_of(claim: str, known: Collection[str]) -> str:
    """Return the finding that a claim is of: the shortest id that is a prefix of its own, as 1.b is
    of 1.b.depths.

    Args:
        known: the ids of all claims, without the values of matrix cells.
    """
    words = base(claim).split(".")
    prefixes = [".".join(words[:count]) for count in range(1, len(words) + 1)]
    return next(prefix for prefix in prefixes if prefix in known)


def base(claim: str) -> str:
    """Return the id as its file has it, without the values of the matrix cell."""
    return claim.partition("[")[0]
