from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from cbspec.claim import Claim
from cbspec.judge import Sample, Table, judge
from cbspec.kinds import Collapse, Equivalence, Order, Sign, Threshold
from cbspec.statistics import holm

Claimed = Callable[..., Claim]
Tabled = Callable[..., Table]

UP = Order(measure="x", arms=("a", "b"), direction="ascending")
DOWN = Order(measure="x", arms=("a", "b"), direction="descending")
SAME = Equivalence(measure="x", arms=("a", "b"), margin=0.01)
BASE = np.array([0.2, 0.9, 0.4])


def _more(*gains: float) -> np.ndarray:
    """What the other arm has, seed by seed above `BASE`."""
    return BASE + np.array(gains)


def test_holm_step_down() -> None:
    """Four p-values at 0.05: the two within 0.05/4 and 0.05/3 are rejected, and the third stops the
    procedure.
    """
    levels = holm.levels([0.01, 0.04, 0.03, 0.005], [0.05] * 4)

    assert pytest.approx(levels) == [0.05 / 3, 0.05 / 2, 0.05 / 2, 0.05 / 4]


def test_holm_stops_at_the_first_failure() -> None:
    """A p-value that its own step would reject stays unshown behind one that failed before it."""
    ps = [0.03, 0.03, 0.03]

    assert not any(p <= level for p, level in zip(ps, holm.levels(ps, [0.05] * 3), strict=True))


def test_all_shown_holds(claimed: Claimed, tabled: Tabled) -> None:
    """A claim holds when all its assertions are; its headroom is that of the closest, at the level
    Holm gave it.
    """
    table = tabled(a=BASE, b=_more(0.30, 0.31, 0.32), c=_more(0.9, 1.0, 1.1))
    judgement = judge(
        claimed(UP, Order(measure="x", arms=("a", "c"), direction="ascending"), a=0.1, b=0.4), table
    )
    t = [stats.ttest_1samp(step, 0).statistic for step in ([0.30, 0.31, 0.32], [0.9, 1.0, 1.1])]

    assert judgement.verdict == "holds"
    assert judgement.seeds == (42, 123, 456)
    assert [finding.key for finding in judgement.findings] == ["assert[0]", "assert[1]"]
    assert judgement.findings[0].effects[0].reported == pytest.approx(0.3)
    assert judgement.headroom == pytest.approx(
        min(t[0] - stats.t.ppf(1 - 0.025, 2), t[1] - stats.t.ppf(1 - 0.05, 2))
    )


def test_holm_over_the_assertions(claimed: Claimed, tabled: Tabled) -> None:
    """Two assertions that would each hold alone at 0.05 do not where the better one misses 0.025."""
    step = np.array([0.1, 0.26, 0.2])
    table = tabled(a=BASE, b=BASE + step)
    alone = judge(claimed(UP), table)
    p = alone.findings[0].p

    assert 0.025 < p < 0.05
    assert (alone.verdict, judge(claimed(UP, UP), table).verdict) == ("holds", "inconclusive")


def test_one_refuted_assertion_refutes(claimed: Claimed, tabled: Tabled) -> None:
    """The opposite of one assertion, shown by Holm, refutes the claim and is its reason."""
    judgement = judge(claimed(UP, DOWN), tabled(a=BASE, b=_more(0.30, 0.31, 0.32)))

    assert judgement.verdict == "refuted"
    assert judgement.reason.startswith(
        "assert[1] (order): x: b - a = 0.31 [0.285, 0.335] is shown not to lie below 0"
    )
    assert [finding.verdict for finding in judgement.findings] == ["holds", "refuted"]
    assert judgement.headroom == pytest.approx(0.31 / (0.01 / 3**0.5) - stats.t.ppf(1 - 0.025, 2))


def test_practical_equality_refutes_a_margin(claimed: Claimed, tabled: Tabled) -> None:
    """A gain that had to exceed a margin is refuted by a difference shown to stay within it."""
    margin = Order(measure="x", arms=("a", "b"), direction="ascending", margin=0.1)

    judgement = judge(claimed(margin), tabled(a=BASE, b=_more(0.001, 0.002, 0.0015)))

    assert judgement.verdict == "refuted"


