"""Figures from a small ledger: which points are drawn where, and a drawing that names all it shows."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec.structs import replace as replace_fields
from scipy import stats

from cbspec.claim import Claim, Seeds, Source, cell_values
from cbspec.judge import Sample, judge
from cbspec.kinds import Figure
from cbspec.ledger import Entry, Ledger
from cbspec.publication.drawing import caption, colours_of, draw, drawn, svg
from cbspec.publication.figures import FigureTable, tables
from tests.support.specimen import make_claim, make_entry

SEEDS = (42, 123, 456)
ALONG = Figure(
    axes={"gamma": (-1, 1), "rho": (-1, 1)}, arms=("dfa", "vec_m4"), x="depth", facet="alpha"
)
SWEEP = Figure(
    axes={"gamma": (-1, 1)},
    arms=("cb_tgw0", "cb_tgw4"),
    x=(0.0, 4.0),
    title="tgw",
    lines={"gamma": {"none": 0.0}},
)
WORDS = Figure(
    axes={"gamma": (-1, 1)}, arms=("cb_tgw0", "cb_tgw4", "dfa"), x=("eT", "deltaL", "eT"), title="s"
)


def claimed(id: str, *figures: Figure, **changes: object) -> Claim:
    named = {
        "assertions": figures,
        "title": "Credit over depth",
        "scale": "figures",
        "decidable": ("figures", "memo"),
    }
    named["seeds"] = Seeds(pool=SEEDS, start=3)
    return make_claim(
        id=id, source=Source(memo="", reported={"gamma": {"vec_m4": 0.9}}), **{**named, **changes}
    )


def recorded(claim: Claim, *, device: str = "cpu", **values: list[float | None]) -> Entry:
    """The entry of values that all measures of an arm have, `VALUES` unless given."""
    drawn = [
        (measure, arm)
        for figure in claim.assertions
        for measure in figure.axes
        for arm in figure.arms
    ]
    table = {(arm, measure): Sample(values.get(arm, VALUES), SEEDS) for measure, arm in drawn}
    return make_entry(
        claim=claim,
        judgement=judge(claim, table),
        device=device,
    )


VALUES: list[float | None] = [0.2, 0.5, 0.35]
GRID = [
    claimed(f"F.4[alpha={alpha},depth={depth}]", ALONG)
    for alpha in ("0.0", "0.5")
    for depth in (2, 12)
]
PLOT = claimed("F.2", SWEEP, WORDS)


@pytest.fixture
def grid() -> Ledger:
    """Three of four cells, in one of which an arm has a seed without a value."""
    return Ledger(
        [
            recorded(GRID[0]),
            recorded(GRID[1], dfa=[0.1, 0.2, 0.3]),
            recorded(GRID[3], vec_m4=[0.1, None, 0.3]),
        ]
    )


def only(claims: list[Claim], ledger: Ledger) -> FigureTable:
    [table] = tables(claims, ledger)
    return table


def texts(drawing: str) -> list[str]:
    return [
        element.text or ""
        for element in ET.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")
    ]


def test_a_point_has_the_recorded_figures(grid: Ledger) -> None:
    """Panel, column, curve and x come from claim and cell, mean and interval from the record, to
    its six digits.
    """
    point = next(
        each
        for each in only(GRID, grid).points
        if each.claim == "F.4[alpha=0.0,depth=12]" and each.arm == "dfa"
    )
    expected = stats.ttest_1samp([0.1, 0.2, 0.3], 0).confidence_interval(0.95)

    assert (point.measure, point.unit, point.facet, point.curve, point.x) == (
        "gamma",
        "cosine",
        "alpha = 0.0",
        "dfa",
        12.0,
    )
    assert (point.mean, point.n, point.memo) == (0.2, 3, None)
    assert (point.low, point.high) == pytest.approx((expected.low, expected.high), rel=1e-5)


def test_every_arm_of_every_measure_is_a_point(grid: Ledger) -> None:
    """A table has cells on record x measures x arms, in the claim's order; the memo's figure stands
    with its arm.
    """
    table = only(GRID, grid)

    assert [(p.measure, p.curve) for p in table.points[:4]] == [
        ("gamma", "dfa"),
        ("gamma", "vec"),
        ("rho", "dfa"),
        ("rho", "vec"),
    ]
    assert len(table.points) == 3 * 2 * 2
    assert {(p.measure, p.arm) for p in table.points if p.memo == 0.9} == {("gamma", "vec_m4")}


def test_cells_that_are_not_on_record_are_left_out_and_said(grid: Ledger) -> None:
    """The caption counts the cells on record, and the points on record that have no value."""
    table = only(GRID, grid)

    assert (table.cells, table.decidable, len(table.undefined)) == (3, 4, 2)
    assert caption(table) == (
        "scale figures, cpu; mean over 3 seeds, bars: 95 % interval (Student); 3 of 4 cells on record; 2 of 12 points undefined"
    )


def test_a_listed_x_is_that_of_the_arm() -> None:
    """Arms of one method are the points of one curve, at the number or word that stands for each."""
    table = only([PLOT], Ledger([recorded(PLOT)]))

    assert [(p.heading, p.curve, p.x) for p in table.points] == [
        ("tgw", "cb", 0.0),
        ("tgw", "cb", 4.0),
        ("s", "cb", "eT"),
        ("s", "cb", "deltaL"),
        ("s", "dfa", "eT"),
    ]


def test_each_scale_and_device_is_a_figure_of_its_own() -> None:
    """Nothing is drawn across scales or device families, and each has a name of its own."""
    memo = claimed("F.2", SWEEP, WORDS, scale="memo")
    ledger = Ledger([recorded(PLOT), recorded(PLOT, device="cuda"), recorded(memo, device="cuda")])

    assert [table.name for table in tables([PLOT, memo], ledger)] == [
        "F.2.figures",
        "F.2.figures.cuda",
        "F.2.memo.cuda",
    ]


def test_a_figure_without_a_record_is_not_drawn() -> None:
    """Claims without figures, and figures with nothing on record, have no table."""
    assert tables([make_claim(), *GRID], Ledger([make_entry()])) == []


def test_the_values_of_a_cell_stand_in_its_id() -> None:
    """The cell's id is where the ledger has its place in the matrix."""
    assert cell_values("F.4[alpha=0.25,depth=2]") == {"alpha": "0.25", "depth": "2"}
    assert cell_values("F.2") == {}


