"""The fragments by which addresses name the parts of an HTML page."""

from __future__ import annotations

from urllib.parse import quote

from cbspec.model.visible import visible


def claim_element(claim: str) -> str:
    """Return the id of a claim's element: ``"claim-6A.a"``; as the page shows it, nothing hidden."""
    return f"claim-{visible(claim)}"


def anchor(claim: str) -> str:
    """Return the fragment that opens a claim's part of a page: ``"#claim-6A.a"``."""
    return f"#{quote(claim_element(claim), safe='')}"
