"""The assertion kinds as data: what a claim may assert, and nothing of how it is decided (that is `cbspec.judge`).

A new kind is one Struct here (its schema entry) and one function in `cbspec.judge`.

Every assertion speaks of the mean over training seeds of one measure, in one or several arms; arms are paired by seed.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Alpha = Annotated[float, Meta(gt=0, lt=0.5, description="error rate of this assertion; the claim's alpha when left out")]
Arm = Annotated[str, Meta(min_length=1, description="name of an arm of this claim")]
Arms = Annotated[tuple[Arm, ...], Meta(min_length=1, description="the arms; every one of them has to comply")]
Chain = Annotated[tuple[Arm, ...], Meta(min_length=2, description="arms in the order that is asserted")]
Margin = Annotated[float, Meta(gt=0, description="the largest difference that still counts as equal, in the measure's unit")]


class Assertion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """Base of all kinds."""

    alpha: Alpha | None = None
    test: Annotated[
        Literal["t", "exact"], Meta(description="t: paired one-sided t test; exact: sign-flip permutation over seeds")
    ] = "t"
    note: Annotated[str, Meta(description="why this shape, this margin; shown in the report")] = ""


class Measured(Assertion, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the kinds that look at one measure."""

    measure: Annotated[str, Meta(min_length=1, description="a measure of the arms' stage")]


class Order(Measured, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="order"):
    """Each arm of the chain lies beyond the one before it, every adjacent step shown."""

    arms: Chain
    direction: Annotated[Literal["ascending", "descending"], Meta(description="ascending: each arm lies above the one before it")]
    margin: Annotated[float, Meta(ge=0, description="each step must exceed this")] = 0.0


class Trend(Measured, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="trend"):
    """The measure moves monotonically along the arms (Page's test, exact); strict: every adjacent step is shown."""

    arms: Annotated[
        tuple[Arm, ...], Meta(min_length=3, max_length=12, description="arms in the order along which the measure moves")
    ]
    direction: Annotated[Literal["increasing", "decreasing"], Meta(description="which way the measure moves along the arms")]
    strict: Annotated[bool, Meta(description="every adjacent step is shown, not the trend alone")] = False


class Threshold(Measured, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="threshold"):
    """Every arm lies above (or below) a stated value."""

    arms: Arms
    above: Annotated[float | None, Meta(description="every arm lies above this, in the measure's unit")] = None
    below: Annotated[float | None, Meta(description="every arm lies below this, in the measure's unit")] = None


class Range(Measured, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="range"):
    """Every arm lies inside a stated range."""

    arms: Arms
    low: Annotated[float, Meta(description="lower end of the range, in the measure's unit")]
    high: Annotated[float, Meta(description="upper end of the range, in the measure's unit")]


class Sign(Measured, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="sign"):
    """Every arm is positive (or negative)."""

    arms: Arms
    sign: Annotated[Literal["positive", "negative"], Meta(description="the sign that every arm has")]


class Equivalence(Measured, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="equivalence"):
    """Two arms differ by less than the margin, or every arm differs from a stated value by less (two one-sided tests)."""

    arms: Arms
    margin: Margin
    to: Annotated[float | None, Meta(description="compare with this value instead of the first arm")] = None
    side: Annotated[
        Literal["both", "above", "below"],
        Meta(description="below: shown not to exceed the reference by the margin (non-superiority); above: not to fall short"),
    ] = "both"


class Collapse(Measured, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="collapse"):
    """The arms keep less than a stated part of the reference arm's height above the floor."""

    arms: Arms
    reference: Arm
    floor: Annotated[float, Meta(description="where nothing is left: chance accuracy, a cosine of 0")] = 0.0
    retain: Annotated[float, Meta(gt=0, lt=1, description="part of the reference's height that would still be no collapse")] = 0.5


class Ratio(Measured, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="ratio"):
    """The first arm over the second lies above (or below) a stated factor, shown on logarithms and without them."""

    arms: Annotated[tuple[Arm, ...], Meta(min_length=2, max_length=2, description="numerator and denominator")]
    above: Annotated[float, Meta(gt=0, description="the factor that the ratio exceeds")] | None = None
    below: Annotated[float, Meta(gt=0, description="the factor that the ratio stays below")] | None = None
    guard: Annotated[
        float, Meta(gt=0, description="a denominator whose magnitude is shown below this makes the ratio undefined")
    ] = 1e-12


class Extremum(Measured, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="extremum"):
    """One arm is the highest (or lowest) of all, shown against each other arm."""

    arm: Arm
    among: Annotated[tuple[Arm, ...], Meta(min_length=2, description="all arms that are compared, this one included")]
    extremum: Annotated[Literal["highest", "lowest"], Meta(description="which end the arm is at")]
    margin: Annotated[float, Meta(ge=0, description="the distance to each other arm must exceed this")] = 0.0


