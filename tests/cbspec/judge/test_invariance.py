import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cbspec.judge import Sample, Table
from cbspec.kinds import (
    Assertion,
    Collapse,
    Correlation,
    Iqm,
    Order,
    Quantile,
    Sooner,
    Threshold,
    Trend,
    Unpaired,
)
from cbspec.stage import Measure
from tests.cbspec.judge.arms import decided, quiet

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


OFF_GRID = {"x": Measure("", "", resolution=1.0), "y": Measure("", "", resolution=1.0)}
AS_DRAWN = [0.787, 1.21, 6.673, 0.264, 4.89, 1.161, 0.714, 0.104, 0.735, 2.5, 2.6, 0.9]


@pytest.mark.parametrize(
    "assertion",
    [
        Threshold(measure="x", arms=("a",), above=-0.94),
        Collapse(measure="x", arms=("a",), reference="b", retain=0.3),
        Iqm(measure="x", arms=("a",), minus="b", below=1.0),
        Quantile(measure="x", arms=("a",), minus="b", above=0.0),
        Unpaired(measure="x", arms=("a", "b"), above=0.0, by="permutation"),
        Unpaired(measure="x", arms=("a", "b"), above=0.0, by="mann_whitney"),
        Sooner(measure="x", arms=("a", "b"), limit=4.0),
        Correlation(measures=("x", "y"), arms=("a",), above=0.0),
    ],
    ids=lambda assertion: assertion.kind,
)
def test_seed_order_matters_to_no_kind(assertion: Assertion) -> None:
    """Nothing depends on which seed is the first, though values lie off the grid that the measure's
    resolution says, and though twelve runs an arm split in more ways than are enumerated.
    """
    seeds = tuple(range(12))
    values = np.array(AS_DRAWN)
    columns = {("a", "x"): values, ("b", "x"): values[::-1] + 0.3, ("a", "y"): values[::-1] ** 2}
    findings = []
    for order in (np.arange(12), np.array([4, 9, 0, 11, 2, 7, 1, 3, 10, 5, 8, 6])):
        table = {name: Sample(column[order], seeds) for name, column in columns.items()}
        findings.append(quiet(assertion, table, OFF_GRID))
    before, after = findings

    assert before.p == pytest.approx(after.p)
    assert before.effects[0].estimate == pytest.approx(after.effects[0].estimate)
