"""The simulation of ``tests/bench/statistics.py`` in small: fixed draws, so a rate beyond its bound
is a change of the judge.
"""

import numpy as np
import pytest

from cbspec.claim import Seeds
from cbspec.judge import Sample, judge
from cbspec.kinds import BUILT_IN, Equivalence, Order, Sign, Stated
from cbspec.kinds.registry import word_of
from cbspec.statistics import student
from cbspec.statistics.contrast import Contrast
from cbspec.statistics.location import Location
from cbspec.statistics.sample import Measurements
from tests.cbspec.judge.cases import CASES, BoundaryCase, stated
from tests.cbspec.judge.noise import BOUNDED, NOISE
from tests.cbspec.judge.simulation import ALPHA, claim_of, fixed, named, rates, shown

TRIALS = 3000
LOOKS = Seeds(pool=tuple(range(12)), start=3)
ONE_SIDED = {"low": 0.0, "high": np.inf}


@pytest.mark.parametrize("name", CASES)
def test_errs_at_most_alpha(name: str) -> None:
    """On the boundary of its null, under the noise that its measure declares, a kind neither holds
    nor is refuted more often than alpha: at one look, and over all looks.
    """
    case = CASES[name]
    for noise in sorted(case.promised):
        for seeds in (fixed(3), fixed(10), LOOKS):
            found = rates(case, noise, seeds, TRIALS, np.random.default_rng(5))

            assert found.holds <= found.bound, noise
            assert found.refuted <= found.bound, noise


WITHOUT_BOUNDARY = {
    "sign": {"lognormal"},  # never 0
    "unpaired": {"arms correlated .8"},  # runs of their own share nothing
    "sooner": {"arms correlated .8"},
}


@pytest.mark.parametrize("kind", [kind for kind in BUILT_IN if kind.tested], ids=word_of)
def test_every_kind_meets_every_noise(kind: type) -> None:
    """Each kind with a test has a case on its boundary under each noise that has one there."""
    if kind is Stated:
        return  # compares what is printed, and tests nothing
    noises = set()
    for case in CASES.values():
        if type(case.assertion) is kind:
            noises |= case.noises

    assert noises - BOUNDED == set(NOISE) - BOUNDED - WITHOUT_BOUNDARY.get(word_of(kind), set())


@pytest.mark.parametrize(
    "weights", [{"a": 1.0, "b": -1.0}, {"a": 1.0}, {"a": 1.0, "b": -0.5}], ids=str
)
def test_intervals_cover_their_level(weights: dict[str, float]) -> None:
    """Under normal noise an interval covers as often as it says, to a hundredth."""
    rng = np.random.default_rng(7)
    contrast = Contrast(label="", measure="x", weights=weights, low=0.0)
    for n, miss in ((2, 0.05), (3, 0.05), (6, 0.023), (10, 0.1)):
        table = {
            (arm, "x"): Sample(rng.normal(size=(20_000, n)), tuple(range(n))) for arm in weights
        }
        low, high = Location(contrast, Measurements(table)).interval(miss)

        assert np.mean((low <= 0) & (high >= 0)) == pytest.approx(1 - miss, abs=0.01)


@pytest.mark.parametrize("n", [3, 5, 10])
def test_power_matches_the_closed_form(n: int) -> None:
    """A paired step, a lone arm and an equivalence are shown as often as their power says, within
    2 %.
    """
    rng = np.random.default_rng(n)
    step = stated(Order, arms=("a", "b"), direction="descending", margin=2.0)
    order = shown(BoundaryCase(step, {"a": 2 + 1.5 * np.sqrt(2), "b": 0}), n, 20_000, rng)
    negative = stated(Sign, arms=("a",), sign="negative")
    sign = shown(BoundaryCase(negative, {"a": -2.0}), n, 20_000, rng)
    near = stated(Equivalence, arms=("a", "b"), margin=3.0)
    equal = shown(BoundaryCase(near, {"a": 0, "b": 0}), n, 20_000, rng)

    assert order == pytest.approx(student.power(1.5, 1, n, ALPHA, **ONE_SIDED), abs=0.02)
    assert sign == pytest.approx(student.power(2, 1, n, ALPHA, **ONE_SIDED), abs=0.02)
    assert equal == pytest.approx(student.power(0, np.sqrt(2), n, ALPHA, low=-3, high=3), abs=0.02)


@pytest.mark.parametrize("name", CASES)
def test_simulated_rows_are_judged_as_claims_are(name: str) -> None:
    """What the simulation counts is what `judge` says of each row."""
    case, rows = CASES[name], 12
    drawn = named(case.drawn("normal", 4, rows, np.random.default_rng(3)))
    claim = claim_of(case, "normal", fixed(4))
    verdicts = []
    for row in range(rows):
        table = {column: Sample(values[row], (1, 2, 3, 4)) for column, values in drawn.items()}
        verdicts.append(judge(claim, table).verdict)
    found = rates(case, "normal", fixed(4), rows, np.random.default_rng(3))

    assert found.holds == verdicts.count("holds") / rows
    if case.boundary:
        assert found.refuted == verdicts.count("refuted") / rows
