"""Tables that fit a terminal and cut nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbspec.text_table import TextTable, coloured


def table():
    drawn = TextTable(
        "claim",
        "verdict",
        "effect",
        "memo",
        "s",
        right=("memo", "s"),
        wraps=("effect",),
        lead=("claim", "verdict"),
        spare=("s",),
        coloured=("verdict",),
    )
    drawn.row("1.a", "holds", "a long difference of two long arms", "0.12", "1.5")
    drawn.row("2.a", "refuted", "short", "", "12.0")
    return drawn


WIDE = """\
claim    verdict    effect                                memo     s
-------  ---------  ----------------------------------  ------  ----
1.a      holds      a long difference of two long arms    0.12   1.5
2.a      refuted    short                                       12.0"""
WITHOUT_SECONDS = """\
claim    verdict    effect                                memo
-------  ---------  ----------------------------------  ------
1.a      holds      a long difference of two long arms    0.12
2.a      refuted    short"""
WRAPPED = """\
claim    verdict    effect               memo
-------  ---------  -----------------  ------
1.a      holds      a long difference    0.12
                    of two long arms
2.a      refuted    short"""
STACKED = """\
1.a  holds
  a long difference of two long arms
  memo 0.12
2.a  refuted
  short"""


@pytest.mark.parametrize(
    ("width", "expected"),
    [(None, WIDE), (68, WIDE), (67, WITHOUT_SECONDS), (45, WRAPPED), (40, STACKED)],
)
def test_a_narrow_terminal_takes_more_lines(width, expected):
    """First a spare column goes, then running text takes several lines, then each row does."""
    assert table().text(width) == expected


@pytest.mark.parametrize("width", range(1, 120))
def test_no_line_is_wider_than_the_terminal(width):
    """Whatever the width, no line exceeds it, and every letter of a cell is there."""
    text = table().text(width)
    letters = re.sub(r"\s", "", text)

    assert max(map(len, text.splitlines())) <= width
    for word in ("1.a", "refuted", "0.12", "2.a"):
        assert word in letters
    assert len(re.findall("[d]", letters)) >= len(re.findall("[d]", "holds difference refuted"))


def test_colours_are_of_verdicts_alone():
    """A verdict has its colour in its own column, and none where colours are not wanted."""
    drawn = TextTable("claim", "verdict", "title", coloured=("verdict",))
    drawn.row("1.a", "holds", "what holds")
    plain, painted = drawn.text(80), drawn.text(80, colour=True)

    assert "\x1b" not in plain
    assert painted.count("\x1b[32mholds\x1b[0m") == 1
    assert re.sub(r"\x1b\[\d+m", "", painted) == plain


@given(st.text())
def test_a_cell_is_one_line_without_controls(text):
    """Whatever a cell holds, it controls neither the terminal nor the table."""
    drawn = TextTable("cell")
    drawn.row(f"cell {text}")

    assert str(drawn).count("\n") == 2
    assert "\x1b" not in str(drawn)


def test_colours_are_kept_in_a_narrow_terminal():
    """Where each row takes several lines, a verdict has its colour and a title has none."""
    drawn = TextTable(
        "claim", "on record", "title", wraps=("on record", "title"), lead=("claim",),
        coloured=("on record",),
    )  # fmt: skip
    drawn.row("1.a", "holds", "what holds")
    drawn.row("2.a", "holds (memo, cpu)", "what is shown or holds")

    assert drawn.text(30, colour=True).splitlines() == [
        "1.a",
        "  \x1b[32mholds\x1b[0m  what holds",
        "2.a",
        "  \x1b[32mholds\x1b[0m (memo, cpu)",
        "  what is shown or holds",
    ]


def test_words_within_words_have_no_colour():
    """Only a whole word is a verdict."""
    assert coloured("upholds, errors") == "upholds, errors"
    assert coloured("flip (was holds)") == "\x1b[91mflip\x1b[0m (was \x1b[32mholds\x1b[0m)"
