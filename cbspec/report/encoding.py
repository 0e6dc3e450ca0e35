"""Encoding the records of a run as JSON, which travels between workers and which programs read."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, TypeVar

import msgspec

from cbspec.kinds import hook

T = TypeVar("T")


def encode(value: msgspec.Struct) -> str:
    """Encode a record or a run as JSON.

    Floats that JSON has no word for become strings, which `decode` converts back. Half of a
    surrogate pair becomes its escape.
    """
    return msgspec.json.encode(builtins(value)).decode()


def decode(text: str, kind: type[T]) -> T:
    """Decode a record or a run that `encode` has written.

    Raises:
        msgspec.ValidationError: the text is anything else.
    """
    try:
        content = msgspec.json.decode(text)
    except RecursionError:
        raise msgspec.ValidationError("nested too deeply") from None
    return msgspec.convert(content, kind, strict=False, dec_hook=partial(hook, strict=False))


def builtins(value: msgspec.Struct) -> Any:
    """Convert a value to dictionaries, lists, strings and finite numbers."""
    return _spelled(msgspec.to_builtins(value))


def _spelled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _spelled(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return list(map(_spelled, value))
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):  # UTF-8 cannot encode half of a surrogate pair
        return value.encode(errors="backslashreplace").decode()
    return value
