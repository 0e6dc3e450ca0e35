"""What measurements say for and against an assertion, and how the evidence of parts becomes that of
a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Literal, Protocol

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
    def asserted(self) -> str:
        """Return where the label is asserted to lie, e.g. ``"above 0"``."""

    @property
    def p(self) -> Array:
        """Return the one-sided p-value of what is asserted, shape `[...]`."""

    @property
    def against(self) -> Array:
        """Return the one-sided p-value of its opposite, shape `[...]`."""

    def effect(self, level: Level) -> Effect: ...


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
        return np.logical_not(shown) if self.wanted else shown


Join = Literal["every", "some", "readings"]
"""Whether all parts are needed, or one suffices (the opposite takes one, or all); or all are to
agree, for and against.
"""


@dataclass(frozen=True, slots=True)
class StatisticalEvidence:
    """All that judging an assertion needs besides the level.

    Attributes:
        p, against: one-sided p-values for the assertion and for its refutation, shape `[...]`.
        inferences: what they were combined from.
        premises: see `Premise`.
        parts: the evidence that this was joined from; none where it is that of one inference.
        join: see `Join`.
        strictness: what the p-values were multiplied by.
        said: the reason of the finding, where there is no test whose figures would be one.
    """

    p: Array
    against: Array
    inferences: tuple[Inference, ...]
    premises: tuple[Premise, ...] = ()
    parts: tuple[StatisticalEvidence, ...] = ()
    join: Join = "every"
    strictness: float = 1.0
    said: str = ""

    def scaled(self, factor: float) -> StatisticalEvidence:
        """Return the same evidence with p-values times `factor`: a part with its own alpha,
        measured by that of the whole.
        """
        p, against = np.minimum(self.p * factor, 1), np.minimum(self.against * factor, 1)
        return replace(self, p=p, against=against, strictness=self.strictness * factor)

    def decisive(self, *, against: bool) -> Inference:
        """Return the test that `p`, or `against`, comes from: the strongest part if one suffices,
        else the weakest.
        """

        def p(part: StatisticalEvidence) -> float:
            return float(part.against if against else part.p)

        if not self.parts:
            return self.inferences[0]
        strongest = self.join == ("every" if against else "some")
        return (min if strongest else max)(self.parts, key=p).decisive(against=against)

    @property
    def joins(self) -> set[Join]:
        """Return the ways in which several parts are joined, below and here; readings of one
        statement are one part.
        """
        here: set[Join] = {self.join} if len(self.parts) > 1 and self.join != "readings" else set()
        return here.union(*(part.joins for part in self.parts))


def of_inference(inference: Inference) -> StatisticalEvidence:
    return StatisticalEvidence(p=inference.p, against=inference.against, inferences=(inference,))


def every(parts: Iterable[StatisticalEvidence]) -> StatisticalEvidence:
    """Join parts that must all hold: each is shown at the full alpha (intersection-union, Berger
    1982); any one part refutes (Bonferroni).
    """
    parts = tuple(parts)
    p, against = _largest(part.p for part in parts), _smallest(part.against for part in parts)
    return _joined("every", parts, p, np.minimum(against * len(parts), 1))


def some(parts: Iterable[StatisticalEvidence]) -> StatisticalEvidence:
    """Join parts of which at least one must hold (Holm 1979, whose first step decides); refuted if
    every part is.
    """
    parts = tuple(parts)
    p, against = _smallest(part.p for part in parts), _largest(part.against for part in parts)
    return _joined("some", parts, np.minimum(p * len(parts), 1), against)


def readings(*parts: StatisticalEvidence) -> StatisticalEvidence:
    """Join readings of one statement: it neither holds nor is refuted unless it does in each."""
    return _joined(
        "readings",
        parts,
        _largest(part.p for part in parts),
        _largest(part.against for part in parts),
    )


def strictness(part: float | None, whole: float | None) -> float:
    """Return the factor on p that lets a part with an alpha of its own be read at the whole's; a
    larger alpha raises nothing.
    """
    return max(1.0, whole / part) if whole and part else 1.0


def _largest(values: Iterable[Array]) -> Array:
    return reduce(np.maximum, values)


def _smallest(values: Iterable[Array]) -> Array:
    return reduce(np.minimum, values)


def _joined(
    join: Join, parts: tuple[StatisticalEvidence, ...], p: Array, against: Array
) -> StatisticalEvidence:
    inferences = tuple(inference for part in parts for inference in part.inferences)
    premises = tuple(premise for part in parts for premise in part.premises)
    return StatisticalEvidence(
        p=p, against=against, inferences=inferences, premises=premises, parts=parts, join=join
    )
