"""The HTML pages in a real browser."""

import pytest

from tests.browser.views import lines, shown, visible_rows

pytest.importorskip("playwright", reason="needs playwright: pip install -e '.[browser]'")

PAGES = ("run_page", "record_page")


@pytest.fixture(params=PAGES)
def path(request):
    return request.getfixturevalue(request.param)


def test_a_page_opens_from_disk(watched, path):
    """A page shows its overview without an error or a request, and nothing is wider than the
    screen.
    """
    page = watched.open(path)

    assert page.locator("h2:visible").count() == 1
    assert page.locator("article:visible").count() == 0
    assert len(visible_rows(page)) == page.locator("article").count() > 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert watched.faults == []


def test_what_changed_comes_first(desktop, run_page):
    """The claims that turned head the page, with verdicts, values and the edited definition."""
    page = desktop.open(run_page)
    cards = page.locator(".card")

    assert page.locator("h2:visible").inner_text() == "4 claims need a look"
    assert cards.locator(".id").all_inner_texts() == ["2.a", "1.a", "2.c", "2.e", "2.d"]
    turned = " ".join(cards.nth(1).inner_text().split())
    assert "1.a flip holds → now refuted quick fragile A walk with drift gets further" in turned
    assert (
        "with - without of place (m) now -68 [-116, -20] on record 92 [44, 140] memo 94.5" in turned
    )
    assert "same on fresh seeds 93 % “place: without < with”: holds → refuted" in turned
    assert "towards changed in pagelab/walk.py:4" in turned
    assert visible_rows(page)[:6] == ["2.a", "1.a", "2.c", "2.e", "2.d", "3.b"]


def test_a_quarantine_is_marked(desktop, run_page):
    """A claim in quarantine that turned stands apart from what fails, with owner, reason and last
    day; one whose quarantine is over fails and stands out, with what there is to do.
    """
    page = desktop.open(run_page)
    over, excused = page.locator(".card").nth(3), page.locator(".card").nth(4)
    colours = []
    for card in (over, excused):
        tag = card.locator(".tag")
        colours.append(tag.evaluate("tag => getComputedStyle(tag).color"))
    texts = [" ".join(card.inner_text().split()) for card in (over, excused)]
    heading = page.locator("#overview h3").nth(1).inner_text()
    page.locator(".tile.quarantine").click()
    quarantined = visible_rows(page)
    page.locator(".tile.quarantine").click()
    page.goto(run_page.as_uri() + "#claim-2.d")
    claim = page.locator("article:visible").inner_text()

    assert heading == "Changed, but excused"
    assert texts[0].startswith("2.e overdue holds quick")
    assert "quarantine ended 2026-01-31 (Ada) the walk is replaced" in texts[0]
    assert "the quarantine ended on 2026-01-31: Ada mends the claim" in texts[0]
    assert texts[1].startswith("2.d flip holds → now refuted quick")
    assert "in quarantine until 9999-12-31 (Ada) the walk is replaced" in texts[1]
    assert colours[0] == "rgb(168, 60, 5)" != colours[1]
    assert quarantined == ["2.e", "2.d"]
    assert "in quarantine until 9999-12-31 (Ada)" in claim
    assert "The verdict turned." in claim


def test_a_quarantine_ends_by_the_clock_of_the_reader(desktop, run_page):
    """A page that was written before a quarantine's last day marks it from the day after."""
    early = run_page.with_name("early.html")
    text = run_page.read_text(encoding="utf-8")
    early.write_text(text.replace("9999-12-31", "2001-01-01"), encoding="utf-8")
    page = desktop.open(early, "#claim-2.d")
    tag = page.locator("article:visible .tag")

    assert tag.inner_text() == "quarantine ended 2001-01-01 (Ada)"
    assert "over" in tag.get_attribute("class").split()


def test_words_are_explained(watched, run_page):
    """Each verdict, change and way to check of the table is explained on the page, and no other; the
    heading of the table is in sight where a tile leads to it.
    """
    page = watched.open(run_page)
    page.get_by_text("What the words mean").click()
    words = page.locator(".words dt").all_inner_texts()
    page.locator(".tile.holds").click()
    heading = page.locator("#all-h").bounding_box()
    top = page.locator(".top").bounding_box()

    assert {"holds", "refuted", "error", "fragile", "recomputed", "flip", "wobble"} <= set(words)
    assert "superseded" not in words
    assert page.locator(".words dd", has_text="no effect moved further than noise").count() == 1
    assert heading["y"] >= top["y"] + top["height"]
    assert watched.faults == []


