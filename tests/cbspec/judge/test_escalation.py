import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from cbspec.claim import Claim, Seeds
from cbspec.judge import Sample, Table, alpha_at, judge, next_analysis
from cbspec.judge.escalation import spent_at
from cbspec.judge.power import CLEARLY
from cbspec.kinds import Order, Sign

Claimed = Callable[..., Claim]
Tabled = Callable[..., Table]

BASE = np.array([0.2, 0.9, 0.4, 0.1, 0.7, 0.3] * 2)
SHOWN = np.array([0.3, 0.3001, 0.2999])
UP = Order(measure="x", arms=("a", "b"), direction="ascending")


def _seeds(start: int, most: int) -> Seeds:
    return Seeds(pool=tuple(range(most)), start=start)


@pytest.mark.parametrize(
    ("start", "most", "expected"),
    [(3, 12, (3, 6, 12)), (3, 10, (3, 6, 10)), (5, 5, (5,)), (1, 7, (1, 2, 4, 7)), (4, 5, (4, 5))],
)
def test_looks_double_up_to_all(start: int, most: int, expected: tuple[int, ...]) -> None:
    """Verdicts are taken after the first seeds, each doubling, and all of them."""
    assert _seeds(start, most).analyses == expected


def test_looks_can_be_stated() -> None:
    """Looks of unequal steps are taken as they stand, and a later beginning drops the earlier."""
    seeds = Seeds(pool=tuple(range(12)), start=3, looks=(3, 5, 12))

    assert seeds.analyses == (3, 5, 12)
    assert seeds.beginning_with(5).analyses == (5, 12)


@pytest.mark.parametrize("looks", [(3, 6), (3, 6, 12), (3, 5, 12), (2, 3, 7, 12)])
def test_looks_spend_alpha_exactly(looks: tuple[int, ...]) -> None:
    """Student's t reaches the level of some look in alpha of the cases, not less: the first look
    spends alpha log(1 + (e - 1) t) of its share t of the seeds (Lan and DeMets 1983).
    """
    seeds = Seeds(pool=tuple(range(looks[-1])), start=looks[0], looks=looks)
    noise = np.random.default_rng(1983).normal(size=(100_000, looks[-1]))
    reached = np.zeros(len(noise), dtype=bool)
    for n in looks:
        p = stats.ttest_1samp(noise[:, :n], 0, axis=1, alternative="greater").pvalue
        reached |= p <= alpha_at(n, seeds, 0.05)
        if n == looks[0]:
            first = 0.05 * math.log(1 + (math.e - 1) * n / looks[-1])
            assert alpha_at(n, seeds, 0.05) == pytest.approx(first, rel=0.01)

    assert reached.mean() == pytest.approx(0.05, abs=0.002)


@pytest.mark.parametrize("looks", [(3, 6), (3, 6, 12), (2, 3, 12), (1, 2, 4, 7), (5,)])
def test_the_level_of_a_look_is_at_least_what_it_spends(looks: tuple[int, ...]) -> None:
    """What was shown before is not shown again, so a look may use more than its own part of alpha;
    the parts of the looks from two seeds on, and the level of none, are no more than alpha.
    """
    seeds = Seeds(pool=tuple(range(looks[-1])), start=looks[0], looks=looks)

    parts = [spent_at(n, seeds, 0.05) for n in looks]

    for n, part in zip(looks, parts, strict=True):
        assert CLEARLY * part <= alpha_at(n, seeds, 0.05) <= 0.05
    assert sum(parts) == pytest.approx(0.05) or looks[0] == 1


def test_without_escalation_alpha_is_whole() -> None:
    """A claim that starts with all its seeds spends alpha at once."""
    assert alpha_at(5, _seeds(5, 5), 0.05) == 0.05


def test_inconclusive_draws_more_until_there_are_none(claimed: Claimed, tabled: Tabled) -> None:
    """An undecided claim goes to the next look, a decided one and one at its last look do not."""
    undecided = np.array([0.3, -0.2, 0.1, 0.4, -0.3, 0.2] * 2)
    claim = claimed(UP, start=3, most=12)

    following = [
        next_analysis(judge(claim, tabled(a=BASE[:n], b=BASE[:n] + undecided[:n])), claim.seeds)
        for n in (3, 6, 12)
    ]
    decided = next_analysis(judge(claim, tabled(a=BASE[:3], b=BASE[:3] + SHOWN)), claim.seeds)

    assert following == [6, 12, None]
    assert decided is None


def test_only_curable_invalidity_draws_more(claimed: Claimed, tabled: Tabled) -> None:
    """A control not shown yet may be shown by more seeds; one shown to fail, or a value that does
    not exist, may not.
    """
    claim = claimed(
        UP, controls=[Sign(measure="x", arms=("c",), sign="positive")], start=3, most=12
    )
    shown = tabled(a=BASE[:3], b=BASE[:3] + SHOWN)
    lost = {("c", "x"): Sample((None, 1.0, 1.0), (42, 123, 456))}

    waiting, failed, gone = (
        judge(claim, shown | column)
        for column in (tabled(c=[1.0, 2.0, -0.5]), tabled(c=[-1.0, -1.01, -0.99]), lost)
    )

    assert {waiting.verdict, failed.verdict, gone.verdict} == {"invalid"}
    assert [next_analysis(judgement, claim.seeds) for judgement in (waiting, failed, gone)] == [
        6,
        None,
        None,
    ]
