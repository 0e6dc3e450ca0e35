"""Where a claim stands in the project's HTML pages."""

from __future__ import annotations

from html import escape

from cbspec.model.anchor import anchor, claim_element
from cbspec.project import Project

PAGES = ("latest.html", "replication.html")  # the last run's first


def link(project: Project, claim: str = "") -> str:
    """Return the address of a claim's part of the newest page that has it, which terminals open on
    a click; of the whole page if no claim is named; empty where there is no such page.
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
    """Return the line that tells of the page; none where there is no page."""
    address = link(project, claim)
    return [f"page: {address}"] if address else []
