import math
from collections.abc import Callable

import numpy as np
import pytest

from cbspec.claim import Claim, Seeds
from cbspec.judge import Sample, Table, alpha_at, judge, next_analysis
from cbspec.kinds import Order, Sign

Claimed = Callable[..., Claim]
Tabled = Callable[..., Table]

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


@pytest.mark.parametrize(("start", "most"), [(3, 12), (2, 11), (6, 6), (1, 40)])
def test_looks_spend_alpha_exactly(start: int, most: int) -> None:
    """The levels of all looks add up to alpha, each positive."""
    levels = [alpha_at(n, _seeds(start, most), 0.05) for n in _seeds(start, most).analyses]

    assert min(levels) > 0
    assert sum(levels) == pytest.approx(0.05)


def test_pocock_type_spending() -> None:
    """A quarter and half of the seeds have spent alpha log(1 + (e - 1) t) by then (Lan and DeMets
    1983).
    """
    levels = [alpha_at(n, _seeds(3, 12), 0.05) for n in (3, 6, 12)]
    spent = [0.05 * math.log(1 + (math.e - 1) * t) for t in (0.25, 0.5, 1)]

    assert levels == pytest.approx([spent[0], spent[1] - spent[0], spent[2] - spent[1]])
    assert levels == pytest.approx([0.01787, 0.01313, 0.01900], abs=1e-5)


def test_without_escalation_alpha_is_whole() -> None:
    """A claim that starts with all its seeds spends alpha at once."""
    assert alpha_at(5, _seeds(5, 5), 0.05) == 0.05


def test_inconclusive_draws_more_until_there_are_none(claimed: Claimed, tabled: Tabled) -> None:
    """An undecided claim goes to the next look, a decided one and one at its last look do not."""
    undecided = np.array([0.3, -0.2, 0.1, 0.4, -0.3, 0.2] * 2)
    claim = claimed(UP, start=3, most=12)

    following = [
        next_analysis(judge(claim, tabled(a=np.zeros(n), b=undecided[:n])), claim.seeds)
        for n in (3, 6, 12)
    ]
    decided = next_analysis(
        judge(claim, tabled(a=np.zeros(3), b=[0.3, 0.3001, 0.2999])), claim.seeds
    )

    assert following == [6, 12, None]
    assert decided is None


def test_only_curable_invalidity_draws_more(claimed: Claimed, tabled: Tabled) -> None:
    """A control not shown yet may be shown by more seeds; one shown to fail, or a value that does
    not exist, may not.
    """
    claim = claimed(
        UP, controls=[Sign(measure="x", arms=("c",), sign="positive")], start=3, most=12
    )
    shown = tabled(a=[0.0, 0.0, 0.0], b=[0.3, 0.3001, 0.2999])
    lost = {("c", "x"): Sample((None, 1.0, 1.0), (42, 123, 456))}

    waiting, failed, gone = (
        judge(claim, shown | column)
        for column in (tabled(c=[1.0, 2.0, -0.5]), tabled(c=[-1.0, -1.0, -1.0]), lost)
    )

    assert {waiting.verdict, failed.verdict, gone.verdict} == {"invalid"}
    assert [next_analysis(judgement, claim.seeds) for judgement in (waiting, failed, gone)] == [
        6,
        None,
        None,
    ]
