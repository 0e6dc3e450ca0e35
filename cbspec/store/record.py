"""The JSON half of a result, and the seal by which damaged JSON is recognised."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from cbspec.errors import ContentError
from cbspec.model.visible import visible

T = TypeVar("T")


class TensorFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a record says about the tensors beside it."""

    names: tuple[str, ...]
    bytes: int
    sha256: str


class StoredRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The content of ``record.json``; for its fields see `cbspec.store.Entry`."""

    key: str
    measures: Mapping[str, float]
    undefined: Mapping[str, str]
    series: Mapping[str, Any]
    provenance: Mapping[str, Any]
    tensors: TensorFile | None = None


class _Sealed(msgspec.Struct):
    sha256: str
    content: msgspec.Raw


def record(
    key: str,
    measures: Mapping[str, float],
    undefined: Mapping[str, str],
    series: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> StoredRecord:
    """Make a record of plain JSON types: scalars and arrays of numpy or torch become numbers and
    lists.

    Raises:
        ContentError: a number is not finite, a key is not a string, or JSON cannot hold a value; it
            names all places.
    """
    parts = {
        "measures": measures,
        "undefined": undefined,
        "series": series,
        "provenance": provenance,
    }
    plain: dict[str, Any] = {name: _plain(name, part) for name, part in parts.items()}
    faults: list[str] = []
    for name, part in plain.items():
        faults += _faults(name, part)
    if faults:
        raise ContentError(
            f"result {key[:12]} cannot be stored: {'; '.join(faults)} (a measure without a value"
            " belongs in `undefined` with its reason, and in a series None stands for no value)"
        )
    # A stage may have the reason from anywhere; it goes on record, and to the terminal
    reasons = {name: visible(reason, keep="\n\t") for name, reason in plain["undefined"].items()}
    return StoredRecord(key=key, **{**plain, "undefined": reasons})


def seal(content: object) -> bytes:
    """Return JSON of `content` that carries the SHA-256 of its own bytes."""
    data = msgspec.json.encode(content)
    return msgspec.json.encode(_Sealed(hashlib.sha256(data).hexdigest(), msgspec.Raw(data)))


def unseal(data: bytes, kind: type[T]) -> T:
    """Return the content of sealed JSON.

    Raises:
        ValueError: the JSON is damaged; the message is a predicate, "does not match its checksum".
    """
    try:
        sealed = msgspec.json.decode(data, type=_Sealed)
        if hashlib.sha256(sealed.content).hexdigest() != sealed.sha256:
            raise ValueError("does not match its checksum")
        return msgspec.json.decode(sealed.content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"is not the JSON that was written ({error})") from error


def _plain(name: str, part: Mapping[str, Any]) -> dict[str, Any]:
    try:
        plain: dict[str, Any] = msgspec.to_builtins(
            dict(part), enc_hook=_builtin, order="deterministic"
        )
        msgspec.json.encode(plain)  # half of a surrogate pair shows only here
    except (TypeError, UnicodeEncodeError, msgspec.MsgspecError) as error:
        raise ContentError(
            f"a result cannot be stored: {name} holds what JSON does not ({error})"
        ) from error
    return plain


def _builtin(value: Any) -> Any:
    """Convert mappings to dicts, and arrays and scalars of numpy or torch to lists and numbers; the
    harness knows neither library.
    """
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__}")


def _faults(place: str, value: object) -> Iterator[str]:
    """Yield what JSON cannot hold, with its place."""
    if isinstance(value, float) and not math.isfinite(value):
        yield f"{place} is {value}"
    elif isinstance(value, dict):
        for key, part in value.items():
            if not isinstance(key, str):
                yield f"{place} has the key {key!r}, not a string"
            yield from _faults(f"{place}[{key!r}]", part)
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from _faults(f"{place}[{index}]", part)
