"""The kind ``at_least``: so many of several parts hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta

from cbspec.kinds.assertion import Problem
from cbspec.kinds.change import fewer_parts, larger
from cbspec.kinds.compound import Compound
from cbspec.statistics import evidence as combine
from cbspec.statistics.design import Design
from cbspec.statistics.evidence import StatisticalEvidence
from cbspec.statistics.sample import Measurements


class AtLeast(Compound, frozen=True, kw_only=True, tag="at_least"):
    """At least `k` of the parts hold (partial conjunction); refuted where too few are left."""

    synonyms = ("some", "most", "majority")
    tighter: ClassVar = {"of": fewer_parts, "k": larger}
    conjunctive = False

    k: Annotated[int, Meta(ge=1, description="how many of the parts have to hold")]

    def sentence(self) -> str:
        """Return the number and the parts."""
        return f"at least {self.k} of: " + "; ".join(self.sentences())

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return the evidence that at least `k` parts hold. Source: Benjamini and Heller 2008."""
        return combine.at_least(self.k, tuple(self.weighed(data)))

    def least_p(self, n: int, alpha: float) -> float:
        """Return the least p of the last part that is needed, by the partial conjunction."""
        # k parts hold unless m - k + 1 are false, and Bonferroni over these multiplies the k-th
        # smallest p by as many (Benjamini and Heller 2008)
        ordered = sorted(self.least_ps(n, alpha))
        return min(1.0, ordered[self.k - 1] * (len(self.of) - self.k + 1))

    def missed(self, design: Design) -> str | None:
        """Return why too few of the parts can be shown."""
        spare = len(self.of) - self.k
        reasons = self.reasons(design.limited(self.alpha, parts=spare + 1))
        if len(reasons) <= spare:
            return None
        return "; ".join(reasons)

    def problems(self) -> Iterator[Problem]:
        """Yield a part that stands there twice, and a `k` greater than the number of parts."""
        for index, part in enumerate(self.of):
            if part in self.of[:index]:
                yield ("of", index), f"is part {self.of.index(part)} again, and would count twice"
        if self.k > len(self.of):
            yield ("k",), f"asks for {self.k} of {len(self.of)} parts"
