"""Numbered statements 15 to 23 of ``cbspec/judge/README.md``: several looks, fresh runs, changes."""

import math
from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from scipy import stats

from cbspec.claim import Claim, Seeds
from cbspec.judge import Sample, Table, alpha_at, judge, with_again
from cbspec.judge.again import verdicts
from cbspec.judge.wording import clustered
from cbspec.kinds import (
    Assertion,
    AtLeast,
    Iqm,
    Order,
    Quantile,
    RankTrend,
    Ratio,
    Share,
    Sign,
    Sooner,
    Threshold,
)
from cbspec.ledger import compare, expected_changes
from cbspec.stage import Measure
from cbspec.statistics import assurance
from cbspec.statistics.assurance import Seen
from cbspec.statistics.sample import Array
from tests.cbspec.judge.arms import decided
from tests.cbspec.judge.cases import CASES
from tests.cbspec.judge.simulation import claim_of, named
from tests.support.specimen import make_effect, make_entry, make_finding, make_judgement

Claimed = Callable[..., Claim]
Tabled = Callable[..., Table]

UP = Order(measure="x", arms=("a", "b"), direction="ascending")


def test_15_the_levels_of_looks_are_exact() -> None:
    """At 3 and 6 seeds the first look spends alpha log(1 + (e - 1) / 2); the second has more than
    what a bound would leave it.
    """
    seeds = Seeds(pool=tuple(range(6)), start=3)
    first = 0.05 * math.log(1 + (math.e - 1) / 2)

    assert alpha_at(3, seeds, 0.05) == pytest.approx(first, rel=0.01)
    assert alpha_at(6, seeds, 0.05) > 1.2 * (0.05 - first)


def test_15_a_third_look_takes_from_the_first_two() -> None:
    """With a look at 12 the looks at 3 and at 6 have less than without, so that a claim which never
    gets there is judged otherwise, too.
    """
    two, three = (Seeds(pool=tuple(range(most)), start=3) for most in (6, 12))

    for n in (3, 6):
        assert alpha_at(n, three, 0.05) < 0.8 * alpha_at(n, two, 0.05)


def test_16_the_interval_has_the_level_that_it_says(claimed: Claimed, tabled: Tabled) -> None:
    """At an early look the interval is wider than 95 %, says so, and is Student's at that level; an
    estimate is printed with the digits that tell it from its bound.
    """
    base, step = np.array([0.2, 0.9, 0.4]), np.array([0.25, 0.35, 0.30])
    judgement = judge(claimed(UP, start=3, most=6), tabled(a=base, b=base + step))
    [effect] = judgement.findings[0].effects
    low = stats.ttest_1samp(step, 0).confidence_interval(effect.confidence).low

    assert 0.95 < effect.confidence < 0.98
    assert effect.low == pytest.approx(low)
    near = decided(
        Threshold(measure="x", arms=("a",), below=3.28), tabled(a=[3.2783, 3.2784, 3.2781])
    )
    assert near.reason.startswith("x: a = 3.2783 [")


def test_17_a_look_that_is_left_out_spends_nothing() -> None:
    """A sign begins with three seeds whatever they show; looked at from six on, a claim at its bound
    errs less often, at the level that the second look has anyway.
    """
    seeds = Seeds(pool=tuple(range(6)), start=3)
    case = CASES["sign"]
    claim = claim_of(case, "normal", seeds)
    drawn = named(case.drawn("normal", 6, 20_000, np.random.default_rng(17)))
    both, later = (np.mean(verdicts(claim, drawn, first) != "inconclusive") for first in (0, 6))
    level = alpha_at(6, seeds, 0.05)

    assert case.assertion.begins_with({"x": Measure("", "", noise="normal")}) == 1
    assert both == pytest.approx(2 * 0.05, abs=0.007)
    assert later == pytest.approx(2 * level, abs=0.005)
    assert level < 0.035


