"""The contents of a claim's report: JSON that xdist carries from a worker to the controller."""

from __future__ import annotations

import os
from pathlib import Path

from cbspec.errors import ClaimError

RECORD, UPHELD, CANARY, SKIPPED, BROKEN = "record", "upheld", "canary", "skipped", "broken"
"""The keys of the attribute `cbspec` of a claim's report."""


def without_verdict(claim: str, title: str, path: str, line: int, reason: str) -> str:
    """Return the JSON for a claim or a file that has no verdict, with the reason."""
    from cbspec.report import Skipped, encode

    return encode(Skipped(claim=claim, title=title, path=path, line=line, reason=reason))


def unread(error: ClaimError, root: Path) -> list[str]:
    """Return the JSON for each mistake in claim files, with its place.

    The place may be in the defaults.
    """
    encoded = []
    for mistake in error.mistakes:
        path = mistake.origin.path
        place = os.path.relpath(path, root)
        encoded.append(without_verdict(path.name, "", place, mistake.origin.line, mistake.text))
    return encoded


def headline(error: BaseException) -> str:
    """Return the first line of an exception's message, or its type if it has none."""
    return str(error).partition("\n")[0] or type(error).__name__
