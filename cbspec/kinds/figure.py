"""The kind ``figure``: points of a drawing, each with a value within its axis on every seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta

from cbspec.errors import suggestion
from cbspec.kinds.assertion import Assertion, Problem, Written
from cbspec.kinds.change import Way, more, tighter_if, unasserted
from cbspec.kinds.names import Arm, MeasureKey, listed
from cbspec.statistics.evidence import Premise, StatisticalEvidence
from cbspec.statistics.point import Point
from cbspec.statistics.sample import Measurements


def _inside(before: Any, after: Any) -> Way:
    """Return tighter if axes were only added or narrowed."""
    for name, axis in before.items():
        if name not in after or not _within(after[name], axis):
            return tighter_if(False)
    return tighter_if(True)


def _within(axis: tuple[float, float], other: tuple[float, float]) -> bool:
    return other[0] <= axis[0] and axis[1] <= other[1]


class Figure(Assertion, frozen=True, kw_only=True, tag="figure"):
    """Every point of a drawing has a value on every seed, and it lies within the drawing's axes.

    A statement about the sample, not about what it was drawn from: nothing is tested, and p is 0 or
    1. It has no error rate, so neither alpha nor test says anything about it.

    A point is one arm in one cell of the claim's matrix. The first word of an arm's name, up to a
    ``_``, is its method: one curve, and one colour in all figures.
    """

    tested = False
    tests = ("t",)
    tested_by = "which tests nothing"
    synonyms = ("plot", "drawing", "graph", "chart", "panel")
    tighter: ClassVar = {
        "arms": more,
        "axes": _inside,
        **dict.fromkeys(("x", "facet", "lines", "title"), unasserted),
    }

    axes: Annotated[
        dict[MeasureKey, tuple[float, float]],
        Meta(
            min_length=1,
            description="measure -> [low, high], one panel each; a value outside is a defect of the measure",
        ),
    ]
    arms: Annotated[
        tuple[Arm, ...],
        Meta(min_length=1, description="the arms that are drawn, named method or method_variant"),
    ]
    x: Annotated[
        str | tuple[float | str, ...] | None,
        Meta(
            description="what the curves run along: a name of the matrix, "
            "or one number or word for each arm; left out: the arms stand beside each other"
        ),
    ] = None
    facet: Annotated[
        str | None,
        Meta(description="a name of the matrix; each of its values is a column of panels"),
    ] = None
    lines: Annotated[
        dict[str, dict[str, float]],
        Meta(
            description="measure -> name -> value, a horizontal line such as {test_accuracy: {chance: 0.1}}",
        ),
    ] = msgspec.field(default_factory=dict)
    title: Annotated[
        str,
        Meta(
            description="the heading of these panels; figures of one claim that share it share a column",
        ),
    ] = ""

    def sentence(self) -> str:
        """Return what is drawn."""
        axes = [f"{measure} from {low:g} to {high:g}" for measure, (low, high) in self.axes.items()]
        return f"every point of {listed(self.arms)} lies within its axis: {listed(axes)}"

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return evidence that is shown with every value within its axis, refuted by one beyond it.

        A missing value is a failed premise. The points that have values keep their effects all the
        same, so that a drawing with a gap can be made.
        """
        points = []
        for measure, (low, high) in self.axes.items():
            for arm in self.arms:
                points.append(Point(measure, arm, low, high, data))
        missing, stray = "", ""  # the first of each is named
        for point in points:
            missing = missing or point.missing
            stray = stray or point.stray
        premises: tuple[Premise, ...] = ()
        if missing:
            premises = (Premise(p=np.asarray(1.0), wanted=True, reason=missing),)
        return StatisticalEvidence(
            p=np.max([point.p for point in points], axis=0),
            against=np.min([point.against for point in points], axis=0),
            inferences=tuple(points),
            premises=premises,
            said=stray
            or f"each of {len(points)} points has a value within its axis on {data.each}",
        )

    def least_p(self, n: int, alpha: float) -> float:  # noqa: ARG002 - no power is needed
        """Return 0, since a figure describes the sample and has no test."""
        return 0.0

    def problems(self) -> Iterator[Problem]:
        """Yield what cannot be drawn, since each point needs one place in one panel."""
        yield from self._unfit_axes()
        if self.alpha is not None:
            yield ("alpha",), "a figure tests nothing and has no error rate"
        if isinstance(self.x, tuple):
            yield from self._along(self.x)

    def misplaced(self, cell: Mapping[str, Written]) -> Iterator[Problem]:
        """Yield names that the matrix lacks, and names of it that the figure does not use."""
        yield from self._in_matrix(list(cell))
        if isinstance(self.x, str) and self.x in cell:
            value = cell[self.x]
            if isinstance(value.value, bool) or not isinstance(value.value, int | float):
                needed = "whose values then have to be numbers"
                yield (f"${self.x}",), f"a figure runs along {self.x}, {needed}, got {value.text!r}"

    def curves(self) -> tuple[str, ...]:
        """Return arm -> curve, which is its method, or the arm if two curves share a method."""
        methods = tuple(method(arm) for arm in self.arms)
        # Along a name of the matrix each arm has a point at every x, and needs a curve of its own
        if isinstance(self.x, str) and len(set(methods)) < len(methods):
            return self.arms
        return methods

    def _unfit_axes(self) -> Iterator[Problem]:
        for measure, (low, high) in self.axes.items():
            if not low < high:
                yield ("axes", measure), f"the axis needs its lower end first, got {low} and {high}"
        for measure in self.lines:
            if measure not in self.axes:
                known = suggestion(measure, list(self.axes))
                yield ("lines", measure), f"unknown measure {measure!r} of axes{known}"

    def _along(self, x: tuple[float | str, ...]) -> Iterator[Problem]:
        if len(x) != len(self.arms):
            yield ("x",), f"needs one value for each arm, has {len(x)} for {len(self.arms)} arms"
            return
        if len({isinstance(value, str) for value in x}) > 1:
            yield ("x",), "mixes numbers and words"
        for (curve, value), count in Counter(zip(self.curves(), x, strict=True)).items():
            if count > 1:
                reason = "the first word of an arm's name is its curve"
                yield ("x",), f"puts {count} points of {curve} at {value}; {reason}"

    def _in_matrix(self, names: list[str]) -> Iterator[Problem]:
        used = {}
        if isinstance(self.x, str):
            used["x"] = self.x
        if self.facet is not None:
            used["facet"] = self.facet
        strange = False
        for key, name in used.items():
            if name in names:
                continue
            strange = True
            message = f"{name!r} is no name of a matrix: the claim has none"
            if names:
                message = f"unknown matrix name {name!r}{suggestion(name, names)}"
            yield (key,), message
        if self.facet is not None and self.x == self.facet:
            yield ("facet",), f"{self.facet} is x already"
            return
        if strange:
            return  # the misspelled name may be meant for the unused one
        for name in names:
            if name not in used.values():
                yield ("kind",), f"draws all values of {name} in one place; make {name} x or facet"


def method(arm: str) -> str:
    """Return the method of an arm: ``"cb"`` for ``"cb_eT"``."""
    return arm.partition("_")[0]