def test_18_again_is_the_rate_of_a_fresh_run(claimed: Claimed, tabled: Tabled) -> None:
    """A verdict far from its bound comes again nearly always, one at its bound in about half."""
    base = np.array([0.2, 0.9, 0.4, 0.3, 0.8, 0.6])
    noise = np.array([0.1, -0.2, 0.05, -0.05, 0.2, -0.1])
    claim = claimed(UP, start=6, most=6)
    at_bound = noise.std(ddof=1) / math.sqrt(6) * stats.t.isf(0.05, 5)
    far, near = (
        with_again(judge(claim, table), claim, table)
        for table in (
            tabled(a=base, b=base + 2 + noise),
            tabled(a=base, b=base + 1.001 * at_bound + noise),
        )
    )

    assert (far.verdict, near.verdict) == ("holds", "holds")
    assert far.again is not None
    assert far.again > 0.99
    assert near.again == pytest.approx(0.5, abs=0.06)


def test_18_of_runs_without_a_value_nothing_is_stated(claimed: Claimed) -> None:
    """A run that never reached its target has no value that a fresh one could be drawn from."""
    claim = claimed(Sooner(measure="x", arms=("a", "b"), limit=9.0))
    seeds = claim.seeds.pool
    table = {
        ("a", "x"): Sample([1.1, 2.1, 3.2], seeds),
        ("b", "x"): Sample([5.3, 6.2, None], seeds),
    }
    judgement = judge(claim, table)

    assert judgement.verdict == "holds"
    assert with_again(judgement, claim, table).again is None


def test_18_answers_have_a_flat_prior_on_the_share_of_right_ones(claimed: Claimed) -> None:
    """Six right answers of six come again with probability 7 / 13, the beta-binomial one."""
    claim = claimed(Share(measure="x", arms=("a",), above=0.5, more_than=0.5), start=6, most=6)
    table = {("a", "x"): Sample([1.0] * 6, claim.seeds.pool)}
    judgement = judge(claim, table)

    assert judgement.verdict == "holds"
    assert with_again(judgement, claim, table).again == pytest.approx(7 / 13, abs=0.05)


LIMIT = float(stats.norm.isf(0.05))  # of the mean of a known spread, in standard errors
EFFECTS = np.linspace(-13, 13, 261)  # in standard errors; beyond these every verdict is certain


def repeating(effects: Array) -> Array:
    """The probabilities of refuted, inconclusive and holds, `[effect, verdict]`."""
    refuted, holds = stats.norm.cdf(-LIMIT - effects), stats.norm.sf(LIMIT - effects)
    return np.stack([refuted, 1 - refuted - holds, holds], axis=-1)


def off(effects: Array, prior: Array, rng: np.random.Generator) -> tuple[float, float, float]:
    """How much more is stated than repeats: at most in a tenth, of undecided and of decided verdicts
    that are stated to repeat in less than 0.8.

    Args:
        effects: the true ones, in standard errors.
        prior: how likely the statement takes each of `EFFECTS` to be.
    """
    seen = effects + rng.normal(size=effects.size)
    verdict = np.digitize(seen, [-LIMIT, LIMIT])[:, None]
    weights = prior * np.exp(-((np.clip(seen, -13, 13)[:, None] - EFFECTS) ** 2) / 2)
    weights /= weights.sum(axis=1, keepdims=True)
    told = np.take_along_axis(weights @ repeating(EFFECTS), verdict, axis=1)[:, 0]
    apart = told - np.take_along_axis(repeating(effects), verdict, axis=1)[:, 0]
    tenths, worst = np.minimum((10 * told).astype(int), 9), 0.0
    for tenth in range(10):
        own = apart[tenths == tenth]
        if own.size > effects.size / 40:
            worst = max(worst, abs(float(np.mean(own))))
    unsure, undecided = told < 0.8, verdict[:, 0] == 1
    means = [float(np.mean(apart[unsure & one])) for one in (undecided, ~undecided)]
    return worst, means[0], means[1]


def test_18_no_prior_serves_two_populations() -> None:
    """Of one mean with a known spread: a prior that knows the population is calibrated there and
    far off in the other; the flat one is less wrong in both, and near the boundary its errors about
    undecided and about decided verdicts cancel.
    """
    rng, n = np.random.default_rng(18), 40_000
    spreads = math.sqrt(6) * np.geomspace(0.05, 30, 200)
    near = rng.normal(0, rng.choice(spreads, n))
    within = rng.uniform(-4, 4, n)
    knows_near = np.mean(stats.norm.pdf(EFFECTS[:, None], 0, spreads), axis=1)
    knows_within = (np.abs(EFFECTS) <= 4).astype(float)
    flat = np.ones(EFFECTS.size)

    assert off(near, knows_near, rng)[0] < 0.02
    assert off(within, knows_within, rng)[0] < 0.02
    assert off(within, knows_near, rng)[0] == pytest.approx(0.23, abs=0.03)
    assert off(within, flat, rng)[0] == pytest.approx(0.045, abs=0.015)
    assert off(near, flat, rng)[1:] == pytest.approx((-0.135, 0.21), abs=0.03)