def test_a_claim_opens_from_its_flip(watched, run_page):
    """A click on a claim that turned shows it alone, with its seeds, curves, stages and source."""
    page = watched.open(run_page)
    page.locator(".card .id").nth(1).click()
    claim = shown(page, "claim-1.a")

    assert page.url.endswith("#claim-1.a")
    assert claim.locator("h2").inner_text().split("\n")[0] == "1.a"
    assert page.locator("#overview").is_hidden()
    # Two measures, two arms, three seeds; the seeds of an arm pair are joined
    assert claim.locator(".place").first.locator(".seeds circle").count() == 12
    assert lines(claim.locator(".place").first.locator(".seeds .join")) == [3, 3]
    assert lines(claim.locator(".thin")) == [3, 3]
    assert claim.locator(".thick").count() == 2
    claim.get_by_text("Source", exact=True).click()
    assert "kind: order" in claim.locator("mark").inner_text()
    assert claim.locator(".numbers").inner_text().split()[:3] == ["1", "2", "3"]
    page.go_back()
    assert shown(page, "overview").is_visible()
    assert watched.faults == []


def test_values_are_told_of_dots(desktop, run_page):
    """A pointer on a dot shows its arm, seed and value, which the table below the plot has, too."""
    page = desktop.open(run_page, "#claim-1.a")
    plot = page.locator("article:visible figure").first
    plot.locator("circle").nth(1).hover()
    told = page.locator(".tip").inner_text()
    plot.get_by_text("Values of place").click()
    cells = plot.locator("tbody tr").first.locator("th, td").all_inner_texts()

    assert told == f"{cells[0]}, seed 2: {cells[2]}"


def test_the_chain_is_followed(watched, record_page):
    """The graph leads from the claim that was revised to the one that revises it, and on."""
    page = watched.open(record_page, "#chain")
    boxes = {
        claim: page.locator(f"#chain a[href='#claim-{claim}']").first.bounding_box()
        for claim in ("6A.b", "6.5A.b", "7A.a", "8.a", "10A.b", "10A5.b", "10A6.a")
    }
    page.locator("#chain .graph a[href='#claim-7A.a']").click()
    shown(page, "claim-7A.a")
    page.get_by_role("link", name="6.5A.b").first.click()
    shown(page, "claim-6.5A.b")

    assert boxes["6A.b"]["x"] < boxes["6.5A.b"]["x"] < boxes["7A.a"]["x"] < boxes["8.a"]["x"]
    assert boxes["10A.b"]["x"] < boxes["10A5.b"]["x"] < boxes["10A6.a"]["x"]
    assert page.locator("article:visible h2 .id").inner_text() == "6.5A.b"
    assert watched.faults == []


def test_figures_are_drawn(desktop, record_page):
    """The four figures stand on a page of their own, each panel with a text that names it."""
    page = desktop.open(record_page, "#figures")
    named = page.locator(".drawing h3 .id").all_inner_texts()

    assert sorted(set(named)) == ["F.1", "F.2", "F.3", "F.4"]
    assert all(panel.get_attribute("aria-label") for panel in page.locator(".drawing .panel").all())


def test_hostile_text_is_text(desktop, run_page):
    """Markup, quotes and marks of direction in a title, and escapes in an error, are shown and do
    nothing.
    """
    page = desktop.open(run_page, "#claim-3.a")
    title = page.locator("article:visible h2").inner_text()

    assert page.title() == "Claims at quick on cpu"
    assert "<script>document.title='taken'</script> \"'`|::error::=1+1" in title
    assert title.endswith(r"\u202eright")
    page.goto(run_page.as_uri() + "#claim-2.a")
    told = page.locator("article:visible .alert").inner_text()
    assert r"ValueError: \u001b[31m<b>too far</b>\u001b[0m" in told
    assert desktop.faults == []


@pytest.mark.parametrize(
    ("part", "view"),
    [
        ("#claim-1.b.depths%5Bdepth%3D8%5D", "claim-1.b.depths[depth=8]"),
        ("#canary-h", "canary"),
        ("#claim-nowhere", "overview"),
        ("", "overview"),
    ],
)
def test_an_address_leads_to_its_view(desktop, record_page, part, view):
    """A part of the address opens the view that has it, a cell of a matrix among them; one that is
    nowhere opens the first.
    """
    page = desktop.open(record_page, part)

    assert shown(page, view).is_visible()
    assert page.locator(".page:visible").count() == 1
    assert desktop.faults == []


