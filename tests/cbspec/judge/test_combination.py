from collections.abc import Callable

import numpy as np
import pytest

from cbspec.judge import Table
from cbspec.kinds import All, Any, Assertion, Collapse, Order, Ratio
from tests.cbspec.judge.arms import CB, DFA, VEC, decided, greater

Tabled = Callable[..., Table]


def test_all_takes_the_weakest_part_any_the_strongest(table: Table) -> None:
    """all has the largest p of its parts, any the smallest times their number; refuting any takes
    every part.
    """
    up = Order(measure="x", arms=("dfa", "cb"), direction="ascending")
    more = Order(measure="x", arms=("cb", "vec"), direction="ascending")
    down = Order(measure="x", arms=("vec", "cb"), direction="ascending")
    ps = [greater(CB - DFA), greater(VEC - CB)]

    both, either, neither = (
        decided(kind, table)
        for kind in (All(of=(up, more)), Any(of=(up, down)), Any(of=(down, down)))
    )

    assert ("holds", pytest.approx(max(ps))) == (both.verdict, both.p)
    assert ("holds", pytest.approx(2 * ps[0])) == (either.verdict, either.p)
    assert ("refuted", pytest.approx(ps[1])) == (neither.verdict, neither.p_against)


def test_a_part_keeps_its_own_alpha(table: Table) -> None:
    """A part with a stricter alpha has to be shown at that."""
    step = Order(measure="x", arms=("dfa", "cb"), direction="ascending")
    p = decided(step, table).p
    own = Order(measure="x", arms=("dfa", "cb"), direction="ascending", alpha=p / 2)

    assert (decided(All(of=(step,)), table).verdict, decided(All(of=(own,)), table).verdict) == (
        "holds",
        "inconclusive",
    )


def test_a_part_with_a_larger_alpha_does_not_raise_the_wholes(table: Table) -> None:
    """What a part by itself would be shown at is no easier for the whole: its error rate is its
    own.
    """
    step = Order(measure="x", arms=("dfa", "cb"), direction="ascending")
    p = decided(step, table).p
    loose = Order(measure="x", arms=("dfa", "cb"), direction="ascending", alpha=0.4)

    assert decided(loose, table).verdict == "holds"
    for kind in (All, Any):
        whole = decided(kind(of=(loose,), alpha=p / 2), table)
        assert (whole.verdict, whole.p) == ("inconclusive", pytest.approx(p))


def test_the_reason_names_the_test_that_decides(table: Table) -> None:
    """The sentence is about the part that p, or p against, comes from, also where parts are joined
    of parts.
    """

    def step(one: str, other: str) -> Order:
        return Order(measure="x", arms=(one, other), direction="ascending")

    # Both rise, the second with the smaller p
    small, large = (
        step("dfa", "cb"),
        step("dfa", "oracle"),
    )
    up, down = All(of=(small, large)), Any(of=(step("cb", "dfa"), step("oracle", "dfa")))
    wholes = (up, Any(of=(small, large)), down, Any(of=(up, step("cb", "dfa"))), All(of=(up, down)))
    found = [decided(whole, table) for whole in wholes]

    assert [finding.verdict for finding in found] == [
        "holds",
        "holds",
        "refuted",
        "holds",
        "refuted",
    ]
    named = [finding.reason.split(" = ")[0].removeprefix("x: ") for finding in found]
    assert named == ["cb - dfa", "oracle - dfa", "dfa - cb", "cb - dfa", "dfa - cb"]
    among = [finding.reason.removesuffix(")").rpartition("; ")[2] for finding in found]
    assert among == [
        "the weakest of 2",
        "the strongest of 2",
        "the strongest of 2",
        "one of 3",
        "one of 4",
    ]


def test_the_outlook_is_that_of_the_part_that_decides_first(tabled: Tabled) -> None:
    """Of an any the strongest part decides, of an all the one that points the other way, at its
    share of alpha.
    """
    noise = np.array([0.9, -1.1, 0.4, -0.6, 1.2, -0.8])
    base = np.array([0.2, 0.9, 0.4, 0.1, 0.7, 0.3])
    gains = {"far": 0.5 + noise, "near": 0.15 + noise, "below": -0.5 + noise}
    wide = tabled(a=base, **{arm: base + gain for arm, gain in gains.items()})

    def step(arm: str, alpha: float = 0.05) -> Order:
        return Order(measure="x", arms=("a", arm), direction="ascending", alpha=alpha)

    def seeds(assertion: Assertion) -> int:
        found = decided(assertion, wide)
        assert found.verdict == "inconclusive"
        return int(found.reason.rpartition("; ")[2].split(" ")[0])

    [alone] = decided(step("far"), wide).effects
    assert seeds(step("far")) == alone.needed[0]
    of_any = seeds(Any(of=(step("far"), step("near"))))
    assert seeds(step("far")) < of_any <= seeds(step("far", 0.025))
    of_both = seeds(All(of=(step("far"), step("near"))))
    assert seeds(step("far")) < seeds(step("near")) <= of_both
    of_all = seeds(All(of=(step("near"), step("below"))))
    assert seeds(step("below")) < of_all <= seeds(step("below", 0.025))


def test_arms_of_a_collapse_are_parts(tabled: Tabled) -> None:
    """A collapse refuted by one of its arms names that arm, and its outlook is that of an all of
    one arm each.
    """
    noise = np.array([0.01, -0.02, 0.015, -0.01, 0.02, -0.015])
    table = tabled(ref=0.5 + noise, gone=0.1 - noise, kept=0.45 + noise / 2, half=0.27 - 4 * noise)

    def collapse(*arms: str) -> Collapse:
        return Collapse(measure="x", arms=arms, reference="ref", retain=0.5)

    refuted = decided(collapse("gone", "kept"), table)
    together, apart = (
        decided(collapse("gone", "half"), table),
        decided(All(of=(collapse("gone"), collapse("half"))), table),
    )

    assert (refuted.verdict, refuted.reason.split(" = ")[0]) == ("refuted", "x: kept - 0.5 ref")
    assert together.reason == apart.reason
    assert "seeds would decide" in together.reason


def test_a_ratio_beyond_one_of_two_factors_is_refuted(tabled: Tabled) -> None:
    """A ratio has to lie between both of its factors, and its outlook is that of the nearer one."""
    noise = np.array([0.01, -0.02, 0.015, -0.01, 0.02, -0.015])
    far, near = (
        tabled(over=4 + noise, under=1 - noise),
        tabled(over=1.3 + 3 * noise, under=1 - noise),
    )

    refuted = decided(Ratio(measure="x", arms=("over", "under"), above=0.5, below=2), far)
    open_ = decided(Ratio(measure="x", arms=("over", "under"), above=0.5, below=1.31), near)

    assert refuted.verdict == "refuted"
    assert refuted.reason.startswith("x: over / under = 4")
    assert open_.verdict == "inconclusive"
    assert "seeds would decide" in open_.reason


def test_the_outlook_of_a_part_is_at_its_own_alpha(tabled: Tabled) -> None:
    """A part that is held to a stricter alpha needs as many seeds within a whole as by itself."""
    step = Order(measure="x", arms=("a", "b"), direction="ascending", alpha=0.001)
    base = np.array([0.2, 0.9, 0.4, 0.1, 0.7, 0.3])
    table = tabled(a=base, b=base + 0.5 + np.array([0.9, -1.1, 0.4, -0.6, 1.2, -0.8]))

    outlooks = [
        decided(whole, table).reason.rpartition("; ")[2] for whole in (step, All(of=(step,)))
    ]

    assert outlooks[0] == outlooks[1]