def test_19_seeds_that_would_decide_have_predictive_power() -> None:
    """Extended by draws from the predictive distribution, the seeds named decide in half and in 0.8
    of the cases.
    """
    even, likely = assurance.needed(Seen(6, low=-0.5, high=math.inf), 0.05, 0.05) or (0, 0)
    rng = np.random.default_rng(18)
    trials, n = 20_000, 6
    sd = np.sqrt((n - 1) / rng.chisquare(n - 1, trials))
    mean = 0.5 + sd * rng.normal(size=trials) / math.sqrt(n)
    seen = stats.norm.ppf((np.arange(n) + 0.5) / n)
    seen = 0.5 + (seen - seen.mean()) / seen.std(ddof=1)
    for count, power in ((even, 0.5), (likely, 0.8)):
        fresh = mean[:, None] + sd[:, None] * rng.normal(size=(trials, count - n))
        values = np.concatenate([np.tile(seen, (trials, 1)), fresh], axis=1)
        p = stats.ttest_1samp(values, 0, axis=1, alternative="greater").pvalue

        assert np.mean((p <= 0.05) | (p >= 0.95)) == pytest.approx(power, abs=0.05)


def test_19_one_number_of_seeds_is_no_range(tabled: Tabled) -> None:
    """Where one more seed has an even and a good chance to decide, the reason names it once."""
    parts = [Sign(measure="x", arms=(arm,), sign="positive") for arm in "ab"]
    table = tabled(a=[0.7, 1, 1.4], b=[-0.3, 0.1, 0.4])
    found = decided(AtLeast(k=1, of=(*parts, *parts[1:])), table)

    assert found.reason.endswith("; 4 seeds would decide (a 0.8 chance)")


@pytest.mark.parametrize(
    ("assertion", "named"),
    [
        (Sign(measure="x", arms=("a",), sign="positive"), True),
        (Ratio(measure="x", arms=("b", "a"), above=1.5), True),
        (RankTrend(measure="x", arms=("a", "b", "c"), direction="increasing"), True),
        (Quantile(measure="x", arms=("a",), above=0.0), False),
        (Iqm(measure="x", arms=("a",), above=0.0), False),
    ],
    ids=lambda value: getattr(value, "kind", value),
)
def test_19_it_is_named_of_means_ratios_and_ranks(
    tabled: Tabled, assertion: Assertion, named: bool
) -> None:
    """An undecided finding of these names the seeds that would decide it, any other none."""
    table = tabled(a=[-0.1, 0.4, 0.7], b=[0.2, 0.9, 0.6], c=[0.3, 0.7, 0.9])
    found = decided(assertion, table)

    assert found.verdict == "inconclusive"
    assert ("would decide" in found.reason) == named


def test_20_a_reason_shows_test_values_and_clusters(tabled: Tabled) -> None:
    """The reason names its test and each seed's value, and says where they lie in two clusters."""
    found = decided(
        Sign(measure="x", arms=("a",), sign="positive"),
        tabled(a=[0.91, 0.9, 0.92, 0.93, 0.4, 0.38]),
    )

    assert "t test, p = " in found.reason
    assert "6 seeds: 0.91, 0.9, 0.92, 0.93, 0.4, 0.38" in found.reason
    assert "in two clusters: 2 up to 0.4, 4 from 0.9" in found.reason
    assert clustered(np.array([0.1, 0.2, 0.35, 0.5])) == ""
    assert clustered(0.3 + np.array([0.0, 1e-16, 0.0, 0.0])) == ""


