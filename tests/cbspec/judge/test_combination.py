from collections.abc import Callable

import numpy as np
import pytest

from cbspec.assertion import All, Any, Assertion, Order
from cbspec.judge import Table
from tests.cbspec.judge.arms import CB, DFA, VEC, decided, greater

Tabled = Callable[..., Table]


def test_all_takes_the_weakest_part_any_the_strongest(table: Table) -> None:
    """all has the largest p of its parts, any the smallest times their number; refuting any takes every part."""
    up = Order(measure="x", arms=("dfa", "cb"), direction="ascending")
    more = Order(measure="x", arms=("cb", "vec"), direction="ascending")
    down = Order(measure="x", arms=("vec", "cb"), direction="ascending")
    ps = [greater(CB - DFA), greater(VEC - CB)]

    both, either, neither = (decided(kind, table) for kind in (All(of=(up, more)), Any(of=(up, down)), Any(of=(down, down))))

    assert ("holds", pytest.approx(max(ps))) == (both.verdict, both.p)
    assert ("holds", pytest.approx(2 * ps[0])) == (either.verdict, either.p)
    assert ("refuted", pytest.approx(ps[1])) == (neither.verdict, neither.p_against)


def test_a_part_keeps_its_own_alpha(table: Table) -> None:
    """A part with a stricter alpha has to be shown at that."""
    step = Order(measure="x", arms=("dfa", "cb"), direction="ascending")
    p = decided(step, table).p
    own = Order(measure="x", arms=("dfa", "cb"), direction="ascending", alpha=p / 2)

    assert (decided(All(of=(step,)), table).verdict, decided(All(of=(own,)), table).verdict) == ("holds", "inconclusive")


def test_a_part_with_a_larger_alpha_does_not_raise_the_wholes(table: Table) -> None:
    """What a part by itself would be shown at is no easier for the whole: its error rate is its own."""
    step = Order(measure="x", arms=("dfa", "cb"), direction="ascending")
    p = decided(step, table).p
    loose = Order(measure="x", arms=("dfa", "cb"), direction="ascending", alpha=0.4)

    assert decided(loose, table).verdict == "holds"
    for kind in (All, Any):
        whole = decided(kind(of=(loose,), alpha=p / 2), table)
        assert (whole.verdict, whole.p) == ("inconclusive", pytest.approx(p))


def test_the_reason_names_the_test_that_decides(table: Table) -> None:
    """The sentence is about the part that p, or p against, comes from, also where parts are joined of parts."""

    def step(one: str, other: str) -> Order:
        return Order(measure="x", arms=(one, other), direction="ascending")

    small, large = step("dfa", "cb"), step("dfa", "oracle")  # both rise, the second with the smaller p
    up, down = All(of=(small, large)), Any(of=(step("cb", "dfa"), step("oracle", "dfa")))
    wholes = (up, Any(of=(small, large)), down, Any(of=(up, step("cb", "dfa"))), All(of=(up, down)))
    found = [decided(whole, table) for whole in wholes]

    assert [finding.verdict for finding in found] == ["holds", "holds", "refuted", "holds", "refuted"]
    named = [finding.reason.split(" = ")[0].removeprefix("x: ") for finding in found]
    assert named == ["cb - dfa", "oracle - dfa", "dfa - cb", "cb - dfa", "dfa - cb"]
    among = [finding.reason.removesuffix(")").rpartition("seeds, ")[2] for finding in found]
    assert among == ["the weakest of 2", "the strongest of 2", "the strongest of 2", "one of 3", "one of 4"]


def test_the_outlook_is_that_of_the_part_that_decides_first(tabled: Tabled) -> None:
    """Of an any the strongest part decides, of an all the one that points the other way, at its share of alpha."""
    noise = np.array([0.9, -1.1, 0.4, -0.6, 1.2, -0.8])
    wide = tabled(a=np.zeros(6), far=0.5 + noise, near=0.05 + noise, below=-0.5 + noise)

    def step(arm: str, alpha: float = 0.05) -> Order:
        return Order(measure="x", arms=("a", arm), direction="ascending", alpha=alpha)

    def seeds(assertion: Assertion) -> int:
        found = decided(assertion, wide)
        assert found.verdict == "inconclusive"
        return int(found.reason.split("about ")[1].split(" seeds")[0])

    [alone] = decided(step("far"), wide).effects
    assert seeds(step("far")) == alone.needed
    assert seeds(step("far", 0.025)) == seeds(Any(of=(step("far"), step("near"))))
    assert seeds(All(of=(step("far"), step("near")))) == seeds(step("near")) > seeds(step("far"))
    assert seeds(All(of=(step("near"), step("below")))) == seeds(step("below", 0.025)) < seeds(step("near"))
