import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cbspec.judge import Sample, Table
from cbspec.kinds import Assertion, Order, Trend
from tests.cbspec.judge.arms import decided

VALUES = st.lists(st.integers(-1000, 1000).map(lambda i: i / 64 + 1 / 4096), min_size=4, max_size=4)
TRIPLES = st.tuples(VALUES, VALUES, VALUES)
ORDER = Order(measure="x", arms=("a", "b", "c"), direction="ascending")
TREND = Trend(measure="x", arms=("a", "b", "c"), direction="increasing")


def _arms(triple: tuple[list[float], ...]) -> Table:
    return {
        (arm, "x"): Sample(values, (1, 2, 3, 4)) for arm, values in zip("abc", triple, strict=True)
    }


@given(TRIPLES)
@settings(max_examples=50)
def test_negation_turns_the_order_round(triple: tuple[list[float], ...]) -> None:
    """Negated values in the opposite direction give the same finding; the opposite direction
    refutes what holds.
    """
    ascending = decided(ORDER, _arms(triple))
    mirrored = decided(
        Order(measure="x", arms=("a", "b", "c"), direction="descending"),
        _arms(tuple([-x for x in v] for v in triple)),
    )
    opposite = decided(
        Order(measure="x", arms=("a", "b", "c"), direction="descending"), _arms(triple)
    )

    assert (ascending.verdict, ascending.p, ascending.p_against) == (
        mirrored.verdict,
        mirrored.p,
        mirrored.p_against,
    )
    assert ascending.verdict != "holds" or opposite.verdict == "refuted"


@given(TRIPLES, st.integers(-8, 8), st.sampled_from([0.25, 2.0, 64.0]), st.permutations(range(4)))
@settings(max_examples=50)
@pytest.mark.parametrize("assertion", [ORDER, TREND], ids=["order", "trend"])
def test_shift_scale_and_seed_order_do_not_matter(
    assertion: Assertion,
    triple: tuple[list[float], ...],
    shift: int,
    scale: float,
    order: list[int],
) -> None:
    """Comparisons between arms depend neither on the measure's zero and unit nor on the order of
    the seeds.
    """
    moved = _arms(tuple([shift + scale * values[i] for i in order] for values in triple))
    before, after = decided(assertion, _arms(triple)), decided(assertion, moved)

    assert before.verdict == after.verdict
    assert (before.p, before.p_against) == pytest.approx(
        (after.p, after.p_against), rel=1e-9, abs=1e-12
    )
