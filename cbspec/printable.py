"""Text that may be shown in a terminal."""

from __future__ import annotations

import re

# Of the control characters only tab and line feed are text; halves of surrogate pairs cannot be
# encoded, and some terminals take the line separators for line feeds.
_UNPRINTABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")


def unprintable(text: str) -> str:
    """Name the first character that must not reach a terminal: ``"U+001B"``; empty without one."""
    match = _UNPRINTABLE.search(text)
    return f"U+{ord(match[0]):04X}" if match else ""


def escaped(text: str) -> str:
    """Return text with each such character as Python writes it: ``"\\\\x1b"``."""
    return _UNPRINTABLE.sub(lambda match: ascii(match[0])[1:-1], text)
