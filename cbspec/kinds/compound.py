"""Base of the kinds that are made of other assertions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from cbspec.kinds.assertion import AnyKind, Assertion, Problem
from cbspec.stage import Measure
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.evidence import StatisticalEvidence, strictness
from cbspec.statistics.sample import Measurements


class Compound(Assertion, frozen=True, kw_only=True):
    """An assertion of parts, each at the alpha of the whole where it has none of its own."""

    of: Annotated[
        tuple[AnyKind, ...],
        Meta(min_length=1, description="the parts, assertions themselves"),
    ]

    @property
    def enumerates(self) -> bool:
        """Whether the test of a part goes through all sign flips."""
        return any(part.enumerates for part in self.of)

    def begins_with(self, measures: Mapping[str, Measure]) -> int:
        """Return what the part that needs most begins with."""
        return max(part.begins_with(measures) for part in self.of)

    @property
    def by_run(self) -> bool:
        """Whether a part compares arms run by run."""
        return any(part.by_run for part in self.of)

    @property
    def of_spread(self) -> bool:
        """Whether a part asks for the spread over runs."""
        return any(part.of_spread for part in self.of)

    @property
    def one_by_one(self) -> bool:
        """Whether a part looks at values one by one."""
        return any(part.one_by_one for part in self.of)

    @property
    def of_moments(self) -> bool:
        """Whether this holds for every part."""
        return all(part.of_moments for part in self.of)

    def contrasts(self) -> tuple[Contrast, ...]:
        """Return every sum that a part bounds."""
        return tuple(contrast for part in self.of for contrast in part.contrasts())

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the parts, and parts that have no p-value."""
        for index, part in enumerate(self.of):
            if not part.tested:
                named = f"{'an' if part.kind[0] in 'aeiou' else 'a'} {part.kind}"
                message = f"{named} is asserted by itself, not as a part of all or any"
                yield ("of", index, "kind"), message
                continue
            for path, message in part.problems():
                yield ("of", index, *path), message

    def spelled_out(self, alpha: float) -> Assertion:
        """Return it as it is recorded, the parts too."""
        level = alpha if self.alpha is None else self.alpha
        parts = tuple(part.spelled_out(level) for part in self.of)
        return msgspec.structs.replace(self, alpha=level, note="", of=parts)

    def weighed(self, data: Measurements) -> list[StatisticalEvidence]:
        """Return the evidence of each part, scaled to be read at the alpha of the whole."""
        parts = (msgspec.structs.replace(part, alpha=part.alpha or self.alpha) for part in self.of)
        return [part.evidence(data).scaled(strictness(part.alpha, self.alpha)) for part in parts]

    def least_ps(self, n: int, alpha: float) -> list[float]:
        """Return the smallest p that each part could have, read at the alpha of the whole."""
        level = alpha if self.alpha is None else self.alpha
        return [part.least_p(n, level) * strictness(part.alpha, level) for part in self.of]
