"""The kind ``any``: at least one part holds."""

from __future__ import annotations

from typing import ClassVar

from cbspec.kinds.change import fewer_parts
from cbspec.kinds.compound import Compound
from cbspec.statistics import evidence as combine
from cbspec.statistics.design import Design
from cbspec.statistics.evidence import StatisticalEvidence
from cbspec.statistics.sample import Measurements


class Any(Compound, frozen=True, kw_only=True, tag="any"):
    """At least one part holds (Holm over the parts)."""

    synonyms = ("or",)
    tighter: ClassVar = {"of": fewer_parts}
    conjunctive = False

    def sentence(self) -> str:
        """Return the parts."""
        return "; or ".join(self.sentences())

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return the evidence of at least one part; refuted when every part is.

        Source: Holm 1979.
        """
        return combine.some(self.weighed(data))

    def least_p(self, n: int, alpha: float) -> float:
        """Return the least p of the part that needs fewest seeds, as one of several parts."""
        # Holm's first step holds the smallest of m p-values to alpha / m
        return min(1.0, min(self.least_ps(n, alpha)) * len(self.of))

    def missed(self, design: Design) -> str | None:
        """Return why none of the parts can be shown."""
        reasons = self.reasons(design.limited(self.alpha, parts=len(self.of)))
        if len(reasons) < len(self.of):
            return None
        return "; ".join(reasons)
