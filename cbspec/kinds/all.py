"""The kind ``all``: every part holds."""

from __future__ import annotations

from typing import ClassVar

from cbspec.kinds.change import Way, holds_each, tighter_if
from cbspec.kinds.compound import Compound
from cbspec.statistics import evidence as combine
from cbspec.statistics.design import Design
from cbspec.statistics.evidence import StatisticalEvidence
from cbspec.statistics.sample import Measurements


def _parts_added(before: object, after: object) -> Way:
    """Return tighter if no part was removed, since all parts have to hold."""
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    return tighter_if(holds_each(after, before))


class All(Compound, frozen=True, kw_only=True, tag="all"):
    """Every part holds (intersection-union: each part at the full alpha)."""

    synonyms = ("and",)
    tighter: ClassVar = {"of": _parts_added}

    def sentence(self) -> str:
        """Return the parts."""
        return "; and ".join(self.sentences())

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return the evidence of every part, each at the full alpha. Source: Berger 1982."""
        return combine.every(self.weighed(data))

    def least_p(self, n: int, alpha: float) -> float:
        """Return the least p of the part that needs most seeds."""
        return min(1.0, max(self.least_ps(n, alpha)))

    def missed(self, design: Design) -> str | None:
        """Return why a part cannot be shown."""
        reasons = self.reasons(design.limited(self.alpha))
        if not reasons:
            return None
        return "; ".join(reasons)
