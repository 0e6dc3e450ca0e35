"""The kind ``collapse``: arms that lose most of what a reference arm has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, ClassVar

from msgspec import Meta

from cbspec.kinds.assertion import Measured, Problem
from cbspec.kinds.change import more, smaller, unordered
from cbspec.kinds.names import Arm, Arms, listed
from cbspec.stage import Measure
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.evidence import Premise, StatisticalEvidence
from cbspec.statistics.location import tested
from cbspec.statistics.sample import Measurements

RARE_MODE = 6
"""The number of seeds that an assertion about failure begins with.

A failure that hits one run in five shows among six runs in 3 of 4 cases, among three in half.
"""


class Collapse(Measured, frozen=True, kw_only=True, tag="collapse"):
    """The arms keep less than a stated part of the reference arm's height above the floor."""

    tighter: ClassVar = {"arms": more, "retain": smaller, "floor": unordered}

    arms: Arms
    reference: Arm
    floor: Annotated[
        float,
        Meta(description="where nothing is left: chance accuracy, a cosine of 0"),
    ] = 0.0
    retain: Annotated[
        float,
        Meta(
            gt=0,
            lt=1,
            description="part of the reference's height that would still be no collapse",
        ),
    ] = 0.5

    def sentence(self) -> str:
        """Return the arms that collapse, and the reference."""
        height = f"the height of {self.reference} above {self.floor:g}"
        return f"{self.measure} of {listed(self.arms)} keeps less than {self.retain:g} of {height}"

    def contrasts(self) -> tuple[Contrast, ...]:
        """Return (arm - floor) - retain (reference - floor), below 0 for every arm."""
        # Without dividing, as a quotient is unstable where the reference is near the floor; what the
        # floor adds to the sum is a constant
        contrasts = []
        for arm in self.arms:
            kept = Contrast(
                label=self._label(arm),
                measure=self.measure,
                weights={arm: 1.0, self.reference: -self.retain},
                offset=(self.retain - 1) * self.floor,
                high=0.0,
            )
            contrasts.append(kept)
        return tuple(contrasts)

    def evidence(self, data: Measurements) -> StatisticalEvidence:
        """Return the evidence, invalid unless the reference is shown above the floor.

        Else there was nothing to lose.
        """
        reference = self.reference
        height = Contrast(
            label=reference,
            measure=self.measure,
            weights={reference: 1.0},
            low=self.floor,
        )
        standing = tested(height, data, self.test)
        reason = f"the reference {reference} is not shown above the floor {self.floor:g}"
        return replace(
            super().evidence(data),
            premises=(Premise(p=standing.p, wanted=True, reason=reason),),
        )

    def begins_with(self, measures: Mapping[str, Measure]) -> int:  # noqa: ARG002 - always
        """Return 6, since three seeds miss a failure of one run in five in half of the cases."""
        return RARE_MODE

    def problems(self) -> Iterator[Problem]:
        """Yield a reference that is among the arms that collapse."""
        if self.reference in self.arms:
            yield ("reference",), "is itself among the arms that collapse"

    def _label(self, arm: str) -> str:
        floor, kept = f"{self.floor:g}", f"{self.retain:g}"
        if not self.floor:
            return f"{arm} - {kept} {self.reference}"
        return f"({arm} - {floor}) - {kept} ({self.reference} - {floor})"
