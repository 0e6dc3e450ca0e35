"""What an address keeps: the view, the filters, and what a wrong one says."""

import pytest

from tests.browser.views import shown, visible_rows

pytest.importorskip("playwright", reason="needs playwright: pip install -e '.[browser]'")


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("#no.such", "No claim 'no.such' on this page."),
        ("#claim-no%20such", "No claim 'no such' on this page."),
        ("#100%", "No claim '100%' on this page."),
        ("#claim-1.a", ""),
        ("", ""),
    ],
)
def test_an_address_that_leads_nowhere_says_so(desktop, run_page, part, told):
    """It shows the overview, tells a screen reader what is not there, and everything works; one that
    leads somewhere says nothing.
    """
    page = desktop.open(run_page, part)
    first = page.locator(".nowhere").inner_text()
    role = page.locator(".nowhere").get_attribute("role")
    page.evaluate("location.hash = '#overview'")
    shown(page, "overview")
    page.locator(".tile.holds").click()
    page.locator(".theme").click()

    assert (first, role) == (told, "status")
    assert page.locator(".nowhere").inner_text() == ""
    assert 0 < len(visible_rows(page)) < 10
    assert page.locator(".theme").inner_text() == "Theme: light"
    assert page.locator(".strip path").count() > 10
    assert desktop.faults == []


def test_filters_stand_in_the_address(desktop, run_page):
    """Field and tile are restored by a reload, by another window, and on the way back from a claim;
    a link to the overview keeps them, and reset takes them out of the address.
    """
    page = desktop.open(run_page)
    everything = visible_rows(page)
    page.locator("input[name=text]").fill("it & so")
    page.locator("input[name=text]").fill("drift pays")
    page.locator("select[name=phase]").select_option("2")
    page.locator(".tile.urgent").click()
    few, address = visible_rows(page), page.url
    page.reload()
    reloaded = visible_rows(page)
    page.locator(".claims tbody a:visible").first.click()
    shown(page, "claim-2.a")
    page.go_back()
    shown(page, "overview")
    back = visible_rows(page)
    other = page.context.new_page()
    other.goto(address)
    page.evaluate("location.hash = '#claim-1.a'")
    shown(page, "claim-1.a")
    page.locator("article:visible .crumb a").click()
    shown(page, "overview")
    by_link = visible_rows(page)
    page.locator(".filter button").click()
    page.locator(f"output:text-is('{len(everything)} claims')").wait_for()

    assert address.endswith("#overview?text=drift+pays&phase=2&tile=urgent")
    assert few == reloaded == back == by_link == visible_rows(other) == ["2.a"]
    assert other.locator("select[name=phase]").input_value() == "2"
    assert other.locator(".tile.urgent").get_attribute("aria-pressed") == "true"
    assert page.url.endswith("#overview")
    assert visible_rows(page) == everything
    assert desktop.faults == []


def test_an_address_may_ask_for_what_the_page_lacks(desktop, run_page):
    """An unknown option or tile in the address filters by nothing."""
    page = desktop.open(run_page, "#overview?phase=99&tile=gone&more=1&text=100%")

    assert page.locator("select[name=phase]").input_value() == ""
    assert page.locator("input[name=text]").input_value() == "100%"
    page.locator("input[name=text]").fill("")
    assert len(visible_rows(page)) == 10
    assert desktop.faults == []


def test_the_title_names_the_claim(desktop, run_page):
    """Whoever goes from view to view finds each in the browser's history by its name."""
    page = desktop.open(run_page)
    titles = [page.title()]
    for view in ("claim-1.b", "chain", "overview"):
        page.evaluate("view => location.hash = view", view)
        shown(page, view)
        page.wait_for_function("title => document.title !== title", arg=titles[-1])
        titles.append(page.title())

    assert titles[0] == titles[3] == "Claims at quick on cpu"
    assert titles[1] == "1.b A weak drift is seen – Claims at quick on cpu"
    assert titles[2].endswith(" – Claims at quick on cpu")