def test_back_leads_to_the_same_place(desktop, record_page):
    """The overview is scrolled to where it was left."""
    page = desktop.open(record_page)
    page.locator(".claims tbody tr").nth(60).scroll_into_view_if_needed()
    left = page.evaluate("scrollY")
    page.evaluate("location.hash = '#claim-7A.a'")
    shown(page, "claim-7A.a")
    above = page.evaluate("scrollY")
    page.go_back()
    shown(page, "overview")

    assert left > 1000
    assert (above, page.evaluate("scrollY")) == (0, left)


def test_theme(desktop, run_page):
    """The button goes from the system's theme to light and dark, dark is darker, and paper is white."""
    page = desktop.open(run_page)
    paper = "getComputedStyle(document.body).backgroundColor"
    page.locator(".theme").click()
    light = page.evaluate(paper)
    page.locator(".theme").click()

    assert page.locator(".theme").inner_text() == "Theme: dark"
    assert light == "rgb(252, 251, 249)"
    assert page.evaluate(paper) == "rgb(22, 23, 26)"
    page.emulate_media(media="print")
    assert page.evaluate(paper) == "rgb(255, 255, 255)"


def test_printing(desktop, run_page):
    """A claim prints as it is shown, folds opened, without the controls."""
    page = desktop.open(run_page, "#claim-1.a")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    folded = page.locator("article:visible details:not([open])").count()
    printed = page.pdf()

    assert folded == 0
    assert page.locator(".theme").is_hidden()
    assert page.locator("article:visible").count() == 1
    assert printed.startswith(b"%PDF")


def test_without_a_script(browser, run_page):
    """Where no script runs, everything stands one after another and links lead to it."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(run_page.as_uri())

    assert page.locator("article:visible").count() == page.locator("article").count() == 10
    assert page.locator(".filter").is_hidden()
    assert page.get_by_text("A script draws the plots").is_visible()
    assert page.locator("svg[data-strip]").count() > 10
    assert page.locator("svg:empty:visible").count() == 0  # each would be 150 pixels of nothing
    context.close()


def test_a_comparison_opens(desktop, run_page):
    """The page of a comparison has each verdict before and after, with the seeds of both sides."""
    page = desktop.open(run_page.with_name("diff.html"))
    turned = page.locator("main > details[open]")

    assert page.locator("main > p").first.inner_text().startswith("2 flip, 1 weakened, 1 wobble")
    assert turned.count() == 3
    assert "1.a" in turned.first.locator("summary").first.inner_text()
    assert turned.first.locator(".seeds").count() == 4
    assert turned.first.locator(".seeds").first.locator("circle").count() == 6
    assert turned.first.locator(".effects .strip circle:not(.w)").count() >= 1
    assert desktop.faults == []


VIEWS = {
    "run_page": ("overview", "claim-1.a", "chain", "figures", "time"),
    "record_page": ("overview", "claim-6A.a", "chain", "canary"),
}


@pytest.fixture(scope="module")
def opened(browser, run_page, record_page):
    """Both pages, opened once, with the views that axe looks at: it reads whatever a page holds, and
    a hundred hidden claims take it ten times as long.
    """
    pages = {}
    for name, path in (("run_page", run_page), ("record_page", record_page)):
        pages[name] = browser.new_context().new_page()
        pages[name].goto(path.as_uri())
        pages[name].evaluate(
            "kept => document.querySelectorAll('.page').forEach("
            "view => kept.includes(view.id) || view.remove())",
            VIEWS[name],
        )
    yield pages
    for page in pages.values():
        page.context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
@pytest.mark.parametrize(("name", "view"), [(name, view) for name in PAGES for view in VIEWS[name]])
def test_accessibility(opened, name, view, scheme, width):
    """axe-core finds no serious or critical fault in any view, light and wide or dark and narrow."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened[name]
    page.emulate_media(color_scheme=scheme)
    page.evaluate("view => location.hash = view", view)
    page.locator(f".page.on[id='{view}']").wait_for()
    page.set_viewport_size({"width": width, "height": 844})
    page.evaluate(
        "new Promise(requestAnimationFrame)"
    )  # which follows what a new size brings about
    violations = axe.Axe().run(page).response["violations"]
    faults = [
        (violation["id"], node["html"][:200])
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"][:3]
    ]

    assert page.locator(".page:visible").count() == 1
    assert faults == []
