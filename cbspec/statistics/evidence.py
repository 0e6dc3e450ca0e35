"""What measurements say for and against an assertion, and how the evidence of parts becomes that of
a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cbspec.model.finding import Effect
from cbspec.statistics.sample import Array


@dataclass(frozen=True, slots=True)
class Level:
    """What a finding is decided at.

    Attributes:
        shown: error rate of `holds`.
        refuted: error rate of `refuted`.
        miss: rate at which the two-sided intervals may miss; 0.05 unless several interim analyses
            share it.
    """

    shown: float
    refuted: float
    miss: float = 0.05


class Inference(Protocol):
    """One statistical test with the effect it is about."""

    @property
    def label(self) -> str: ...

    @property
    def test(self) -> str:
        """Return the name of the test whose p this is, e.g. ``"t test"``."""

    @property
    def asserted(self) -> str:
        """Return where the label is asserted to lie, e.g. ``"above 0"``."""

    @property
    def bounds(self) -> tuple[float, ...]:
        """Return the bounds that the estimate has to be told from."""

    @property
    def p(self) -> Array:
        """Return the one-sided p-value of what is asserted, shape `[...]`."""

    @property
    def against(self) -> Array:
        """Return the one-sided p-value of its opposite, shape `[...]`."""

    def effect(self, level: Level) -> Effect: ...

    def values(self) -> Array:
        """Return the effect on each seed, shape `[seed]`; empty where it is none of single
        seeds.
        """


@dataclass(frozen=True, slots=True)
class Premise:
    """What the assertion takes for granted; where it fails, neither `holds` nor `refuted` means
    anything.

    Attributes:
        p: one-sided p-value of the statement tested.
        wanted: whether the statement has to be shown; else it must not be.
        reason: why the finding is invalid where the premise fails.
    """

    p: Array
    wanted: bool
    reason: str

    def fails(self, level: float) -> NDArray[np.bool_]:
        shown: NDArray[np.bool_] = np.asarray(self.p) <= level
        if self.wanted:
            return np.logical_not(shown)
        return shown


@dataclass(frozen=True, slots=True)
class StatisticalEvidence:
    """All that judging an assertion needs besides the level.

    Attributes:
        p, against: one-sided p-values for the assertion and for its refutation, shape `[...]`.
        inferences: what they were combined from.
        premises: see `Premise`.
        parts: the evidence that this was joined from; none where it is that of one inference.
        least: how many of the parts have to hold.
        strictness: what the p-values were multiplied by.
        said: the reason of the finding, where there is no test whose figures would be one.
        reported: what is known of arms whose single runs are not.
    """

    p: Array
    against: Array
    inferences: tuple[Inference, ...]
    premises: tuple[Premise, ...] = ()
    parts: tuple[StatisticalEvidence, ...] = ()
    least: int = 1
    strictness: float = 1.0
    said: str = ""
    reported: str = ""

    def scaled(self, factor: float) -> StatisticalEvidence:
        """Return the same evidence with p-values times `factor`: a part with its own alpha,
        measured by that of the whole.
        """
        p, against = np.minimum(self.p * factor, 1), np.minimum(self.against * factor, 1)
        return replace(self, p=p, against=against, strictness=self.strictness * factor)

    def decisive(self, *, against: bool) -> tuple[Inference, float]:
        """Return the test that `p`, or `against`, comes from, and what its own p was multiplied by:
        of the parts in the order of their p, the last that is needed.
        """
        if not self.parts:
            return self.inferences[0], self.strictness
        # The whole is refuted once so many parts are that fewer than `least` are left
        to_refute = len(self.parts) - self.least + 1
        if against:
            ordered = sorted(self.parts, key=lambda part: float(part.against))
            inference, factor = ordered[to_refute - 1].decisive(against=True)
            return inference, factor * self.least * self.strictness
        ordered = sorted(self.parts, key=lambda part: float(part.p))
        inference, factor = ordered[self.least - 1].decisive(against=False)
        return inference, factor * to_refute * self.strictness


def of_inference(inference: Inference) -> StatisticalEvidence:
    return StatisticalEvidence(p=inference.p, against=inference.against, inferences=(inference,))


def every(parts: Iterable[StatisticalEvidence]) -> StatisticalEvidence:
    """Join parts that must all hold: each is shown at the full alpha (intersection-union, Berger
    1982); any one part refutes (Bonferroni).
    """
    parts = tuple(parts)
    return at_least(len(parts), parts)


def some(parts: Iterable[StatisticalEvidence]) -> StatisticalEvidence:
    """Join parts of which at least one must hold (Holm 1979, whose first step decides); refuted if
    every part is.
    """
    return at_least(1, tuple(parts))


def at_least(least: int, parts: tuple[StatisticalEvidence, ...]) -> StatisticalEvidence:
    """Join parts of which at least so many must hold; refuted where too few are left.

    The partial conjunction of Benjamini and Heller (2008), by Bonferroni over the sets of parts
    that could be all false: m - k + 1 times the k-th smallest p.
    """
    to_refute = len(parts) - least + 1
    p = np.sort(np.stack([part.p for part in parts]), axis=0)[least - 1]
    against = np.sort(np.stack([part.against for part in parts]), axis=0)[to_refute - 1]
    inferences: list[Inference] = []
    premises: list[Premise] = []
    for part in parts:
        inferences += part.inferences
        premises += part.premises
    return StatisticalEvidence(
        p=np.asarray(np.minimum(p * to_refute, 1)),
        against=np.asarray(np.minimum(against * least, 1)),
        inferences=tuple(inferences),
        premises=tuple(premises),
        parts=parts,
        least=least,
    )


def strictness(part: float | None, whole: float | None) -> float:
    """Return the factor on p that lets a part with an alpha of its own be read at the whole's; a
    larger alpha raises nothing.
    """
    if not whole or not part:
        return 1.0
    return max(1.0, whole / part)
