"""The fragments by which addresses name the parts of an HTML page."""

from __future__ import annotations

from urllib.parse import quote


def claim_element(claim: str) -> str:
    """Return the id of a claim's element: ``"claim-6A.a"``."""
    return f"claim-{claim}"


def anchor(claim: str) -> str:
    """Return the fragment that opens a claim's part of a page: ``"#claim-6A.a"``."""
    return f"#{quote(claim_element(claim), safe='')}"