@pytest.mark.parametrize(
    ("errors", "change"), [(0.05, "same"), (0.5, "drift"), (1.9, "drift"), (2.1, "shift")]
)
def test_21_moves_are_graded_in_standard_errors(errors: float, change: str) -> None:
    """An effect may move by a tenth of its standard error unseen, by two as a drift."""

    def recorded(estimate: float):
        effect = make_effect(estimate=estimate, low=0.1, high=0.9, n=4, spread=0.2)
        return make_entry(judgement=make_judgement(findings=(make_finding(effects=(effect,)),)))

    assert compare(recorded(0.5), recorded(0.5 + errors * 0.1)).change == change


@pytest.mark.parametrize(
    ("low", "high", "after", "change"),
    [
        (80.0, 121.0, 40.6, "shift"),
        (80.0, 121.0, 81.0, "drift"),
        (None, 121.0, 40.6, "shift"),
        (90.0, None, 110.0, "drift"),
        (90.0, 100.6, 99.0, "drift"),
        (None, None, 40.6, "drift"),
    ],
)
def test_21_an_effect_without_a_spread_has_the_error_of_its_interval(
    low: float | None, high: float | None, after: float, change: str
) -> None:
    """A median that falls from 100.6 to 40.6 has left its interval, and shifts; without any interval
    nothing tells.
    """

    def recorded(estimate: float):
        ends = (-math.inf if low is None else low, math.inf if high is None else high)
        effect = make_effect(estimate=estimate, low=ends[0], high=ends[1], n=6, spread=None)
        return make_entry(judgement=make_judgement(findings=(make_finding(effects=(effect,)),)))

    assert compare(recorded(100.6), recorded(after)).change == change


@pytest.mark.parametrize(
    ("again", "errors", "change"),
    [(0.7, 0.5, "wobble"), (0.99, 0.5, "weakened"), (0.7, 2.5, "weakened")],
)
def test_22_noise_explains_a_wobble(again: float, errors: float, change: str) -> None:
    """A fragile verdict that changed while its effect moved by less than two standard errors
    wobbles, and tells the probability of that.
    """

    def recorded(verdict: str, estimate: float, evidence: str):
        effect = make_effect(estimate=estimate, low=0.1, high=0.9, n=4, spread=0.2)
        finding = make_finding(verdict=verdict, effects=(effect,))
        judgement = make_judgement(verdict, findings=(finding,), again=again)
        return msgspec.structs.replace(make_entry(judgement=judgement), evidence=evidence)

    comparison = compare(
        recorded("holds", 0.5, "a" * 16), recorded("inconclusive", 0.5 + errors * 0.1, "b" * 16)
    )

    assert comparison.change == change
    if change == "wobble":
        assert comparison.headline.endswith("(noise alone would change it with probability 0.3)")


def test_22_noise_explains_no_other_judgement_of_the_same_effect() -> None:
    """Where only the interval of an effect moved, its values are those on record: a measure declares
    another noise, or a measure that is not asserted is another one.
    """

    def recorded(verdict: str, low: float, evidence: str):
        effect = make_effect(estimate=0.5, low=low, high=1 - low, n=4)
        finding = make_finding(verdict=verdict, effects=(effect,))
        judgement = make_judgement(verdict, findings=(finding,), again=0.7)
        return msgspec.structs.replace(make_entry(judgement=judgement), evidence=evidence)

    comparison = compare(recorded("inconclusive", -0.1, "a" * 16), recorded("holds", 0.1, "b" * 16))

    assert comparison.change == "flip"


def test_22_noise_explains_no_error() -> None:
    """A fragile verdict that ends in an error, or without a value that it had, has not wobbled."""
    old = make_entry(judgement=make_judgement("holds", again=0.7))
    error = make_entry(judgement=make_judgement("error", findings=()))
    lost = make_finding(verdict="invalid", effects=())
    diverged = make_entry(judgement=make_judgement("invalid", findings=(lost,)))

    assert compare(old, error).change == "weakened"
    assert compare(old, diverged).change == "weakened"


def test_23_the_expected_changes_are_a_sum() -> None:
    """Three verdicts that come again with .9, .75 and 1 change in .35 cases on average."""
    entries = [make_entry(judgement=make_judgement(again=again)) for again in (0.9, 0.75, 1.0)]

    assert expected_changes(entries) == (pytest.approx(0.35), 3)
