"""Statistical evidence for and against an assertion, and combining the evidence of parts."""

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
    """The levels at which a finding is decided.

    Attributes:
        shown: the error rate of `holds`.
        refuted: the error rate of `refuted`.
        miss: the rate at which two-sided intervals may miss; 0.05, unless several interim analyses
            share it.
    """

    shown: float
    refuted: float
    miss: float = 0.05


class Inference(Protocol):
    """One statistical test with its effect."""

    @property
    def label(self) -> str: ...

    @property
    def test(self) -> str:
        """Return the name of the test, such as ``"t test"``."""

    @property
    def asserted(self) -> str:
        """Return where the effect is asserted to lie, such as ``"above 0"``."""

    @property
    def bounds(self) -> tuple[float, ...]:
        """Return the bounds, from which the printed estimate has to be distinguishable."""

    @property
    def p(self) -> Array:
        """Return the one-sided p-value of the assertion, shape `[...]`."""

    @property
    def against(self) -> Array:
        """Return the one-sided p-value of its opposite, shape `[...]`."""

    def effect(self, level: Level) -> Effect: ...

    def values(self) -> Array:
        """Return the effect on each seed, shape `[seed]`; empty if single seeds have none."""


@dataclass(frozen=True, slots=True)
class Premise:
    """A premise of an assertion. If it fails, neither `holds` nor `refuted` has a meaning.

    Attributes:
        p: the one-sided p-value of a statement.
        wanted: whether the statement has to be shown; otherwise it must not be shown.
        reason: why the finding is invalid if the premise fails.
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
    """The evidence on an assertion: everything that judging needs besides the level.

    Attributes:
        p: the one-sided p-value for the assertion, shape `[...]`.
        against: the one-sided p-value for its refutation, shape `[...]`.
        inferences: the tests that it was combined from.
        premises: the premises of the assertion.
        parts: the evidence of its parts; none for a single test.
        least: the number of parts that have to hold.
        strictness: the factor by which the p-values were multiplied.
        said: the reason of the finding, for an assertion without a test.
        reported: what is known of arms whose single runs are unknown.
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
        """Return the evidence with its p-values multiplied by `factor`.

        So a part with its own alpha can be read at the alpha of the whole.
        """
        p, against = np.minimum(self.p * factor, 1), np.minimum(self.against * factor, 1)
        return replace(self, p=p, against=against, strictness=self.strictness * factor)

    def decisive(self, *, against: bool) -> tuple[Inference, float]:
        """Return the test that `p` or `against` comes from, and the factor on its own p-value.

        Of the parts, sorted by their p-values, it is the last one that is needed.
        """
        if not self.parts:
            return self.inferences[0], self.strictness
        # The whole is refuted once fewer than `least` parts are left that are not refuted
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
    """Combine parts that must all hold.

    Each is shown at the full alpha (intersection-union test, Berger 1982). Any one of them refutes
    the whole (Bonferroni).
    """
    parts = tuple(parts)
    return at_least(len(parts), parts)


def some(parts: Iterable[StatisticalEvidence]) -> StatisticalEvidence:
    """Combine parts of which at least one must hold (Holm 1979, whose first step decides).

    The whole is refuted if every part is.
    """
    return at_least(1, tuple(parts))


def at_least(least: int, parts: tuple[StatisticalEvidence, ...]) -> StatisticalEvidence:
    """Combine parts of which at least `least` must hold; refuted if too few are left.

    This is the partial conjunction of Benjamini and Heller (2008), by Bonferroni over the sets of
    parts that could all be false: m - k + 1 times the k-th smallest p-value.
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
    """Return the factor on the p-value of a part with its own alpha, to read it at the whole's.

    A larger alpha of the part changes nothing.
    """
    if not whole or not part:
        return 1.0
    return max(1.0, whole / part)
