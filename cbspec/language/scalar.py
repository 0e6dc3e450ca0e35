"""The value of a plain YAML word, by the core schema of YAML 1.2 (section 10.3.2), not by YAML 1.1.

``yes``, ``no``, ``on``, ``off``, ``12:30`` and ``2024-01-01`` are text, and ``1e-3`` is a number,
which PyYAML by itself reads as text. Numbers that are not finite or do not fit 64 bits are refused.
"""

from __future__ import annotations

import math
import re

from cbspec.language.node import Scalar

_WORDS: dict[str, Scalar] = {"": None, "~": None}
_WORDS |= dict.fromkeys(("null", "Null", "NULL"))
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True)
_WORDS |= dict.fromkeys(("false", "False", "FALSE"), False)

_NUMERIC = frozenset("+-.0123456789")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LONGEST = 40  # digits of a number; a float64 has no use for more
_EXACT = 2**53


def resolve(text: str) -> Scalar:
    """Return the value of a plain word.

    Raises:
        ValueError: the word is a number that cannot be used.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        return _float(text)
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    return text


def number_of(text: str) -> float:
    """Return the number that a plain word stands for: 1000 for ``0x3e8``.

    Raises:
        ValueError: it is no number.
    """
    value = resolve(text)
    if isinstance(value, int | float):
        return float(value)
    raise ValueError(f"{text} is no number")


def _integer(text: str) -> int:
    if len(text) > _LONGEST:
        raise ValueError(f"the number {text[:12]}... has too many digits; quote it if it is text")
    base = 0 if text[:2] in ("0o", "0x") else 10
    value = int(text, base)
    if not -(2**63) <= value < 2**63:
        raise ValueError(f"the number {text} does not fit 64 bits; quote it if it is text")
    return value


def _float(text: str) -> float | int:
    if len(text) > _LONGEST:
        raise ValueError(f"the number {text[:12]}... has too many digits; quote it if it is text")
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text} is too large; quote it if it is text")
    # 1e4 becomes an integer, so that it may be a number of images
    whole = "." not in text and value.is_integer() and abs(value) <= _EXACT
    return int(value) if whole else value
