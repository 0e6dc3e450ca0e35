"""What a browser shows of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def visible_rows(page: Page) -> list[str]:
    """Return the claims whose rows are shown, in their order."""
    # Rows out of sight have no layout, and so no inner text
    return page.locator(".claims tbody tr:visible .id").all_text_contents()


def shown(page: Page, view: str) -> Locator:
    """Return a view once it is the one that is shown: the browser tells of a new address late."""
    found = page.locator(f"[id='{view}'].on")
    found.wait_for()
    return found


def lines(paths: Locator) -> list[int]:
    """Return how many lines each path draws."""
    return [str(path.get_attribute("d")).count("M") for path in paths.all()]
