"""Figures on record, as panels."""

import math

from cbspec.kinds import Figure
from cbspec.report.html.drawings import drawings
from cbspec.report.html.subject import Subject
from tests.support.specimen import make_claim, make_effect, make_entry, make_finding, make_judgement


def drawn(cell, facet, effects):
    figure = Figure(
        axes={"gamma": (-1, 1)},
        arms=("cb_a", "cb_b"),
        x=(0.0, 1.0),
        facet=facet,
        lines={"gamma": {"chance": 0.1}},
        title="weights",
    )
    claim = make_claim(id=cell, assertions=(figure,))
    finding = make_finding(kind="figure", effects=tuple(effects))
    judgement = make_judgement(claim=cell, findings=(finding,))
    return Subject(id=cell, title="T", entries=(make_entry(claim=claim, judgement=judgement),))


def test_cells_of_a_matrix_are_panels_of_one_figure():
    """The values of a facet stand beside each other on one height, a point in each with its
    interval and the memo's value; one that is undefined is left out.
    """
    low = make_effect(label="cb_a", estimate=0.2, low=0.1, high=0.3, reported=0.9)
    high = make_effect(label="cb_b", estimate=0.8, low=0.7, high=0.9, reported=None)
    gap = make_effect(label="cb_b", estimate=math.nan, low=math.nan, high=math.nan)
    [drawing] = drawings(
        [
            drawn("F.4[depth=2]", "depth", [low, high]),
            drawn("F.4[depth=12]", "depth", [low, gap]),
        ]
    )
    left, right = drawing.panels
    [curve] = left.curves

    assert (drawing.claim, drawing.place, drawing.seeds, drawing.columns) == (
        "F.4",
        "quick",
        "3",
        2,
    )
    assert drawing.legend == (("cb", 0),)
    assert (left.title, right.title) == ("weights, depth = 2", "weights, depth = 12")
    assert left.y_ticks == right.y_ticks
    assert left.lines[0][0] == "chance"
    assert [tick.text for tick in left.x_ticks] == ["0", "1"]
    assert curve.dots[0].x < curve.dots[1].x
    assert curve.dots[0].y > curve.dots[1].y
    assert curve.dots[0].high < curve.dots[0].y < curve.dots[0].low
    assert "memo" in curve.dots[0].text
    assert (curve.dots[1].memo, len(right.curves[0].dots)) == (None, 1)


def test_nothing_is_drawn():
    """Claims that draw nothing have no figure."""
    assert drawings([Subject(id="1.a", entries=(make_entry(),))]) == []
