"""What measurements say for and against an assertion, and how the evidence of parts becomes that of a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cbspec.finding import Effect
from cbspec.judge.sample import Array


@dataclass(frozen=True, slots=True)
class Level:
    """What a finding is decided at.

    Attributes:
        shown: error rate of `holds`.
        refuted: error rate of `refuted`.
        miss: rate at which the two-sided intervals may miss; 0.05 unless several looks share it.
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
        """Where the label is asserted to lie, e.g. ``"above 0"``."""

    @property
    def p(self) -> Array:
        """One-sided p-value of what is asserted, shape `[...]`."""

    @property
    def against(self) -> Array:
        """One-sided p-value of its opposite, shape `[...]`."""

    def effect(self, level: Level) -> Effect: ...


@dataclass(frozen=True, slots=True)
class Premise:
    """What the assertion takes for granted; where it fails, neither `holds` nor `refuted` means anything.

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


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that judging an assertion needs besides the level.

    Attributes:
        p, against: one-sided p-values for the assertion and for its refutation, shape `[...]`.
        inferences: what they were combined from.
        premises: see `Premise`.
        parts: the evidence that this was joined from; none where the inferences are two readings of one statement.
        some: whether one of the parts suffices (`any`).
        said: the reason of the finding, where there is no test whose figures would be one.
    """

    p: Array
    against: Array
    inferences: tuple[Inference, ...]
    premises: tuple[Premise, ...] = ()
    parts: tuple[Evidence, ...] = ()
    some: bool = False
    said: str = ""

    def scaled(self, factor: float) -> Evidence:
        """The same with p-values times `factor`: a part with its own alpha, measured by that of the whole."""
        return replace(self, p=np.minimum(self.p * factor, 1), against=np.minimum(self.against * factor, 1))

    def decisive(self, *, against: bool) -> Inference:
        """The test that `p`, or `against`, comes from: the strongest part where one suffices, else the weakest."""

        def p(one: Evidence | Inference) -> float:
            return float(one.against if against else one.p)

        if not self.parts:
            return max(self.inferences, key=p)
        strongest = self.some != against  # one part refutes what takes all, and all refute what takes one
        return (min if strongest else max)(self.parts, key=p).decisive(against=against)

    @property
    def joins(self) -> set[bool]:
        """Whether one part suffices, of every joining of several parts below and here."""
        own = {self.some} if len(self.parts) > 1 else set()
        return own.union(*(part.joins for part in self.parts))


def of_inference(inference: Inference) -> Evidence:
    return Evidence(p=inference.p, against=inference.against, inferences=(inference,))


def every(parts: Iterable[Evidence]) -> Evidence:
    """All parts hold: each is shown at the full alpha (intersection-union, Berger 1982); refuted by any one part (Bonferroni)."""
    parts = tuple(parts)
    against = reduce(np.minimum, [part.against for part in parts])
    return _join(parts, p=reduce(np.maximum, [part.p for part in parts]), against=np.minimum(against * len(parts), 1), some=False)


def some(parts: Iterable[Evidence]) -> Evidence:
    """At least one part holds (Holm 1979, whose first step decides); refuted when every part is."""
    parts = tuple(parts)
    p = reduce(np.minimum, [part.p for part in parts])
    return _join(parts, p=np.minimum(p * len(parts), 1), against=reduce(np.maximum, [part.against for part in parts]), some=True)


def _join(parts: tuple[Evidence, ...], *, p: Array, against: Array, some: bool) -> Evidence:
    inferences = tuple(inference for part in parts for inference in part.inferences)
    premises = tuple(premise for part in parts for premise in part.premises)
    return Evidence(p=p, against=against, inferences=inferences, premises=premises, parts=parts, some=some)