def test_draw_writes_a_table_and_a_drawing(grid: Ledger, tmp_path: Path) -> None:
    """The CSV has one line per point, empty where nothing is; the same ledger gives the same two
    files.
    """
    written = draw(GRID, grid, tmp_path / "figures")
    first = [path.read_bytes() for path in written]
    rows = list(csv.DictReader(io.StringIO(first[0].decode())))

    assert [path.name for path in written] == ["F.4.figures.csv", "F.4.figures.svg"]
    assert len(rows) == 12
    assert {key: rows[0][key] for key in ("scale", "facet", "curve", "x", "mean", "n", "memo")} == {
        "scale": "figures", "facet": "alpha = 0.0", "curve": "dfa", "x": "2.0", "mean": "0.35", "n": "3", "memo": "",
    }  # fmt: skip
    assert [row["mean"] for row in rows if row["n"] == "0"] == ["", ""]
    assert [path.read_bytes() for path in draw(GRID, grid, tmp_path / "figures")] == first


def test_the_drawing_names_what_it_shows(grid: Ledger) -> None:
    """Every curve, column, measure, x and the caption stand in the SVG as text."""
    table = only(GRID, grid)
    shown = texts(svg(table, colours_of(GRID)))

    for word in (
        "dfa",
        "vec",
        "memo",
        "alpha = 0.0",
        "alpha = 0.5",
        "gamma (cosine)",
        "rho (correlation)",
        "depth",
        "12",
    ):
        assert word in shown
    assert caption(table) in shown
    assert "F.4   Credit over depth" in shown


def test_a_dollar_in_a_title_is_a_dollar(grid: Ledger) -> None:
    """A title is text: a formula that would be none, such as one dollar, is drawn as it stands."""
    priced = [replace(claim, title="Costs $5 a seed, or $x^{") for claim in GRID]

    assert "F.4   Costs $5 a seed, or $x^{" in texts(svg(only(priced, grid), colours_of(priced)))


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@sum", "'@sum"),
        ("\r=1", r"\u000d=1"),
        ("a,\n\u202eb", r"a,\u000a\u202eb"),
        ('1="2"', '1="2"'),
    ],
)
def test_a_title_is_a_text_in_a_spreadsheet(title: str, shown: str) -> None:
    """A title that begins as a formula has an apostrophe before it in the CSV, and one that hides
    something shows it; numbers stay.
    """
    titled = claimed("F.2", replace_fields(SWEEP, title=title))
    table = only([titled], Ledger([recorded(titled, cb_tgw0=[-0.2, -0.5, -0.35])]))
    rows = list(csv.DictReader(io.StringIO(table.csv())))

    assert [row["heading"] for row in rows] == [shown, shown]
    assert rows[0]["mean"] == "-0.35"


def test_lines_across_are_named_in_the_legend() -> None:
    """A horizontal line such as chance has its name beside the curves."""
    assert "none" in texts(svg(only([PLOT], Ledger([recorded(PLOT)])), colours_of([PLOT])))


def test_panels_stand_by_measure_and_column(grid: Ledger) -> None:
    """Rows are measures and columns facets; one column alone is laid down; panels of a measure
    share their limits.
    """
    crossed = drawn(only(GRID, grid), colours_of(GRID)).axes
    single = drawn(only(GRID[:2], grid), colours_of(GRID)).axes

    assert [axes.get_ylabel() for axes in crossed] == [
        "gamma (cosine)",
        "",
        "rho (correlation)",
        "",
    ]
    assert [axes.get_title() for axes in crossed] == ["alpha = 0.0", "alpha = 0.5", "", ""]
    assert crossed[0].get_ylim() == crossed[1].get_ylim()
    assert [axes.get_ylabel() for axes in single] == ["gamma (cosine)", "rho (correlation)"]


def test_a_method_has_one_colour_in_all_figures() -> None:
    """Colours go by the first word of an arm's name, in the order in which the claims name them."""
    colours = colours_of([*GRID, PLOT])

    assert list(colours) == ["dfa", "vec", "cb"]
    assert len(set(colours.values())) == 3
