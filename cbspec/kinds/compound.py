"""The base class of kinds that are made of other assertions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec
from msgspec import Meta

from cbspec.kinds.assertion import Assertion, OfAnyKind
from cbspec.kinds.names import NAMES
from cbspec.stage import Measure
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.design import Design
from cbspec.statistics.evidence import StatisticalEvidence, strictness
from cbspec.statistics.result import Sides
from cbspec.statistics.sample import Measurements

if TYPE_CHECKING:
    AnyKind = Assertion
else:
    AnyKind = Annotated[
        OfAnyKind,
        Meta(extra={NAMES: "assertion"}, extra_json_schema={"$ref": "#/$defs/assertion"}),
    ]


class Compound(Assertion, frozen=True, kw_only=True):
    """An assertion made of parts. A part without its own alpha has that of the whole."""

    of: Annotated[
        tuple[AnyKind, ...],
        Meta(min_length=1, description="the parts, assertions themselves"),
    ]

    tests: ClassVar[tuple[str, ...]] = ("t",)
    tested_by: ClassVar[str] = "whose parts say how they are tested"

    @property
    def enumerates(self) -> bool:
        """Tell whether the test of a part goes through all sign flips."""
        return any(part.enumerates for part in self.of)

    def begins_with(self, measures: Mapping[str, Measure]) -> int:
        """Return the fewest seeds of a first analysis, by the part that needs most."""
        return max(part.begins_with(measures) for part in self.of)

    def judged_under(self, measures: Mapping[str, Measure]) -> Assertion:
        """Return the assertion with parts that the declared noise demands."""
        parts = tuple(part.judged_under(measures) for part in self.of)
        return msgspec.structs.replace(self, of=parts)

    def unsuited(self, measures: Mapping[str, Measure]) -> Iterator[str]:
        """Yield why no test of a part keeps its level."""
        for part in self.of:
            yield from part.unsuited(measures)

    @property
    def by_run(self) -> bool:
        """Tell whether a part compares arms run by run."""
        return any(part.by_run for part in self.of)

    @property
    def of_spread(self) -> bool:
        """Tell whether a part needs the spread over runs."""
        return any(part.of_spread for part in self.of)

    @property
    def one_by_one(self) -> bool:
        """Tell whether a part needs the single values."""
        return any(part.one_by_one for part in self.of)

    @property
    def of_moments(self) -> bool:
        """Tell whether every part needs only mean, spread and n."""
        return all(part.of_moments for part in self.of)

    def contrasts(self) -> tuple[Contrast, ...]:
        """Return the sums that the parts bound."""
        contrasts: list[Contrast] = []
        for part in self.of:
            contrasts += part.contrasts()
        return tuple(contrasts)

    def claimed(self) -> dict[tuple[str, str], Sides]:
        """Return the bounds of the parts' effects."""
        bounds: dict[tuple[str, str], Sides] = {}
        for part in self.of:
            bounds = part.claimed() | bounds
        return bounds

    def spelled_out(self, alpha: float) -> Assertion:
        """Return the assertion as the ledger records it, parts included."""
        level = self.alpha_or(alpha)
        parts = tuple(part.spelled_out(level) for part in self.of)
        return msgspec.structs.replace(self, alpha=level, note="", of=parts)

    def weighed(self, data: Measurements) -> list[StatisticalEvidence]:
        """Return the evidence of each part, scaled so that it is read at the alpha of the whole."""
        weighed = []
        for part in self.of:
            alpha = part.alpha or self.alpha
            # The alpha is filled in first, since parts of the part take theirs from it
            evidence = msgspec.structs.replace(part, alpha=alpha).evidence(data)
            weighed.append(evidence.scaled(strictness(alpha, self.alpha)))
        return weighed

    def least_ps(self, n: int, alpha: float) -> list[float]:
        """Return the smallest p-value of each part, scaled to be read at the alpha of the whole."""
        level = self.alpha_or(alpha)
        return [part.least_p(n, level) * strictness(part.alpha, level) for part in self.of]

    def sentences(self) -> list[str]:
        """Return the sentence of each part."""
        return [part.sentence() for part in self.of]

    def reasons(self, design: Design) -> list[str]:
        """Return, for each part that its seeds cannot show, why."""
        reasons = []
        for part in self.of:
            reason = part.missed(design)
            if reason:
                reasons.append(reason)
        return reasons
