from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cbspec.ledger import outcome
from cbspec.ledger.notation import interval, number, p_value
from cbspec.report import ranked, summary_table
from cbspec.report.table import shortened

WIDE = """\
claim    verdict    effect              estimate [interval]        memo  vs ledger           s
-------  ---------  ------------------  -----------------------  ------  ----------------  ---
6A.a     refuted    vec - dfa of gamma  -0.020 [-0.032, -0.008]   0.369  flip (was holds)  1.2
8.a      holds      vec - dfa of gamma  0.369 [0.310, 0.430]      0.369  same              1.2"""
SHORTER = """\
claim    verdict    effect         estimate [interval]        memo  vs ledger
-------  ---------  -------------  -----------------------  ------  ----------------
6A.a     refuted    vec - dfa ...  -0.020 [-0.032, -0.008]   0.369  flip (was holds)
8.a      holds      vec - dfa ...  0.369 [0.310, 0.430]      0.369  same"""
WITHOUT_MEMO = """\
claim    verdict    effect        estimate [interval]      vs ledger
-------  ---------  ------------  -----------------------  ----------------
6A.a     refuted    vec - dfa...  -0.020 [-0.032, -0.008]  flip (was holds)
8.a      holds      vec - dfa...  0.369 [0.310, 0.430]     same"""
FIGURES = """\
claim    verdict    estimate [interval]      vs ledger
-------  ---------  -----------------------  ----------------
6A.a     refuted    -0.020 [-0.032, -0.008]  flip (was holds)
8.a      holds      0.369 [0.310, 0.430]     same"""
BARE = """\
claim    verdict    vs ledger
-------  ---------  ----------------
6A.a     refuted    flip (was holds)
8.a      holds      same"""


@pytest.fixture(scope="module")
def two(record, flipped):
    """A claim as recorded and one that flipped."""
    return [record(old="holds", id="8.a", reason="gamma: vec - dfa = 0.369 lies above 0"), flipped]


@pytest.mark.parametrize(
    ("width", "expected"),
    [(200, WIDE), (94, WIDE), (84, SHORTER), (75, WITHOUT_MEMO), (61, FIGURES), (36, BARE)],
)
def test_table(two, width, expected):
    """Flips stand first, and a narrow terminal gives up names, seconds, memo and figures, in that
    order.
    """
    assert [
        line.rstrip() for line in summary_table(two, width).splitlines()
    ] == expected.splitlines()


@pytest.mark.parametrize("width", range(1, 140))
def test_no_line_is_wider_than_the_terminal(two, width):
    """Whatever the width, no line exceeds it, and every claim has its line."""
    lines = summary_table(two, width).splitlines()

    assert (len(lines), max(map(len, lines)) <= width) == (4, True)


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


@given(text=st.text(), width=st.integers(1, 40))
def test_shortened(text, width):
    """A text is cut to the width, and left alone where it fits."""
    cut = shortened(text, width)

    assert len(cut) == min(len(text), width)
    assert cut == text or text.startswith(cut.removesuffix("..."))


@pytest.mark.parametrize(
    ("estimate", "low", "high", "expected"),
    [
        (-0.13245, -0.1401, -0.1248, "-0.1325 [-0.1401, -0.1248]"),
        (12.345, 2.0, 22.7, "12 [2, 23]"),
        (1234.5, 200.0, 2270.0, "1.23e+03 [200, 2.27e+03]"),
        (0.5, 0.5, 0.5, "0.5 [0.5, 0.5]"),
        (-0.0001, -0.6, 0.6, "0.00 [-0.60, 0.60]"),
        (0.5, float("-inf"), None, "0.5 [-inf, ?]"),
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
