"""What a run has to say, as JSON: it travels between workers, and programs read the page of it."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, TypeVar

import msgspec

from cbspec.kinds import hook

T = TypeVar("T")


def encode(value: msgspec.Struct) -> str:
    """JSON of what a run has to say.

    Floats without a JSON word become strings, which `decode` reads back; half of a surrogate pair
    becomes its escape, as text.
    """
    return msgspec.json.encode(builtins(value)).decode()


def decode(text: str, kind: type[T]) -> T:
    """The record or run that `encode` wrote.

    Raises:
        msgspec.ValidationError: for anything else.
    """
    return msgspec.convert(
        msgspec.json.decode(text), kind, strict=False, dec_hook=partial(hook, strict=False)
    )


def builtins(value: msgspec.Struct) -> Any:
    """Dictionaries, lists, strings and finite numbers only."""
    return _spelled(msgspec.to_builtins(value))


def _spelled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _spelled(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return list(map(_spelled, value))
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):  # half of a surrogate pair is no text in UTF-8
        return value.encode(errors="backslashreplace").decode()
    return value
