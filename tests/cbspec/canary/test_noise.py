"""The noise of a measure follows from evidence and from the canary's platforms."""

from __future__ import annotations

import pytest

from cbspec.canary.calibration import calibrated
from cbspec.canary.noise import noise_of
from cbspec.canary.platforms import PlatformRun
from cbspec.ledger import Evidence, NoiseRecord, compare
from cbspec.ledger.measured_noise import MeasureNoise, RoundingNoise
from cbspec.model.values import Values
from tests.support.specimen import (
    make_effect,
    make_entry,
    make_figures,
    make_finding,
    make_judgement,
)

UNITS = {"gamma": "cosine"}


def evidence(claim, scale="quick", **arms):
    """What a claim was judged on, of one measure that is called gamma."""
    values = Values(seeds=(1, 2), arms={arm: {"gamma": column} for arm, column in arms.items()})
    return Evidence(claim=claim, scale=scale, device="cpu", values=values)


def noise(*known, calibration=None):
    return noise_of(known, calibration, UNITS, "2026-01-02")


def test_the_spread_over_seeds_is_pooled_over_arms():
    """Two arms that vary by 2 and by 4 about means of their own: the variances 2 and 8 have one
    degree of freedom each. An arm that two claims share counts once, one without values not at all.
    """
    [gamma] = noise(
        evidence("1.a", one=(0.0, 2.0), other=(10.0, 14.0)),
        evidence("1.b", one=(0.0, 2.0), none=(None, 3.0)),
    ).measures

    [seeds] = gamma.seeds
    assert seeds.sd == pytest.approx(5**0.5, rel=1e-2)
    assert (seeds.arms, seeds.values) == (2, 4)


def test_the_least_difference_is_below_three_quarters_of_them():
    """Differences of arms of one claim, whose seeds are paired, and of no two claims."""
    [gamma] = noise(
        evidence("1.a", a=(0.0, 0.0), b=(0.0, 1.0)),
        evidence("1.b", a=(0.0, 0.0), b=(0.0, 2.0)),
        evidence("1.c", a=(0.0, 0.0), b=(0.0, 3.0)),
        evidence("1.d", a=(0.0, 0.0), b=(0.0, 4.0)),
    ).measures

    [seeds] = gamma.seeds
    assert seeds.least_difference == pytest.approx(0.5**0.5, rel=1e-2)
    assert seeds.differences == 4


def test_rounding_is_what_the_platforms_of_the_canary_showed():
    """The usual spread is that of three quarters of the claims; what no stage measures is left out."""
    names = ("1.a", "1.b", "1.c", "1.d")
    first = {name: make_figures((0.5, 0.25), claim=name) for name in names}
    second = {}
    for name, spread in zip(names, (0.001, 0.001, 0.002, 0.004), strict=True):
        second[name] = make_figures((0.5 + spread, 0.25), claim=name)
    runs = [PlatformRun("one", "2.14", first), PlatformRun("other", "2.14", second)]

    [gamma] = noise(calibration=calibrated(runs, date="2026-01-02", commit="ab12")).measures

    assert gamma.rounding == RoundingNoise(
        usual=pytest.approx(0.002, rel=0.05),
        largest=pytest.approx(0.004, rel=0.05),
        claims=4,
        platforms=2,
    )
    assert gamma.seeds == ()


def test_a_record_is_read_as_it_was_written(tmp_path):
    """Without a file there is no noise, and nothing is known of a measure."""
    place = tmp_path / "noise.json"
    known = noise(evidence("1.a", a=(0.0, 0.0), b=(0.0, 1.0)))

    before = NoiseRecord.load(place)
    known.save(place)

    assert before == NoiseRecord()
    assert before.least_difference("gamma", "quick") is None
    assert NoiseRecord.load(place) == known
    assert known.least_difference("gamma", "quick") == pytest.approx(0.5**0.5, rel=1e-2)
    assert known.least_difference("gamma", "memo") is None
    assert known.least_difference("gamma", "quick", "percent") is None


def entry(estimate):
    """A verdict on an arm whose seeds agree to the last bit."""
    figures = {"estimate": estimate, "low": estimate, "high": estimate, "spread": 0.0}
    finding = make_finding(effects=(make_effect(**figures),))
    return make_entry(judgement=make_judgement(findings=(finding,)))


@pytest.mark.parametrize(
    ("usual", "unit", "change"),
    [
        (0.0, "cosine", "shift"),
        (0.0005, "cosine", "drift"),
        (0.01, "cosine", "same"),
        (0.01, "ratio", "shift"),
    ],
)
def test_an_effect_without_spread_may_move_by_rounding(usual, unit, change):
    """An effect whose seeds agree has no standard error: what rounding does to its measure stands
    for it, if both are in the same unit.
    """
    rounding = RoundingNoise(usual=usual, largest=usual, claims=1, platforms=2)
    measure = MeasureNoise(measure="gamma", unit=unit, rounding=rounding)
    known = NoiseRecord(date="2026-01-02", measures=(measure,))

    assert compare(entry(1.0), entry(1.0005), known).change == change
    assert compare(entry(1.0), entry(1.0005)).change == "shift"
