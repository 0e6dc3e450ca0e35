"""What the script draws, and how names and numbers beside it wrap."""

import pytest

from tests.browser.apart import NAMES
from tests.browser.views import lines, shown

pytest.importorskip("playwright", reason="needs playwright: pip install -e '.[browser]'")


def test_runs_of_their_own_have_no_lines(desktop, apart_page):
    """No line joins runs of two arms, nothing says that one does, and a dot is told by its own
    arm's count.
    """
    page = desktop.open(apart_page, "#claim-1.a")
    claim = page.locator("article:visible")
    claim.locator("circle").nth(10).wait_for(state="detached")
    plot = claim.locator(".seeds")
    told = []
    for dot in (1, 4):
        plot.locator("circle").nth(dot).hover()
        told.append(page.locator(".tip").inner_text())

    assert plot.locator("circle").count() == 5
    assert lines(plot.locator(".join")) == []
    assert "joined" not in claim.inner_text()
    assert told == [f"{NAMES[0]}, seed 3: 0.75", f"{NAMES[1]}, seed 2: 0.25"]
    assert desktop.faults == []


def test_long_names_of_arms_keep_both_ends(desktop, apart_page):
    """They are cut in the middle, lie within the plot, look different, and have the whole name as
    their title.
    """
    page = desktop.open(apart_page, "#claim-1.a")
    plot = page.locator("article:visible .seeds")
    left = plot.bounding_box()["x"]
    texts = plot.locator(".arm text").all()
    cut = [text.evaluate("text => text.firstChild.data") for text in texts]

    assert [name[:6] for name in cut] == ["transf", "transf"]
    assert [name[-5:] for name in cut] == ["small", "large"]
    assert all("…" in name for name in cut)
    assert all(text.bounding_box()["x"] >= left for text in texts)
    assert [text.locator("title").text_content() for text in texts] == list(NAMES)


def test_short_names_of_arms_are_whole(desktop, run_page):
    """A name that has room is not cut and needs no title."""
    page = desktop.open(run_page, "#claim-1.a")
    names = page.locator("article:visible .seeds").first.locator(".arm text")

    assert names.all_text_contents() == ["without", "with"]
    assert names.locator("title").count() == 0


@pytest.mark.parametrize("width", [1400, 800])
def test_names_and_intervals_break_where_they_may(desktop, apart_page, width):
    """A long name breaks after a `_` and not within a word, and an interval stays on one line."""
    page = desktop.open(apart_page, "#claim-1.a")
    page.set_viewport_size({"width": width, "height": 900})
    row = page.locator("article:visible .decisive, article:visible .effects tbody tr").nth(1)
    name = row.locator("th").evaluate(BROKEN)
    interval = row.locator("td").nth(1).locator("span")

    assert len(name) > 2
    assert all(line.rstrip().endswith(("_", "-", "small", "large")) for line in name), name
    assert interval.inner_text() == "[-0.01, 0.55]"
    assert interval.bounding_box()["height"] < 30


BROKEN = """head => {
    const lines = [];
    let top = null;
    for (const node of head.childNodes) {
        if (node.nodeType !== Node.TEXT_NODE) continue;
        for (let at = 0; at < node.length; at++) {
            const range = document.createRange();
            range.setStart(node, at);
            range.setEnd(node, at + 1);
            const box = range.getBoundingClientRect();
            if (!box.height) continue;
            if (top === null || Math.abs(box.top - top) > 4) lines.push("");
            top = box.top;
            lines[lines.length - 1] += node.data[at];
        }
    }
    return lines;
}"""
"""The lines in which a cell's own text is set."""


def test_the_sign_of_a_tile_stays_with_its_word(desktop, record_page):
    """At no width does the sign of a verdict stand alone above the word."""
    page = desktop.open(record_page)
    broken = []
    for width in (1280, 1000, 800, 740, 700, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for word in page.locator(".tile span:has(i)").all():
            if word.evaluate(LINES) > 1:
                broken.append((width, word.inner_text()))

    assert broken == []


LINES = """word => {
    const tops = [...word.getClientRects()].map(box => Math.round(box.top));
    return new Set(tops).size;
}"""


@pytest.mark.parametrize(
    ("name", "views"),
    [
        ("record_page", ("overview", "claim-6A.a", "chain", "figures", "canary")),
        ("run_page", ("overview", "claim-1.a", "chain", "figures", "time")),
    ],
)
def test_paper_is_no_phone(desktop, request, name, views):
    """On a sheet of A4 tables have their headings, nothing is wider than the sheet, the graph is
    whole, and how many claims a filter leaves is told without its fields.
    """
    page = desktop.open(request.getfixturevalue(name), "#overview?verdict=refuted")
    page.set_viewport_size({"width": 718, "height": 1000})
    page.emulate_media(media="print")
    told = page.locator(".filter output").is_visible()
    fields = page.locator(".filter select:visible, .filter input:visible").count()
    wide = []
    for view in views:
        page.evaluate("view => location.hash = view", view)
        shown(page, view)
        wide.append(page.evaluate("document.documentElement.scrollWidth"))

    assert (told, fields) == (True, 0)
    assert wide == [718] * 5
    page.evaluate("view => location.hash = view", views[1])
    shown(page, views[1])
    assert page.locator("article:visible .effects thead:visible").count() > 0


def test_every_heading_of_a_table_says_what_it_heads(desktop, record_page):
    """Headings of columns, rows and groups of rows have their scope."""
    page = desktop.open(record_page, "#claim-6A.a")
    scopes = page.locator("th").evaluate_all("heads => heads.map(head => head.scope)")
    groups = page.locator(".measure th").evaluate_all("heads => heads.map(head => head.scope)")

    assert set(scopes) == {"col", "row", "rowgroup"}
    assert set(groups) == {"rowgroup"}


def test_escape_takes_a_tooltip_away(desktop, run_page):
    """What a pointer has brought up is dismissed without moving it."""
    page = desktop.open(run_page, "#claim-1.a")
    page.locator("article:visible .seeds circle").nth(1).hover()
    before = page.locator(".tip").is_visible()
    page.keyboard.press("Escape")

    assert (before, page.locator(".tip").is_visible()) == (True, False)
