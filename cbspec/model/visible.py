"""Making hidden characters visible in texts of claims, ledgers and stages."""

from __future__ import annotations

import re

# Letters and marks to Unicode, and nothing to the eye: joiner, fillers of Hangul and Khmer, Braille blank
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]")


def visible(text: str, keep: str = "") -> str:
    r"""Return a text in which characters that are invisible, or that move others, are escaped.

    A terminal's escape sequence is shown as ``\u001b[31m``, a mark of writing direction as
    ``\u202e``, half of a surrogate pair as ``\ud800``.

    Args:
        text: the text.
        keep: characters that stay, such as line breaks.
    """
    if text.isprintable() and (text.isascii() or not _BLANK.search(text)):
        return text
    escapes = {}
    for sign in set(text) - set(keep):
        if not sign.isprintable() or _BLANK.match(sign):
            units = sign.encode("utf-16-be", "surrogatepass").hex()
            escapes[ord(sign)] = re.sub("(....)", r"\\u\1", units)
    return text.translate(escapes)


def inert(text: str) -> str:
    """Return a text in which no line is, or holds, a workflow command of GitHub's runner."""
    return re.sub(r"^(\s*):(?=:)", r"\1: ", text, flags=re.MULTILINE).replace("##[", "## [")
