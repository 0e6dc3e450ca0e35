"""A resolved claim: the content of a YAML file with defaults, scale and matrix cell filled in."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cbspec.model.origin import Origin
from cbspec.model.replicates import AS_PUBLISHED, PUBLISHED, SEEDS
from cbspec.stage import Call, Measure, declared_by

if TYPE_CHECKING:  # it imports NumPy, which most commands do not need
    from cbspec.kinds import Assertion

Status = Literal["active", "retracted", "open-question"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a finding was reported, and the reported values: measure -> arm -> value."""

    memo: str
    reported: Mapping[str, Mapping[str, float]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A quarantine: until its last day, a claim's changes do not fail a run.

    Attributes:
        owner: the person who mends the claim.
        until: the last day (UTC): ``"2027-01-31"``. After it the claim fails.
    """

    owner: str
    reason: str
    until: str


@dataclass(frozen=True, slots=True)
class Seeds:
    """The seeds of a claim: ``pool[:start]`` at first, more of the pool while inconclusive.

    Attributes:
        pool: all seeds that may be drawn, in this order.
        start: the number of seeds at the first interim analysis.
        looks: the numbers of seeds at the interim analyses; by default `start` doubled each time.
    """

    pool: tuple[int, ...]
    start: int
    looks: tuple[int, ...] = ()

    @property
    def first(self) -> tuple[int, ...]:
        return self.pool[: self.start]

    @property
    def analyses(self) -> tuple[int, ...]:
        """Return the numbers of seeds at the interim analyses: ``(3, 6, 12)`` for 3 of 12 seeds."""
        if self.looks:
            return self.looks
        sizes = [self.start]
        while sizes[-1] < len(self.pool):
            sizes.append(min(2 * sizes[-1], len(self.pool)))
        return tuple(sizes)

    def beginning_with(self, least: int) -> Seeds:
        """Return the same seeds with at least `least` (or all) of them at the first analysis."""
        start = max(self.start, min(least, len(self.pool)))
        looks = tuple(size for size in self.looks if size >= start)
        return replace(self, start=start, looks=looks)


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim at one scale, for one cell of its matrix, complete to be run and judged.

    Attributes:
        id: the id, unique over all files. That of a matrix cell has its values: ``1.b[depth=4]``.
        arms: arm -> stage call. Arms share seeds, so comparisons are paired.
        independent_runs: arm -> its runs, for an arm that shares its runs with no other arm. The
            claim's seeds number them.
        excluded: arm -> how many of its runs are left out without a value, and why.
        unread: arm -> how many of its runs are not among the claim's seeds, and which.
        drawn: the seeds as the claim gives them, if arms have independent runs.
        assertions: the assertions, which all must hold.
        controls: assertions about the experiment itself. If one does not hold, the verdict is
            invalid.
        scale: the scale that the sizes in `arms` come from.
        decidable: the scales at which a verdict is expected.
        due: whether a verdict is expected at the asked scale. If not, the claim was read at another
            scale.
        sizes: the sizes of the scale, with the claim's overrides.
        discussion: sentences of a person on where findings and memo differ, and why. It decides
            nothing.
        origins: key path (``"assert[0].kind"``) -> the place of its value.
        on_change: whether a changed verdict fails the run, or only warns.
        quarantine: the claim's quarantine; None for most claims.
        cells: the number of matrix cells of the finding, each of which is judged by itself.
        timeout: the seconds that a replica of any stage may take; None for the catalog's limits. It
            is not part of a result's key.
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
    """The SHA-256 of what is asserted (assertions, controls, alpha, seeds) and measured (arms).

    If it changes, the goalposts may have moved.
    """
    discussion: str = ""
    on_change: Literal["fail", "warn"] = "fail"
    quarantine: Quarantine | None = None
    due: bool = True
    cells: int = 1
    independent_runs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    excluded: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    unread: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    drawn: Seeds | None = None
    timeout: float | None = None

    @property
    def line(self) -> int:
        """Return the line of the file where the claim begins."""
        head = self.origins.get("id")
        return head.line if head else 1

    @property
    def replicated_over(self) -> str:
        """Return what the claim is replicated over, in words: seeds, runs or test items.

        Arms whose single runs are unknown tell nothing of it.
        """
        nouns: dict[str, None] = {}
        for call in self.arms.values():
            if call.stage.summaries is None:
                nouns[call.stage.replicates] = None
        # A noun with an addition comes last: "seeds and test items, and not training runs"
        ordered = sorted(nouns, key=lambda words: "," in words)
        return " and ".join(ordered) or self._published

    @property
    def _published(self) -> str:
        """Return what published arms are replicated over."""
        known = SEEDS
        for call in self.arms.values():
            assert call.stage.summaries is not None  # `replicated_over` asks if no arm has runs
            for summary in call.stage.summaries(call.parameters).values():
                if summary.n is not None:
                    return PUBLISHED
            known = AS_PUBLISHED
        return known

    @property
    def replicates(self) -> str:
        """Return `replicated_over`, and how many runs are left out, each with its reason."""
        words = self.replicated_over
        for reason, counts in _counted(self.excluded).items():
            words += f", and {counts} without a value left out ({reason})"
        if self.runs_unread:
            words += f", and {self.runs_unread}"
        return words

    @property
    def asserted(self) -> dict[str, Assertion]:
        """Return key path (``"assert[0]"``) -> assertion or control, in the claim's order."""
        made: dict[str, Assertion] = {}
        for section, assertions in (("assert", self.assertions), ("controls", self.controls)):
            for index, assertion in enumerate(assertions):
                made[f"{section}[{index}]"] = assertion
        return made

    @property
    def runs_unread(self) -> str:
        """Return which runs of its tables the seeds leave out, in words; empty if none."""
        parts = []
        for which, counts in _counted(self.unread).items():
            parts.append(f"{counts} not among the claim's seeds ({which})")
        return ", and ".join(parts)

    @property
    def measures(self) -> dict[str, Measure]:
        """Return measure -> its declaration in the catalog, for all measures of the arms."""
        return declared_by(self.arms.values())

    @property
    def units(self) -> dict[str, str]:
        """Return measure -> its unit in the catalog, for all measures of the arms."""
        return {name: measure.unit for name, measure in self.measures.items()}


def _counted(runs: Mapping[str, tuple[int, str]]) -> dict[str, str]:
    """Return text -> the counts of the arms that share it: ``"5 of a, 5 of b"``."""
    arms: dict[str, list[str]] = {}
    for arm, (count, text) in runs.items():
        if count:
            arms.setdefault(text, []).append(f"{count} of {arm}")
    return {text: ", ".join(counts) for text, counts in arms.items()}


def finding_of(claim: str, known: Collection[str]) -> str:
    """Return the finding that a claim belongs to: 1.b for 1.b.depths.

    It is the shortest id that is a prefix of the claim's.

    Args:
        claim: the id of the claim.
        known: the ids of all claims, without the values of matrix cells.
    """
    words = base(claim).split(".")
    prefixes = [".".join(words[:count]) for count in range(1, len(words) + 1)]
    return next(prefix for prefix in prefixes if prefix in known)


def base(claim: str) -> str:
    """Return the id of a claim without the values of its matrix cell."""
    return claim.partition("[")[0]


def cell_values(claim: str) -> dict[str, str]:
    """Return the values of the matrix cell in an id, as they are written.

    ``F.4[alpha=0.0,depth=2]`` gives ``{"alpha": "0.0", "depth": "2"}``.
    """
    _, _, inside = claim.rstrip("]").partition("[")
    values = {}
    for pair in filter(None, inside.split(",")):
        name, _, value = pair.partition("=")
        values[name] = value
    return values


def phase_order(phase: str) -> tuple[bool, list[tuple[int, str]]]:
    """Return the sort key of a phase: 4A, 6A, 6C, 6.5A, 6.10, 10A, 10A.5; those without a number
    last.
    """
    parts = []
    for part in re.split(r"(\d+)", phase):
        if part.isdecimal():
            parts.append((int(part), ""))
        else:
            # 6.5A came after 6C; "~" sorts behind all letters
            parts.append((0, part if not part or part[0].isalpha() else f"~{part}"))
    return not phase[:1].isdigit(), parts
