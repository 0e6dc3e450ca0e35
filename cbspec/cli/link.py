"""Links to a claim in the project's HTML pages."""

from __future__ import annotations

from html import escape

from cbspec.model.anchor import anchor, claim_element
from cbspec.project import Project

PAGES = ("latest.html", "replication.html")  # that of the last run is preferred


def link(project: Project, claim: str = "") -> str:
    """Return the address of a claim in the first page that has it; empty if there is no such page.

    Without a claim, return the address of the page. Terminals open it on a click.
    """
    for name in PAGES:
        path = project.config.reports / name
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if not claim:
            return path.resolve().as_uri()
        if f'id="{escape(claim_element(claim))}"' in text:
            return path.resolve().as_uri() + anchor(claim)
    return ""


def link_line(project: Project, claim: str = "") -> list[str]:
    """Return a line with the link; none if there is no page."""
    address = link(project, claim)
    return [f"page: {address}"] if address else []
