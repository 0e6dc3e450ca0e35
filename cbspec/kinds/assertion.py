"""The base class of assertion kinds: plain data with a statistic, a power and a wording.

Unless its kind says otherwise, an assertion is about the mean of a measure over training seeds, in
one or several arms that are paired by seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal, Protocol

import msgspec
from msgspec import Meta

from cbspec.kinds.change import Rule, Way, smaller, unordered
from cbspec.kinds.names import MeasureName
from cbspec.kinds.sums import AS_RATIO
from cbspec.stage import Measure
from cbspec.stage.declaration import declared
from cbspec.statistics import evidence as combine
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.design import Design
from cbspec.statistics.evidence import StatisticalEvidence
from cbspec.statistics.location import tested
from cbspec.statistics.result import Sides
from cbspec.statistics.sample import Measurements

Alpha = Annotated[
    float,
    Meta(gt=0, lt=0.5, description="error rate of this assertion; the claim's alpha when left out"),
]

Problem = tuple[tuple[str | int, ...], str]
"""The path of a field, and what is wrong with it. ``("$name",)`` is a value of the matrix."""


class Written(Protocol):
    """A value of a claim file, together with its text in the file."""

    @property
    def value(self) -> object: ...

    @property
    def text(self) -> str: ...


class OfAnyKind:
    """The type of a field that holds an assertion of any kind.

    It is no struct, so msgspec leaves reading it to `cbspec.kinds.hook`, which knows all kinds.
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
    """Base class of all kinds.

    A kind overrides `sentence`, and either `contrasts`, if it bounds sums of arm means, or
    `evidence`, for any other statistic.

    Attributes:
        tighter: field -> rule that tells which change makes the assertion harder to meet. Any other
            change counts as looser.
        synonyms: other names that people may look for.
        tested: whether the kind has an error rate. One that only describes the sample has none,
            takes no share of alpha and cannot be a part of another assertion.
        tests: the values that `test` may have.
        tested_by: what is said of the kind where `test` has another value.
        compares: whether the test pairs the runs of one arm with those of another.
        by_moments: whether the test needs only mean, spread and n, whatever the fields are.
        by_spread: whether the test needs the spread over runs.
        by_count: whether the test needs the number of runs.
        of_absence: whether a run without a value counts, too.
        conjunctive: whether one sum beyond its bounds refutes the whole assertion.
    """

    tighter: ClassVar[Mapping[str, Rule]] = {"alpha": smaller}
    synonyms: ClassVar[tuple[str, ...]] = ()
    tested: ClassVar[bool] = True
    tests: ClassVar[tuple[str, ...]] = ("t", "exact", "robust")
    tested_by: ClassVar[str] = "which has a test of its own"
    compares: ClassVar[bool] = True
    by_moments: ClassVar[bool] = False
    by_spread: ClassVar[bool] = True
    by_count: ClassVar[bool] = True
    of_absence: ClassVar[bool] = False
    conjunctive: ClassVar[bool] = True

    alpha: Alpha | None = None
    test: Annotated[
        Literal["t", "exact", "robust"],
        Meta(
            description="t: paired one-sided t test; exact: sign flips over seeds, or pairings permuted; "
            "robust: t, and valid for skewed noise where one arm is compared with a constant"
        ),
    ] = "t"
    note: Annotated[str, Meta(description="why this shape, this margin; shown in the report")] = ""

    @property
    def by_run(self) -> bool:
        """Tell whether the assertion compares arms run by run."""
        return self.compares

    @property
    def of_moments(self) -> bool:
        """Tell whether the test needs only mean, spread and n of each arm."""
        return self.by_moments and self.test == "t"

    @property
    def of_spread(self) -> bool:
        """Tell whether the test needs the spread over runs."""
        return self.by_spread

    @property
    def one_by_one(self) -> bool:
        """Tell whether the test needs the single values, not only their mean and spread."""
        return not self.by_moments and not self.contrasts()

    @property
    def kind(self) -> str:
        """Return the name of the kind in claim files, such as ``"order"``."""
        return str(self.__struct_config__.tag)

    @property
    def enumerates(self) -> bool:
        """Tell whether the test goes through all sign flips; each seed doubles their number."""
        return self.test == "exact"

    def sentence(self) -> str:
        """Return the assertion as a sentence for people."""
        raise NotImplementedError

    def contrasts(self) -> tuple[Contrast, ...]:
        """Return the sums of arm means that have to lie between bounds, if the kind bounds sums."""
        return ()

    def claimed(self) -> dict[tuple[str, str], Sides]:
        """Return (measure, label) -> the bounds that pages show of an effect that is no such sum."""
        return {}

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return the evidence for and against the assertion.

        By default the assertion holds if every sum of `contrasts` is shown to lie between its
        bounds, and is refuted if one is shown to lie beyond them.

        Args:
            data: the measured values.

        Raises:
            Unmeasured: a value that the assertion reads does not exist.

        Source: Berger 1982 (intersection-union test).
        """
        return combine.every(tested(contrast, data, self.test) for contrast in self.contrasts())

    def begins_with(
        self,
        measures: Mapping[str, Measure],  # noqa: ARG002 - for kinds that speak about failure
    ) -> int:
        """Return the fewest seeds that the first interim analysis may have."""
        return 1

    def unsuited(self, measures: Mapping[str, Measure]) -> Iterator[str]:
        """Yield why no test of this keeps its level under the noise that the measures declare."""
        for contrast in self.contrasts():
            if declared(measures, contrast.measure).noise == "lognormal" and contrast.additive:
                yield f"{contrast.label}: {AS_RATIO}"
                return

    def least_p(
        self,
        n: int,
        alpha: float,  # noqa: ARG002 - for kinds whose parts have an alpha of their own
    ) -> float:
        """Return the smallest p-value that any values could give; 0 for a t test.

        Args:
            n: the number of seeds.
            alpha: the claim's error rate, for an assertion without its own.
        """
        if self.test == "exact":
            return float(2.0**-n)  # all n differences on one side, of 2^n signed sums
        if n > 1:
            return 0.0
        return 1.0

    def least_p_of(self, runs: Sequence[int], alpha: float) -> float:
        """Return the same for arms over runs of their own, so many each."""
        return self.least_p(min(runs), alpha)

    def missed(self, design: Design) -> str | None:
        """Return why the seeds cannot show a margin, by the recorded spread; None if they can."""
        return design.limited(self.alpha, robust=self.test == "robust").missed(self.contrasts())

    def judged_under(
        self,
        measures: Mapping[str, Measure],  # noqa: ARG002 - for kinds whose test depends on it
    ) -> Assertion:
        """Return the assertion with the test that the declared noise demands."""
        return self

    def problems(self) -> Iterator[Problem]:
        """Yield the fields whose values have the right type but make no sense."""
        yield from ()

    def misplaced(
        self,
        cell: Mapping[str, Written],  # noqa: ARG002 - for kinds that name the matrix
    ) -> Iterator[Problem]:
        """Yield the fields that contradict the claim's matrix.

        Args:
            cell: name in the matrix -> its value in this cell.
        """
        yield from ()

    def change(self, field: str, before: object, after: object) -> Way:
        """Tell whether another value of a field makes the assertion tighter or looser."""
        rules = {**Assertion.tighter, **self.tighter}
        return rules.get(field, unordered)(before, after)

    def alpha_or(self, default: float) -> float:
        """Return the assertion's own alpha; the default if it has none."""
        if self.alpha is None:
            return default
        return self.alpha

    def spelled_out(self, alpha: float) -> Assertion:
        """Return the assertion as the ledger has it: with the claim's alpha, without its note."""
        return msgspec.structs.replace(self, alpha=self.alpha_or(alpha), note="")


class Measured(Assertion, frozen=True, kw_only=True):
    """Base class of the kinds that read one measure."""

    measure: MeasureName
