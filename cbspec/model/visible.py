"""Texts of claims, ledger and stages, in which nothing is hidden."""

from __future__ import annotations

import re


def visible(text: str, keep: str = "") -> str:
    r"""Return a text in which signs that are not seen, or that move others, are their JSON escapes.

    A terminal's escape sequence is shown as ``\u001b[31m``, a mark of writing direction as
    ``\u202e``, half of a surrogate pair as ``\ud800``.

    Args:
        keep: signs that stay, such as the end of a line.
    """
    if text.isprintable():
        return text
    escapes = {}
    for sign in set(text) - set(keep):
        if not sign.isprintable():
            units = sign.encode("utf-16-be", "surrogatepass").hex()
            escapes[ord(sign)] = re.sub("(....)", r"\\u\1", units)
    return text.translate(escapes)


def inert(text: str) -> str:
    """Return a text of which no line is a workflow command to GitHub's runner, nor holds one."""
    return re.sub(r"^(\s*):(?=:)", r"\1: ", text, flags=re.MULTILINE).replace("##[", "## [")
