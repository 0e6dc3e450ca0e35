"""How simulated values vary from seed to seed, and what their measure declares of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from cbspec.stage import Measure
from cbspec.statistics.sample import Array

UNDECLARED = Measure("", "")

Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]
"""Draws `[arm, trial, seed]`."""


@dataclass(frozen=True)
class Noise:
    """How values vary, and what the measure declares of it.

    Attributes:
        promised: whether error rates are promised for it, as declared.
    """

    draw: Draw
    measure: Measure = UNDECLARED
    promised: bool = True


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.normal(size=shape)


def _correlated(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Every two arms correlate by .8 over seeds."""
    return np.sqrt(0.8) * rng.normal(size=shape[1:]) + np.sqrt(0.2) * rng.normal(size=shape)


def _rounded(step: float) -> Draw:
    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return np.rint(rng.normal(size=shape) / step) * step

    return draw


def _heavy(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Student's t with 3 degrees of freedom, standard deviation 1."""
    return rng.standard_t(3, size=shape) / np.sqrt(3)


def _skewed(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.exponential(size=shape) - 1


def _beta(a: float, b: float) -> Draw:
    """A share or a cosine, with mean 0 and standard deviation 1 as all noise here."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        known = stats.beta(a, b)
        return (rng.beta(a, b, size=shape) - known.mean()) / known.std()

    return draw


def _rare_mode(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """One seed in five fails: lower by two and a half standard deviations."""
    failed = rng.random(shape) < 0.2
    return 0.5 - 2.5 * failed + 1e-2 * rng.normal(size=shape)


_SHARE = Measure("", "", noise="bounded")

NOISE: Mapping[str, Noise] = {
    "normal": Noise(_normal),
    "arms correlated .8": Noise(_correlated),
    "discrete to 1e-4": Noise(_rounded(1e-4), Measure("", "", resolution=1e-4)),
    "heavy": Noise(_heavy, Measure("", "", noise="heavy")),
    "skewed": Noise(_skewed, Measure("", "", noise="heavy")),
    "lognormal": Noise(_normal, Measure("", "", noise="lognormal")),
    "ties": Noise(_rounded(1.0), Measure("", "", resolution=1.0), promised=False),
    "exponential, undeclared": Noise(_skewed, promised=False),
    "rare mode of 1/5": Noise(_rare_mode, promised=False),
    "bounded": Noise(_beta(20, 20), _SHARE),
    "bounded, crowded at one end": Noise(_beta(8, 2), _SHARE, promised=False),
}
BOUNDED = frozenset({"bounded", "bounded, crowded at one end"})
"""The noises of a few cases alone: what t does there is the same for every sum of means."""
