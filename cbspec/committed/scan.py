"""Checks of committed JSON that Python's reader does not make, such as keys that stand twice."""

from __future__ import annotations

import json
import math
import re
from typing import NamedTuple

DEEPEST = 100  # levels of nesting; a committed file has about ten
# A string (with a colon behind it: a key), a bracket, or a word.
_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*+")(\s*:)?|[\[\]{}]|[^\s\[\]{}:,"]+')
# Of the control characters only tab and line feed are text; halves of surrogate pairs cannot be
# encoded, and some terminals take the line separators for line feeds.
_UNPRINTABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
# Escapes that may stand for one of these.
_SUSPICIOUS = re.compile(r"\\u[0dD2][089a-fA-F]|\\[bfr]")


class Refused(Exception):
    """A value is not allowed in a committed file. The message says why."""


class Fault(NamedTuple):
    """The first mistake: its line and column, counted from 1, and a message."""

    line: int
    column: int
    message: str


def integer(digits: str) -> int:
    """Convert digits to an integer.

    Raises:
        Refused: the number does not fit 64 bits.
    """
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**63:
        raise Refused(f"the number {_short(digits)} does not fit 64 bits")
    return int(digits)


def real(digits: str) -> float:
    """Convert digits to a float.

    Raises:
        Refused: the number is too large for a float.
    """
    value = float(digits)
    if not math.isfinite(value):
        raise Refused(f"the number {_short(digits)} is too large")
    return value


def constant(word: str) -> float:
    """Refuse ``NaN`` and ``Infinity``, which JSON does not have."""
    raise Refused(f"{word} is no JSON number")


def unprintable(text: str) -> str:
    """Return the first character that must not reach a terminal: ``"U+001B"``; empty if none."""
    match = _UNPRINTABLE.search(text)
    if match is None:
        return ""
    return f"U+{ord(match[0]):04X}"


def suspicious(text: str) -> bool:
    """Tell, by a fast test, whether a text may have a character that must not reach a terminal."""
    return bool(_SUSPICIOUS.search(text) or unprintable(text))


def first_fault(text: str) -> Fault | None:
    """Return the first mistake in a text that Python reads as JSON; None if there is none."""
    keys: list[set[str]] = []  # the keys so far, for each open bracket
    for match in _TOKEN.finditer(text):
        token = match[0]
        message = ""
        if match[1]:
            known: set[str] = set()
            if match[2] and keys:
                known = keys[-1]
            message = _string_fault(match[1], known)
        elif token in "[{":
            keys.append(set())
            if len(keys) > DEEPEST:
                message = f"nested more than {DEEPEST} levels deep"
        elif token in "]}":
            keys = keys[:-1]
        else:
            message = _word_fault(token)
        if message:
            line = text.count("\n", 0, match.start()) + 1
            return Fault(line, match.start() - text.rfind("\n", 0, match.start()), message)
    return None


def _string_fault(token: str, known: set[str]) -> str:
    """Return what is wrong with a string; empty if nothing is.

    Args:
        token: the string as it is written, with a colon if it is a key.
        known: the keys so far of its mapping; a key is added to them.
    """
    text = json.loads(token, strict=False)
    if name := unprintable(text):
        return f"a string with the control character {name}"
    if text in known:
        return f"key '{_short(text)}' stands twice in one mapping; keep one of the two"
    known.add(text)
    return ""


def _word_fault(token: str) -> str:
    try:
        json.loads(token, parse_int=integer, parse_float=real, parse_constant=constant)
    except Refused as refusal:
        return str(refusal)
    except ValueError:  # no JSON, which is reported elsewhere
        return ""
    return ""


def _short(word: str) -> str:
    if len(word) <= 40:
        return word
    return f"{word[:20]}... of {len(word)} characters"
