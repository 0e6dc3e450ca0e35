"""What every assertion kind is: plain data with its statistic, its power and its words.

Every assertion speaks of the mean over training seeds of one measure, in one or several arms; arms
are paired by seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Protocol

import msgspec
from msgspec import Meta

from cbspec.kinds.change import Rule, Way, smaller, unordered
from cbspec.kinds.names import NAMES, MeasureName
from cbspec.stage import Measure
from cbspec.statistics import evidence as combine
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.design import Design
from cbspec.statistics.evidence import StatisticalEvidence
from cbspec.statistics.location import tested
from cbspec.statistics.sample import Measurements

Alpha = Annotated[
    float,
    Meta(gt=0, lt=0.5, description="error rate of this assertion; the claim's alpha when left out"),
]

RARE_MODE = 6
"""Seeds that an assertion about failure begins with: a mode of 1/5 shows among them in 3 of 4 cases,
among three in half.
"""

Problem = tuple[tuple[str | int, ...], str]
"""Path below the assertion and what is wrong there; ``("$name",)`` is a value of the matrix."""


class Written(Protocol):
    """A value of a claim file, and the text that it was written as."""

    @property
    def value(self) -> object: ...

    @property
    def text(self) -> str: ...


class OfAnyKind:
    """Stands for an assertion of any kind in the type of a field.

    msgspec reads a struct by its own fields; a class that is none it leaves to `cbspec.kinds.hook`,
    which knows the kinds.
    """

    __slots__ = ()


class Assertion(
    OfAnyKind,
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
):
    """Base of all kinds.

    A kind overrides `sentence`, and `contrasts` or, for any other statistic, `evidence`.

    Attributes:
        tighter: field -> rule for which change makes the assertion harder to meet; any other change
            counts as looser.
        synonyms: what people call the kind before they know its name.
        tested: whether there is an error rate; what only describes the sample takes no share of
            alpha and cannot be a part of another assertion.
        compares: whether its test pairs the runs of arms with each other.
        by_moments: whether its test depends on mean, spread and n alone, whatever its fields are.
        by_spread: whether its test asks for the spread over runs.
        by_count: whether its test asks for the number of runs.
        conjunctive: whether one sum that is shown beyond its bounds refutes the whole.
    """

    tighter: ClassVar[Mapping[str, Rule]] = {"alpha": smaller}
    synonyms: ClassVar[tuple[str, ...]] = ()
    tested: ClassVar[bool] = True
    compares: ClassVar[bool] = True
    by_moments: ClassVar[bool] = False
    by_spread: ClassVar[bool] = True
    by_count: ClassVar[bool] = True
    conjunctive: ClassVar[bool] = True

    alpha: Alpha | None = None
    test: Annotated[
        Literal["t", "exact", "robust"],
        Meta(
            description="t: paired one-sided t test; exact: sign-flip permutation over seeds; "
            "robust: t, and valid for skewed noise where one arm is compared with a constant"
        ),
    ] = "t"
    note: Annotated[str, Meta(description="why this shape, this margin; shown in the report")] = ""

    @property
    def by_run(self) -> bool:
        """Whether it compares arms run by run."""
        return self.compares

    @property
    def of_moments(self) -> bool:
        """Whether its test depends on mean, spread and n of each arm alone."""
        return self.by_moments and self.test == "t"

    @property
    def of_spread(self) -> bool:
        """Whether its test asks for the spread over runs."""
        return self.by_spread

    @property
    def one_by_one(self) -> bool:
        """Whether it looks at values one by one, and not at their mean and spread."""
        return not self.by_moments and not self.contrasts()

    @property
    def kind(self) -> str:
        """``"order"``: the word for its kind in a claim file."""
        return str(self.__struct_config__.tag)

    @property
    def enumerates(self) -> bool:
        """Whether its test goes through all sign flips, which only so many seeds allow."""
        return self.test == "exact"

    def sentence(self) -> str:
        """Return what is asserted, for people."""
        raise NotImplementedError

    def contrasts(self) -> tuple[Contrast, ...]:
        """Return the sums that all have to lie between their bounds; none for another statistic."""
        return ()

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return the evidence for and against.

        By default: every sum lies between its bounds; one that is shown beyond them refutes.

        Source: Berger 1982 (intersection-union).

        Raises:
            Unmeasured: a value that it reads does not exist.
        """
        return combine.every(tested(contrast, data, self.test) for contrast in self.contrasts())

    def begins_with(
        self,
        measures: Mapping[str, Measure],  # noqa: ARG002 - for kinds that speak about failure
    ) -> int:
        """Return the fewest seeds that its first look may have.

        Args:
            measures: what the catalog declares of the measures that it reads.
        """
        return 1

    def least_p(
        self,
        n: int,
        alpha: float,  # noqa: ARG002 - for kinds whose parts have an alpha of their own
    ) -> float:
        """Return the smallest p that any values over `n` seeds could give; 0 for a t test.

        Args:
            alpha: of an assertion that has none of its own.
        """
        if self.test == "exact":
            return float(2.0**-n)  # all n differences on one side, of 2^n signed sums
        if n > 1:
            return 0.0
        return 1.0

    def missed(self, design: Design) -> str | None:
        """Return why a margin is too narrow for the spreads on record; None where it is not."""
        return design.limited(self.alpha, robust=self.test == "robust").missed(self.contrasts())

    def problems(self) -> Iterator[Problem]:
        """Yield what is of the right type and still asserts nothing."""
        yield from ()

    def misplaced(
        self,
        cell: Mapping[str, Written],  # noqa: ARG002 - for kinds that name the matrix
    ) -> Iterator[Problem]:
        """Yield what does not suit the claim's matrix.

        Args:
            cell: names of the matrix -> their values in this cell.
        """
        yield from ()

    def change(self, field: str, before: object, after: object) -> Way:
        """Return what another value of a field does to the assertion."""
        rules = {**Assertion.tighter, **self.tighter}
        return rules.get(field, unordered)(before, after)

    def alpha_or(self, default: float) -> float:
        """Return its own alpha, or else that of the whole that it belongs to."""
        if self.alpha is None:
            return default
        return self.alpha

    def spelled_out(self, alpha: float) -> Assertion:
        """Return it as it is recorded: without its note, the claim's alpha filled in."""
        return msgspec.structs.replace(self, alpha=self.alpha_or(alpha), note="")


class Measured(Assertion, frozen=True, kw_only=True):
    """Base of the kinds that look at one measure."""

    measure: MeasureName


if TYPE_CHECKING:
    AnyKind = Assertion
else:
    AnyKind = Annotated[
        OfAnyKind,
        Meta(extra={NAMES: "assertion"}, extra_json_schema={"$ref": "#/$defs/assertion"}),
    ]
