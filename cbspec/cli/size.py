"""Sizes in bytes as people write them."""

from __future__ import annotations

import re

import click

UNITS = {
    "": 1,
    "K": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "KI": 2**10,
    "MI": 2**20,
    "GI": 2**30,
    "TI": 2**40,
}


def size(text: str) -> int:
    """Parse an option value such as ``5GB``, ``1.5 GiB``, ``500M``, or a number of bytes.

    Raises:
        click.BadParameter: the text is no size.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]I?)?B?", text.strip().upper())
    if match is None:
        raise click.BadParameter(f"{text!r} is not a size; write 5GB, 1.5GiB or a number of bytes")
    return int(float(match[1]) * UNITS[match[2] or ""])


def size_text(size: float) -> str:
    """Format a number of bytes: ``"1.2 MB"``."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
