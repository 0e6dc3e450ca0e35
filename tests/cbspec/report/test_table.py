from __future__ import annotations

import pytest
from msgspec.structs import replace

from cbspec.ledger import outcome
from cbspec.ledger.notation import interval, number
from cbspec.model.finding import p_value
from cbspec.report import ranked, summary_table

WIDE = """\
claim    verdict    effect              estimate [interval]        memo  vs ledger           s
-------  ---------  ------------------  -----------------------  ------  ----------------  ---
6A.a     refuted    vec - dfa of gamma  -0.020 [-0.032, -0.008]   0.369  flip (was holds)  1.2
8.a      holds      vec - dfa of gamma  0.369 [0.310, 0.430]      0.369  same              1.2"""
WITHOUT_SECONDS = """\
claim    verdict    effect              estimate [interval]        memo  vs ledger
-------  ---------  ------------------  -----------------------  ------  ----------------
6A.a     refuted    vec - dfa of gamma  -0.020 [-0.032, -0.008]   0.369  flip (was holds)
8.a      holds      vec - dfa of gamma  0.369 [0.310, 0.430]      0.369  same"""
WRAPPED = """\
claim    verdict    effect        estimate [interval]        memo  vs ledger
-------  ---------  ------------  -----------------------  ------  ----------------
6A.a     refuted    vec - dfa of  -0.020 [-0.032, -0.008]   0.369  flip (was holds)
                    gamma
8.a      holds      vec - dfa of  0.369 [0.310, 0.430]      0.369  same
                    gamma"""
STACKED = """\
6A.a  refuted  flip (was holds)
  vec - dfa of gamma  -0.020 [-0.032, -0.008]  memo 0.369
8.a  holds  same
  vec - dfa of gamma  0.369 [0.310, 0.430]  memo 0.369"""


@pytest.fixture(scope="module")
def two(record, flipped):
    """A claim as recorded and one that flipped."""
    return [record(old="holds", id="8.a", reason="gamma: vec - dfa = 0.369 lies above 0"), flipped]


@pytest.mark.parametrize(
    ("width", "expected"),
    [(200, WIDE), (94, WIDE), (91, WITHOUT_SECONDS), (87, WRAPPED), (60, STACKED)],
)
def test_table(two, width, expected):
    """Flips stand first; a narrow terminal goes without seconds, then takes several lines for an
    effect's name, then for each claim, and nothing is cut.
    """
    assert summary_table(two, width) == expected


def test_a_terminal_with_colours_has_them(two):
    """Verdicts and changes have their colours where they are wanted."""
    painted = summary_table(two, 200, colour=True)

    assert "\x1b[31mrefuted\x1b[0m" in painted
    assert "\x1b[91mflip\x1b[0m (was \x1b[32mholds\x1b[0m)" in painted


def test_no_records_no_table():
    """A run without claims has no table."""
    assert summary_table([], 80) == ""


def test_ranking(record, flipped):
    """Flips come first, then goalposts, weakened, other failures, then the rest by file and line."""
    held = record(old="holds", id="2")
    moved = replace(held.comparison, change="goalposts")
    records = [
        record(old="holds", id="5"),
        record("refuted", id="4"),
        replace(held, comparison=moved, outcome=outcome(moved, held.judgement)),
        record("inconclusive", old="holds", id="3"),
        record("refuted", old="refuted", id="6"),
        flipped,
    ]

    assert [found.claim for found in ranked(records)] == ["6A.a", "2", "3", "4", "5", "6"]


def test_the_effect_of_the_table_is_the_one_that_the_reason_names(record, finding, effect):
    """Of several effects that one is shown of which the reason speaks, also where another has a
    larger p.
    """
    named, weak = effect(label="named"), effect(label="weak", p=0.04)
    shown = record(
        "refuted",
        reason="gamma: named = 0.369",
        findings=(finding(verdict="refuted", effects=(weak, named)),),
    )

    assert summary_table([shown], 120).splitlines()[-1].split()[2:5] == ["named", "of", "gamma"]


def test_a_claim_without_effect_has_empty_cells(record):
    """A claim that ended in an error is in the table without figures."""
    last = summary_table([record("error", findings=())], 120).splitlines()[-1]

    assert last.split() == ["6A.a", "error", "new", "1.2"]


@pytest.mark.parametrize(
    ("estimate", "low", "high", "expected"),
    [
        (-0.13245, -0.1401, -0.1248, "-0.1325 [-0.1401, -0.1248]"),
        (12.345, 2.0, 22.7, "12 [2, 23]"),
        (1234.5, 200.0, 2270.0, "1.23e+03 [200, 2.27e+03]"),
        (0.5, 0.5, 0.5, "0.5 [0.5, 0.5]"),
        (-0.0001, -0.6, 0.6, "0.00 [-0.60, 0.60]"),
        (0.5, float("-inf"), None, "0.5 (unbounded)"),
        (0.5, None, 0.7, "0.5 [unbounded, 0.7]"),
        (3e-9, 1e-9, 5e-9, "3e-09 [1e-09, 5e-09]"),
    ],
)
def test_intervals_have_the_digits_they_support(effect, estimate, low, high, expected):
    """An estimate has two significant digits of its interval's half width, and never a negative
    zero.
    """
    assert interval(effect(estimate=estimate, low=low, high=high)) == expected


def test_numbers():
    """Single figures have three significant digits, tiny p-values a floor."""
    assert [number(0.31249), number(-0.0), number(None), number(float("inf"))] == [
        "0.312",
        "0",
        "?",
        "inf",
    ]
    assert [p_value(0.0123), p_value(1e-9), p_value(float("nan"))] == [
        "p = 0.012",
        "p < 0.0001",
        "p = ?",
    ]