class Interaction(Measured, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="interaction"):
    """A difference between two arms depends on a condition.

    ``pairs`` of two: (a - b) in the first condition exceeds (a - b) in the second by more than the margin. With ``levels`` (one
    number per pair): the slope of (a - b) over the level exceeds the margin.
    """

    pairs: Annotated[tuple[tuple[Arm, Arm], ...], Meta(min_length=2, description="arms (a, b), one pair for each condition")]
    levels: Annotated[tuple[float, ...] | None, Meta(description="the condition of each pair as a number, e.g. depth")] = None
    direction: Annotated[
        Literal["increasing", "decreasing"],
        Meta(description="increasing: a - b of the first pair exceeds that of the second; with levels, the slope is positive"),
    ] = "increasing"
    margin: Annotated[float, Meta(ge=0, description="the difference, or the slope, must exceed this")] = 0.0
    reverses: Annotated[bool, Meta(description="two pairs: the sign itself must reverse, each difference shown")] = False


class Figure(Assertion, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="figure"):
    """Every point of a drawing has a value on every seed, and it lies within the drawing's axes.

    A statement about the sample, not about what it was drawn from: nothing is tested, and p is 0 or 1. It has no error rate, so
    neither alpha nor test says anything about it.

    A point is one arm in one cell of the claim's matrix. The first word of an arm's name, up to a ``_``, is its method: one
    curve, and one colour in all figures.
    """

    axes: Annotated[
        dict[str, tuple[float, float]],
        Meta(min_length=1, description="measure -> [low, high], one panel each; a value outside is a defect of the measure"),
    ]
    arms: Annotated[tuple[Arm, ...], Meta(min_length=1, description="the arms that are drawn, named method or method_variant")]
    x: Annotated[
        str | tuple[float | str, ...] | None,
        Meta(
            description="what the curves run along: a name of the matrix, or one number or word for each arm; "
            "left out: the arms stand beside each other"
        ),
    ] = None
    facet: Annotated[str | None, Meta(description="a name of the matrix; each of its values is a column of panels")] = None
    lines: Annotated[
        dict[str, dict[str, float]],
        Meta(description="measure -> name -> value, a horizontal line such as {test_accuracy: {chance: 0.1}}"),
    ] = {}
    title: Annotated[str, Meta(description="the heading of these panels; figures of one claim that share it share a column")] = ""

    def curves(self) -> tuple[str, ...]:
        """The curve that each arm belongs to: its method, or the arm itself where each is a curve and two share a method."""
        methods = tuple(method(arm) for arm in self.arms)
        return self.arms if isinstance(self.x, str) and len(set(methods)) < len(methods) else methods


class All(Assertion, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="all"):
    """Every part holds (intersection-union: each part at the full alpha)."""

    of: Annotated[tuple[Kind, ...], Meta(min_length=1, description="the parts, assertions themselves")]


class Any(Assertion, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="any"):
    """At least one part holds (Holm over the parts)."""

    of: Annotated[tuple[Kind, ...], Meta(min_length=1, description="the parts, assertions themselves")]


Kind = Order | Trend | Threshold | Range | Sign | Equivalence | Collapse | Ratio | Extremum | Interaction | Figure | All | Any


def method(arm: str) -> str:
    """The method of an arm that is drawn: ``"cb"`` of ``"cb_eT"``."""
    return arm.partition("_")[0]


def arms_of(assertion: Assertion) -> tuple[str, ...]:
    """Every arm that an assertion names, in the order named, without repetition."""
    named: list[str] = []
    for field in ("arm", "reference"):
        if value := getattr(assertion, field, None):
            named.append(value)
    named += getattr(assertion, "arms", ()) + getattr(assertion, "among", ())
    named += [arm for pair in getattr(assertion, "pairs", ()) for arm in pair]
    named += [arm for part in getattr(assertion, "of", ()) for arm in arms_of(part)]
    return tuple(dict.fromkeys(named))


def measures_of(assertion: Assertion) -> tuple[str, ...]:
    """Every measure that an assertion reads."""
    parts = getattr(assertion, "of", ())
    own = (assertion.measure,) if isinstance(assertion, Measured) else tuple(getattr(assertion, "axes", ()))
    return tuple(dict.fromkeys(own + tuple(measure for part in parts for measure in measures_of(part))))


def kind_of(assertion: Assertion) -> str:
    """``"order"``: the word for its kind in a claim file."""
    return str(assertion.__struct_config__.tag)
