"""Claims drawn by the thousand and judged as a run judges: how often does each kind err?

On its boundary `holds` and `refuted` may each occur in at most alpha of the trials. Noise has mean 0
and standard deviation 1 in every arm and seed; where a measure declares that its noise is lognormal,
it is a factor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cbspec.claim import Claim, Seeds, Source
from cbspec.judge.again import verdicts
from cbspec.stage import Call, NoParameters, Stage
from cbspec.statistics.sample import Array
from tests.cbspec.judge.cases import BoundaryCase
from tests.cbspec.judge.noise import NOISE
from tests.support.specimen import make_claim

ALPHA = 0.05


@dataclass(frozen=True)
class ErrorRates:
    """Fractions of trials."""

    holds: float
    refuted: float
    trials: int

    @property
    def bound(self) -> float:
        """alpha + 3 standard errors of the simulation."""
        return ALPHA + 3 * float(np.sqrt(ALPHA * (1 - ALPHA) / self.trials))


def claim_of(case: BoundaryCase, noise: str, seeds: Seeds) -> Claim:
    """A claim of one assertion over measures that declare the noise."""
    measure = NOISE[noise].measure
    stage = Stage("drawn", "drawn", "", measures={"x": measure, "y": measure})
    call = Call(stage, NoParameters())
    return make_claim(
        id="1.a",
        source=Source(memo="", reported={}),
        arms=dict.fromkeys(case.means, call),
        seeds=seeds,
        assertions=(case.assertion,),
        alpha=ALPHA,
    )


def named(drawn: Mapping[str, Array]) -> dict[tuple[str, str], Array]:
    """(arm, measure) -> values; "a y" is the measure y of the arm a."""
    columns = {}
    for name, values in drawn.items():
        arm, _, measure = name.partition(" ")
        columns[arm, measure or "x"] = values
    return columns


def rates(
    case: BoundaryCase, noise: str, seeds: Seeds, trials: int, rng: np.random.Generator
) -> ErrorRates:
    """How often the case is said to hold, and to be refuted, at any look."""
    trials = min(trials, case.trials)
    drawn = case.drawn(noise, len(seeds.pool), trials, rng)
    verdict = verdicts(claim_of(case, noise, seeds), named(drawn))
    holds, refuted = (float(np.mean(verdict == word)) for word in ("holds", "refuted"))
    return ErrorRates(holds, refuted if case.boundary else 0.0, trials)


def shown(case: BoundaryCase, n: int, trials: int, rng: np.random.Generator) -> float:
    """How often the case is shown at one look under normal noise: its power, where the means lie
    beyond the boundary.
    """
    return rates(replace(case, trials=trials), "normal", fixed(n), trials, rng).holds


def fixed(n: int) -> Seeds:
    """n seeds at once."""
    return Seeds(pool=tuple(range(n)), start=n)
