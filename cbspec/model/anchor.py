"""The fragments of addresses that name parts of an HTML page."""

from __future__ import annotations

from urllib.parse import quote

from cbspec.model.visible import visible


def claim_element(claim: str) -> str:
    """Return the id of a claim's element: ``"claim-6A.a"``, with hidden characters escaped."""
    return f"claim-{visible(claim)}"


def anchor(claim: str) -> str:
    """Return the fragment that opens a claim's part of a page: ``"#claim-6A.a"``."""
    return f"#{quote(claim_element(claim), safe='')}"