def test_undecided_has_no_headroom(claimed: Claimed, tabled: Tabled) -> None:
    """Neither shown nor refuted is inconclusive, without a headroom."""
    judgement = judge(claimed(UP, SAME), tabled(a=BASE, b=_more(0.3, -0.2, 0.1)))

    assert (judgement.verdict, judgement.headroom) == ("inconclusive", None)


@pytest.mark.parametrize("broken", ["positive", "negative"])
def test_a_control_that_does_not_hold_invalidates(
    claimed: Claimed, tabled: Tabled, broken: str
) -> None:
    """Whatever the assertions say, a failed control makes the verdict invalid and is named."""
    control = Sign(measure="x", arms=("c",), sign="negative")
    values = [1.0, 1.01, 0.99] if broken == "positive" else [1.0, -1.0, 0.1]

    judgement = judge(
        claimed(UP, controls=[SAME, control]), tabled(a=BASE, b=_more(0.30, 0.31, 0.32), c=values)
    )
    passed = judge(
        claimed(UP, controls=[control]),
        tabled(a=BASE, b=_more(0.30, 0.31, 0.32), c=[-1.0, -1.01, -0.99]),
    )

    assert (judgement.verdict, passed.verdict) == ("invalid", "holds")
    assert judgement.reason.startswith("controls[0] (equivalence) is refuted: ")
    assert judgement.controls[1].verdict == ("refuted" if broken == "positive" else "inconclusive")


def test_an_undefined_value_invalidates(claimed: Claimed, tabled: Tabled) -> None:
    """A value that an assertion reads and that does not exist makes the verdict invalid, with the
    reason; others do not.
    """
    lost = Sample(
        (None, 1.0, 1.0),
        (42, 123, 456),
        undefined={42: "reference gradient below float32 resolution"},
    )
    table = tabled(a=BASE, b=_more(0.30, 0.31, 0.32)) | {("lost", "x"): lost}

    judgement = judge(claimed(Threshold(measure="x", arms=("lost",), above=0.5)), table)

    assert (judgement.verdict, judgement.reason) == (
        "invalid",
        "reference gradient below float32 resolution for lost x seed 42",
    )
    assert judge(claimed(UP), table).verdict == "holds"


def test_a_missing_premise_invalidates(claimed: Claimed, tabled: Tabled) -> None:
    """A collapse from a reference at the floor is no finding."""
    collapse = Collapse(measure="x", arms=("a",), reference="b", floor=0.1)

    judgement = judge(claimed(collapse), tabled(a=[0.1, 0.11, 0.09], b=[0.1, 0.12, 0.08]))

    assert (judgement.verdict, judgement.reason) == (
        "invalid",
        "the reference b is not shown above the floor 0.1",
    )


def test_early_looks_ask_for_more(claimed: Claimed, tabled: Tabled) -> None:
    """What holds over all of three seeds is inconclusive over the first three of twelve, with a
    wider interval.
    """
    table = tabled(a=BASE, b=_more(0.25, 0.35, 0.30))
    p = stats.ttest_1samp([0.25, 0.35, 0.30], 0, alternative="greater").pvalue
    fixed = judge(claimed(UP, start=3, most=3), table)
    early = judge(
        claimed(
            Order(measure="x", arms=("a", "b"), direction="ascending", alpha=1.5 * p),
            start=3,
            most=12,
        ),
        table,
    )

    assert (fixed.verdict, early.verdict) == ("holds", "inconclusive")
    [wide], [narrow] = early.findings[0].effects, fixed.findings[0].effects
    assert wide.low < narrow.low < narrow.high < wide.high


def test_arms_with_different_seeds_are_refused(claimed: Claimed, tabled: Tabled) -> None:
    """Samples over different seeds cannot be paired."""
    with pytest.raises(ValueError, match="arms are paired by seed"):
        judge(claimed(UP), tabled(a=BASE, b=BASE[:2]))


def test_values_and_seeds_have_to_match() -> None:
    """A sample with more values than seeds is refused."""
    with pytest.raises(ValueError, match=r"shape \(3,\) for 2 seeds"):
        Sample((0.1, 0.2, 0.3), (42, 123))
