"""The design of a claim: what its seeds can show of a sum, given its spread over seeds on record."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from cbspec.model.number import count
from cbspec.statistics import student
from cbspec.statistics.contrast import Contrast

POWER = 0.8  # at which a number of seeds is advised

Spreads = Mapping[tuple[str, str], float]
"""(measure, label) of an effect -> its standard deviation over seeds."""


@dataclass(frozen=True, kw_only=True)
class Design:
    """The seeds, the error rate and the spreads that a margin has to be wide enough for.

    Attributes:
        analyses: seeds of each interim analysis -> the part of alpha that it may spend.
        alpha: error rate of the assertion.
        share: the part of alpha that Holm's rule leaves to this one of several.
        robust: whether one arm by itself is guarded against skew.
    """

    analyses: Mapping[int, float]
    alpha: float
    spreads: Spreads
    share: float = 1.0
    robust: bool = False

    def limited(self, alpha: float | None, *, parts: float = 1, robust: bool = False) -> Design:
        """Return the design of one of the `parts` of an assertion, with the smaller of the alphas."""
        return replace(
            self,
            alpha=min(self.alpha, alpha or self.alpha),
            share=self.share / parts,
            robust=self.robust or robust,
        )

    def missed(self, contrasts: Iterable[Contrast]) -> str | None:
        """Return why a sum cannot be shown between its bounds; None if all can.

        Of several reasons, that of the sum that varies most is returned. Two one-sided tests fail
        even at the very middle; a bound by itself can always be exceeded far enough.
        """
        known: list[tuple[float, Contrast]] = []
        for contrast in contrasts:
            spread = self.spreads.get((contrast.measure, contrast.label))
            if spread is not None:
                known.append((spread, contrast))
        for spread, contrast in sorted(known, key=lambda pair: pair[0], reverse=True):
            reason = self._missed(contrast, spread)
            if reason:
                return reason
        return None

    def _missed(self, contrast: Contrast, spread: float) -> str | None:
        half = (contrast.high - contrast.low) / 2
        if math.isinf(half):
            return None
        guarded = self.robust and not contrast.balanced
        alpha = self.alpha * self.share
        # Both one-sided tests can pass only where half the distance of the bounds exceeds t standard
        # errors: then a mean in the very middle is far enough from either (Schuirmann 1987)
        reached = []
        for n, part in self.analyses.items():
            if n > 1:
                t = student.critical(alpha * part, n, guarded=guarded)
                reached.append(t * spread / math.sqrt(n))
        if not reached or min(reached) < half:
            return None
        asked = "no number of seeds would do"
        enough = student.needed(
            0.0, spread, alpha, low=-half, high=half, guarded=guarded, target=POWER
        )
        if enough:
            asked = f"about {count(enough, 'seed')} are needed"
        return (
            f"{count(max(self.analyses), 'seed')} can never show {contrast.label} to lie within {half:.4g} "
            f"of {(contrast.low + contrast.high) / 2:.4g} where it varies by {spread:.3g} "
            f"from seed to seed (they reach {min(reached):.2g} at best); {asked}"
        )
