"""What the seeds of a claim can show of a sum, given its spread over seeds on record."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from cbspec.statistics import student
from cbspec.statistics.contrast import Contrast

POWER = 0.8  # at which a number of seeds is advised

Spreads = Mapping[tuple[str, str], float]
"""(measure, label) of an effect -> its standard deviation over seeds."""


@dataclass(frozen=True, kw_only=True)
class Reach:
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

    def limited(self, alpha: float | None, *, parts: float = 1, robust: bool = False) -> Reach:
        """Return the reach of an assertion with its own alpha, as one of `parts` that share it."""
        return replace(
            self,
            alpha=min(self.alpha, alpha or self.alpha),
            share=self.share / parts,
            robust=self.robust or robust,
        )

    def missed(self, contrasts: Iterable[Contrast]) -> str | None:
        """Return why a sum cannot be shown between its bounds; None if all can.

        Of several reasons, that of the sum that varies most is returned. Two one-sided tests fail
        even at the very middle; a bound by itself is never out of reach.
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
        half, guarded = (contrast.high - contrast.low) / 2, self.robust and not contrast.balanced
        if math.isinf(half):
            return None
        alpha = self.alpha * self.share
        levels = {n: alpha * part for n, part in self.analyses.items() if n > 1}
        reached = [
            student.critical(level, n, guarded=guarded) * spread / math.sqrt(n)
            for n, level in levels.items()
        ]
        if not reached or min(reached) < half:
            return None
        bounds = {"low": -half, "high": half}
        enough = student.needed(0.0, spread, alpha, **bounds, guarded=guarded, target=POWER)
        asked = f"about {counted(enough)} are needed" if enough else "no number of seeds would do"
        return (
            f"{counted(max(self.analyses))} can never show {contrast.label} to lie within {half:.4g} "
            f"of {(contrast.low + contrast.high) / 2:.4g} where it varies by {spread:.3g} "
            f"from seed to seed (they reach {min(reached):.2g} at best); {asked}"
        )


def counted(n: int) -> str:
    """Return ``"3 seeds"``."""
    return f"{n} seed{'s' if n != 1 else ''}"
