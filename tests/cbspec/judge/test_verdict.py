from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from cbspec.claim import Claim
from cbspec.judge import Sample, Table, judge
from cbspec.kinds import All, Collapse, Equivalence, Order, Sign, Threshold
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
    """A claim holds when all its assertions do."""
    table = tabled(a=BASE, b=_more(0.30, 0.31, 0.32), c=_more(0.9, 1.0, 1.1))
    judgement = judge(
        claimed(UP, Order(measure="x", arms=("a", "c"), direction="ascending"), a=0.1, b=0.4), table
    )

    assert judgement.verdict == "holds"
    assert judgement.seeds == (42, 123, 456)
    assert [finding.key for finding in judgement.findings] == ["assert[0]", "assert[1]"]
    assert judgement.findings[0].effects[0].reported == pytest.approx(0.3)


@pytest.mark.parametrize("count", [1, 5])
def test_assertions_and_one_all_of_them_agree(claimed: Claimed, tabled: Tabled, count: int) -> None:
    """All assertions have to be shown, each at the full alpha, and any refutes at its share of it:
    listed by themselves, or as the parts of one `all`.
    """
    for step in ([0.1, 0.26, 0.2], [0.3, -0.2, 0.1], [-0.2, -0.3, -0.4], [-0.1, -0.26, -0.2]):
        table = tabled(a=BASE, b=_more(*step))
        listed = judge(claimed(*[UP] * count), table)
        joined = judge(claimed(All(of=(UP,) * count)), table)

        assert listed.verdict == joined.verdict
    weak = judge(claimed(*[UP] * count), tabled(a=BASE, b=_more(0.1, 0.26, 0.2)))
    assert 0.025 < weak.findings[0].p < 0.05
    assert weak.verdict == "holds"


def test_cells_of_a_finding_share_alpha_for_refuting(claimed: Claimed, tabled: Tabled) -> None:
    """One of four cells refutes the finding at a quarter of alpha, and holds at all of it."""
    claim = claimed(UP)
    down, up = tabled(a=BASE, b=_more(-0.1, -0.26, -0.2)), tabled(a=BASE, b=_more(0.1, 0.26, 0.2))

    alone = [judge(claim, table).verdict for table in (down, up)]
    of_four = [judge(replace(claim, cells=4), table).verdict for table in (down, up)]

    assert alone == ["refuted", "holds"]
    assert of_four == ["inconclusive", "holds"]


def test_one_refuted_assertion_refutes(claimed: Claimed, tabled: Tabled) -> None:
    """The opposite of one assertion, shown by Holm, refutes the claim and is its reason."""
    judgement = judge(claimed(UP, DOWN), tabled(a=BASE, b=_more(0.30, 0.31, 0.32)))

    assert judgement.verdict == "refuted"
    assert judgement.reason.startswith(
        "assert[1] (order): x: b - a = 0.31 [0.285, 0.335] is shown not to lie below 0"
    )
    assert [finding.verdict for finding in judgement.findings] == ["holds", "refuted"]


def test_practical_equality_refutes_a_margin(claimed: Claimed, tabled: Tabled) -> None:
    """A gain that had to exceed a margin is refuted by a difference shown to stay within it."""
    margin = Order(measure="x", arms=("a", "b"), direction="ascending", margin=0.1)

    judgement = judge(claimed(margin), tabled(a=BASE, b=_more(0.001, 0.002, 0.0015)))

    assert judgement.verdict == "refuted"


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


def test_before_its_first_look_nothing_is_decided(claimed: Claimed, tabled: Tabled) -> None:
    """Three seeds of a claim that begins with six decide nothing, and the reason says so."""
    judgement = judge(claimed(UP, start=6, most=6), tabled(a=BASE, b=_more(0.30, 0.31, 0.32)))

    assert judgement.verdict == "inconclusive"
    assert judgement.reason == "3 seeds, and it is looked at from 6 seeds on"
