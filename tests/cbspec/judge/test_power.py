import pytest
from msgspec import structs
from scipy import stats

from cbspec.claim import Seeds
from cbspec.judge import alpha_at, lint
from cbspec.judge.power import lint_runs
from cbspec.kinds import (
    All,
    Any,
    Assertion,
    Correlation,
    Equivalence,
    Order,
    Range,
    RankTrend,
    Ratio,
    Share,
    Sign,
    Unpaired,
)
from cbspec.stage import Measure
from cbspec.statistics import student

T = Order(measure="x", arms=("a", "b"), direction="ascending")
EXACT = Order(measure="x", arms=("a", "b"), direction="ascending", test="exact")
TREND = RankTrend(measure="x", arms=("a", "b", "c"), direction="increasing")


def _seeds(start: int, most: int | None = None) -> Seeds:
    return Seeds(pool=tuple(range(most or start)), start=start)


@pytest.mark.parametrize(
    ("assertion", "seeds", "needed"),
    [
        (EXACT, 3, 5),
        (EXACT, 4, 5),
        (T, 1, 2),
        (TREND, 1, 2),
        (Any(of=(EXACT, EXACT)), 5, 6),
        (All(of=(EXACT, T)), 3, 5),
        (Share(measure="x", arms=("a",), above=0.0, more_than=0.1, less_than=0.8), 6, 7),
        (Ratio(measure="x", arms=("a", "b"), above=2.0, test="exact"), 5, 6),
        (Ratio(measure="x", arms=("a", "b"), above=2.0, test="exact", sign="positive"), 4, 5),
    ],
)
def test_names_the_seeds_needed(assertion: Assertion, seeds: int, needed: int) -> None:
    """Too few seeds for the smallest p there can be: the message names the fewest that reach alpha,
    and those pass.
    """
    message = lint(assertion, _seeds(seeds), 0.05)

    assert message is not None
    assert f"at least {needed} seeds are needed at alpha 0.05" in message
    assert lint(assertion, _seeds(needed), 0.05) is None


@pytest.mark.parametrize(
    ("over", "seeds", "alpha", "p"),
    [("seeds", 4, 0.02, "0.042"), ("seeds", 3, 0.05, "0.17"), ("arms", 2, 0.02, "0.028")],
)
def test_a_permuted_correlation_has_a_least_p(over: str, seeds: int, alpha: float, p: str) -> None:
    """Four pairs have 24 pairings: where noise is heavy, or `test: exact` asks for it, alpha below one
    of them is out of reach, also as a part; enough seeds are not refused.
    """
    arms = ("a", "b", "c")
    told = {"x": Measure("", "", noise="heavy", why="quotients")}
    plain = Correlation(measures=("x", "y"), arms=arms, over=over, above=0.0)
    exact = structs.replace(plain, test="exact")
    refused = [
        lint(exact, _seeds(seeds), alpha),
        lint(plain, _seeds(seeds), alpha, measures=told),
        lint(All(of=(plain,)), _seeds(seeds), alpha, measures=told),
    ]

    assert all(f"p is at least {p} and held to {alpha:g}" in str(reason) for reason in refused)
    assert lint(plain, _seeds(4), alpha) is None
    assert lint(exact, _seeds(6), alpha) is None


@pytest.mark.parametrize(
    ("by", "one", "other", "p"),
    [
        ("permutation", 1, 7, "0.12"),
        ("mann_whitney", 2, 4, "0.067"),
        ("welch", 1, 9, "1"),
        ("permutation", 2, 5, None),
        ("welch", 2, 2, None),
    ],
)
def test_arms_over_runs_of_their_own_have_a_least_p(
    by: str, one: int, other: int, p: str | None
) -> None:
    """Of two arms with so many runs the p is at least that of the one split in which they do not
    overlap; a whole is out of reach where all of its parts have to hold, or none can be shown.
    """
    runs = {"a": one, "b": other, "c": 9}
    few = Unpaired(measure="x", arms=("a", "b"), above=0.0, by=by)
    enough = Unpaired(measure="x", arms=("c", "c"), above=0.0)
    found = [
        lint_runs(assertion, runs, 0.05)
        for assertion in (few, All(of=(few, enough)), Any(of=(few, few)))
    ]

    if p is None:
        assert found == [None] * 3
    else:
        text = f"with so few runs ({one} of a and {other} of b) this can never be shown: "
        assert [str(reason) for reason in found] == [
            f"{text}p is at least {p} and held to 0.05"
        ] * 3
    assert lint_runs(Any(of=(few, enough)), runs, 0.05) is None


def test_says_the_least_p() -> None:
    """The message gives the smallest p that could come out, and what it is held to."""
    assert lint(EXACT, _seeds(3), 0.05) == (
        "3 seeds can never show this: p is at least 0.12 and held to 0.05; at least 5 seeds are needed at alpha 0.05"
    )


@pytest.mark.parametrize("assertion", [T, TREND, Sign(measure="x", arms=("a",), sign="positive")])
def test_three_seeds_can_show_most_kinds(assertion: Assertion) -> None:
    """A t test and a trend over three arms can be shown by three seeds."""
    assert lint(assertion, _seeds(3), 0.05) is None


