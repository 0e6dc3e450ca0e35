"""The table of the first view: filtered, sorted and walked through, by pointer and by keyboard."""

import pytest

from tests.browser.views import shown, visible_rows

pytest.importorskip("playwright", reason="needs playwright: pip install -e '.[browser]'")


def test_filters(desktop, record_page):
    """Text, phase, verdict and scale narrow the table together, a tile does by itself, and reset
    brings all back.
    """
    page = desktop.open(record_page)
    everything = visible_rows(page)
    page.locator("input[name=text]").fill("snapshot late")
    by_text = page.locator(".claims tbody tr:visible").all_text_contents()
    page.locator("input[name=text]").fill("")
    page.locator("select[name=phase]").select_option("7A")
    by_phase = visible_rows(page)
    page.locator("select[name=verdict]").select_option("refuted")
    page.locator("select[name=scale]").select_option("quick")
    narrow = page.locator(".claims tbody tr:visible td:nth-child(2)").all_text_contents()
    page.locator(".filter button").click()
    page.locator(".tile.refuted").click()
    refuted = page.locator(".tile.refuted b").inner_text()

    assert 0 < len(by_text) < len(everything)
    assert all("snapshot" in text and "late" in text for text in map(str.lower, by_text))
    assert by_phase
    assert all(claim.startswith("7A.") for claim in by_phase)
    assert all("refuted quick" in " ".join(text.split()) for text in narrow)
    assert len(visible_rows(page)) == int(refuted)
    page.locator(".tile.all").click()
    assert visible_rows(page) == everything
    page.locator("input[name=text]").fill("xyzzy")
    assert page.get_by_text("No claim fits this filter.").is_visible()


ROWS = """rows => rows.map(row => {
    const texts = (selector) => [...row.querySelectorAll(selector)].map(one => one.textContent);
    const [id] = texts(".id");
    const crumb = document.getElementById("claim-" + id).querySelector(".crumb");
    return {
        id,
        phases: [crumb.textContent.match(/phase (\\S+)/)?.[1]],
        verdicts: texts(".chip .v"),
        places: texts(".chip .v + small"),
        stands: texts(".change, .way, .doubt, .v.none"),
    };
})"""
"""What a reader sees of each row."""

SHOWN_AS = {"phase": "phases", "verdict": "verdicts", "scale": "places"}
FIELDS = {
    "run_page": ["phase", "verdict", "scale", "change", "way"],
    "canary_page": ["phase"],
    "record_page": ["phase", "verdict", "scale", "way"],
}


@pytest.mark.parametrize("name", FIELDS)
def test_every_filter_by_keyboard(desktop, request, name):
    """With the keyboard alone each option of each filter leaves the rows that show it, in their
    order, and reset brings all back.
    """
    page = desktop.open(request.getfixturevalue(name))
    page.add_style_tag(content=".claims tbody tr { content-visibility: visible !important; }")
    rows = page.locator(".claims tbody tr").evaluate_all(ROWS)
    page.keyboard.press("/")
    fields = []
    for control in page.locator(".filter select").all():
        page.keyboard.press("Tab")
        field = page.evaluate("document.activeElement.name")
        fields.append(field)
        options = control.locator("option").all_text_contents()[1:]
        for option in options:
            page.keyboard.press("ArrowDown")
            fits = [row["id"] for row in rows if option in row[SHOWN_AS.get(field, "stands")]]
            assert visible_rows(page) == fits != [], (field, option)
        if len(fields) < len(FIELDS[name]):  # the last is left to the reset
            page.keyboard.press("Home")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(f"output:text-is('{len(rows)} claims')").wait_for()

    assert fields == FIELDS[name]
    assert len(visible_rows(page)) == len(rows)
    assert desktop.faults == []


def test_sorting_by_a_heading(desktop, record_page):
    """A heading's button sorts upwards, then downwards, and says so."""
    page = desktop.open(record_page)
    heading = page.locator(".claims thead th").nth(3)
    heading.locator("button").click()
    upwards = [
        float(text)
        for text in page.locator(".claims td:nth-child(4)").all_text_contents()
        if text.strip()
    ]
    direction = heading.get_attribute("aria-sort")
    heading.locator("button").click()

    assert upwards == sorted(upwards)
    assert (direction, heading.get_attribute("aria-sort")) == ("ascending", "descending")


@pytest.mark.parametrize("column", [2, 3])
def test_what_has_no_value_comes_last(desktop, apart_page, column):
    """A claim without an effect, or without a value of the memo, stands below the others both ways."""
    page = desktop.open(apart_page)
    heading = page.locator(".claims thead th").nth(column).locator("button")
    orders = []
    for _ in range(2):
        heading.click()
        orders.append(visible_rows(page))

    assert [order[-1] for order in orders] == ["1.b", "1.b"]
    assert sorted(orders[0]) == ["1.a", "1.b", "1.c"]


def test_keyboard(desktop, run_page):
    """The first tab reaches the link over the head, `/` the search, and what has the focus shows
    it.
    """
    page = desktop.open(run_page)
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("/")
    focused = page.evaluate("document.activeElement.name")
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")

    assert first == "Skip to the content"
    assert (focused, outline) == ("text", "solid")


def test_a_claim_by_keyboard(desktop, run_page):
    """With the keyboard alone the rows are sorted, a claim is opened, its values are unfolded, and
    the theme turns; the way back keeps the order.
    """
    page = desktop.open(run_page)
    page.locator(".claims thead button").first.focus()
    page.keyboard.press("Enter")
    by_log = visible_rows(page)
    page.locator(".claims tbody a").nth(1).focus()
    page.keyboard.press("Enter")
    claim = shown(page, "claim-1.b")
    focused = page.evaluate("document.activeElement.id")
    claim.locator(".values summary").first.focus()
    page.keyboard.press("Enter")
    unfolded = claim.locator(".values[open] table").count()
    page.go_back()
    shown(page, "overview")
    page.locator(".theme").focus()
    page.keyboard.press("Enter")

    assert by_log == ["1.a", "1.b", "2.a", "2.b", "2.c", "2.d", "2.e", "3.a", "3.b", "F.1"]
    assert (focused, unfolded) == ("main", 1)
    assert visible_rows(page) == by_log
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