def test_a_later_look_may_decide() -> None:
    """Three seeds that may become twelve are enough for sign flips; five that may become six at
    shared alpha are not.
    """
    assert lint(EXACT, _seeds(3, 12), 0.05) is None
    assert lint(EXACT, _seeds(5, 6), 0.02) is not None


def test_own_alpha_counts() -> None:
    """An assertion with its own alpha is held to that."""
    strict = Order(measure="x", arms=("a", "b"), direction="ascending", test="exact", alpha=0.01)

    assert lint(strict, _seeds(6), 0.05) is not None
    assert lint(strict, _seeds(7), 0.05) is None


@pytest.mark.parametrize("whole", [All, Any])
@pytest.mark.parametrize("part", [EXACT, Equivalence(measure="x", arms=("a", "b"), margin=0.01)])
def test_a_part_with_a_larger_alpha_is_held_to_the_wholes(
    whole: type[All | Any], part: Assertion
) -> None:
    """What three seeds can show at an alpha of .2 they cannot within an assertion at .05, where a
    larger one raises nothing.
    """
    spreads = {("x", "b - a"): 0.0075}
    lax = structs.replace(part, alpha=0.2)
    refused = lint(part, _seeds(3), 0.05, spreads=spreads)

    assert lint(lax, _seeds(3), 0.05, spreads=spreads) is None
    assert refused is not None
    assert lint(whole(of=(lax,)), _seeds(3), 0.05, spreads=spreads) == refused


def test_more_seeds_than_can_be_enumerated() -> None:
    """Sign flips over more than forty seeds are refused with the test to use instead."""
    message = lint(EXACT, _seeds(41), 0.05)

    assert (
        message == "test: exact enumerates the sign flips of at most 40 seeds, not 41; use test: t"
    )


def test_margin_against_a_known_spread() -> None:
    """A margin that two one-sided tests cannot reach with the spread on record is refused; the
    seeds named have power 0.8.
    """
    assertion = Equivalence(measure="x", arms=("a", "b"), margin=0.01)
    enough = student.needed(0, 0.02, 0.05, low=-0.01, high=0.01, guarded=False)

    assert f"about {enough} seeds are needed" in str(
        lint(assertion, _seeds(3), 0.05, spreads={("x", "b - a"): 0.02})
    )
    # 2.92 x 0.0059 / sqrt(3) is just below the margin
    assert lint(assertion, _seeds(3), 0.05, spreads={("x", "b - a"): 0.0059}) is None
    assert stats.t.ppf(0.95, 2) * 0.0059 / 3**0.5 < 0.01 < stats.t.ppf(0.95, 2) * 0.006 / 3**0.5
    assert lint(assertion, _seeds(3), 0.05, spreads={("x", "b - a"): 0.006}) is not None


def test_the_widest_arm_decides() -> None:
    """Of several arms the one that varies most has to be within reach; a side left open always is."""
    assertion = Equivalence(measure="x", arms=("a", "b", "c"), margin=0.01)
    spreads = {("x", "b - a"): 0.001, ("x", "c - a"): 0.02}

    assert "show c - a to lie within 0.01 of 0" in str(
        lint(assertion, _seeds(3), 0.05, spreads=spreads)
    )
    assert lint(structs.replace(assertion, side="below"), _seeds(3), 0.05, spreads=spreads) is None


def test_any_look_may_show_it() -> None:
    """Five seeds that may become six have most of alpha at five: what they can show there is within
    reach.
    """
    assertion = Equivalence(measure="x", arms=("a", "b"), margin=0.01)
    seeds = _seeds(5, 6)
    early, late = (stats.t.isf(alpha_at(n, seeds, 0.05), n - 1) / n**0.5 for n in (5, 6))
    spreads = {("x", "b - a"): 2 * 0.01 / (early + late)}

    assert early < late
    assert lint(assertion, seeds, 0.05, spreads=spreads) is None


def test_any_shares_alpha_over_its_parts() -> None:
    """A margin within reach at alpha is out of reach at the half of it that Holm leaves the first
    of two parts.
    """
    part = Equivalence(measure="x", arms=("a", "b"), margin=0.01)
    spreads = {("x", "b - a"): 0.005}

    assert stats.t.isf(0.05, 2) * 0.005 / 3**0.5 < 0.01 < stats.t.isf(0.025, 2) * 0.005 / 3**0.5
    assert lint(All(of=(part, part)), _seeds(3), 0.05, spreads=spreads) is None
    assert lint(Any(of=(part, part)), _seeds(3), 0.05, spreads=spreads) is not None


def test_a_robust_range_of_one_arm_is_guarded() -> None:
    """One arm has no partner, so a robust test wants its range wider than a pair's."""
    pair = Equivalence(measure="x", arms=("a", "b"), margin=0.01)
    alone = Range(measure="x", arms=("a",), low=0.49, high=0.51, test="robust")

    assert lint(pair, _seeds(3), 0.05, spreads={("x", "b - a"): 0.004}) is None
    assert lint(alone, _seeds(3), 0.05, spreads={("x", "a"): 0.004}) is not None
