"""The JSON part of a result, and the checksum by which damage to it is recognised."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from cbspec.errors import ContentError
from cbspec.model.visible import visible

T = TypeVar("T")
UNFIT = (TypeError, UnicodeEncodeError, msgspec.MsgspecError)  # raised for what JSON cannot hold


class TensorFile(msgspec.Struct, frozen=True, kw_only=True):
    """The tensors beside a record: their names, the size of the file and its SHA-256."""

    names: tuple[str, ...]
    bytes: int
    sha256: str


class StoredRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The content of ``record.json``. `StoredResult` explains the fields."""

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
    """Return a record of plain JSON types. Arrays of numpy or torch become lists, scalars numbers.

    Raises:
        ContentError: a number is not finite, a key is not a string, or JSON cannot hold a value.
            The message names every place.
    """
    parts = {
        "measures": measures,
        "undefined": undefined,
        "series": series,
        "provenance": provenance,
    }
    converted: dict[str, Any] = {name: plain(name, part) for name, part in parts.items()}
    faults: list[str] = []
    for name, part in converted.items():
        faults += _faults(name, part)
    if faults:
        raise ContentError(
            f"result {key[:12]} cannot be stored: {'; '.join(faults)} (a measure without a value"
            " belongs in `undefined` with its reason, and in a series None stands for no value)"
        )
    # A stage may take a reason from anywhere, and people read it in a terminal
    reasons = {
        name: visible(reason, keep="\n\t") for name, reason in converted["undefined"].items()
    }
    return StoredRecord(key=key, **{**converted, "undefined": reasons})


def seal(content: object) -> bytes:
    """Return `content` as JSON, together with the SHA-256 of its bytes."""
    data = msgspec.json.encode(content)
    return msgspec.json.encode(_Sealed(hashlib.sha256(data).hexdigest(), msgspec.Raw(data)))


def unseal(data: bytes, kind: type[T]) -> T:
    """Return the content of sealed JSON.

    Raises:
        ValueError: the JSON is damaged. The message is a predicate: "does not match its checksum".
    """
    try:
        sealed = msgspec.json.decode(data, type=_Sealed)
        if hashlib.sha256(sealed.content).hexdigest() != sealed.sha256:
            raise ValueError("does not match its checksum")
        return msgspec.json.decode(sealed.content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"is not the JSON that was written ({error})") from error


def plain(name: str, part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part of a result, such as its series, as plain types in a fixed order.

    Raises:
        ContentError: JSON cannot hold a value.
    """
    try:
        return _converted(part)
    except UNFIT as error:
        raise ContentError(
            f"a result cannot be stored: {name} holds what JSON does not{_place(part)} ({error})"
        ) from error


def _converted(part: Mapping[str, Any]) -> dict[str, Any]:
    converted: dict[str, Any] = msgspec.to_builtins(
        dict(part), enc_hook=_builtin, order="deterministic"
    )
    msgspec.json.encode(converted)  # only this refuses half of a surrogate pair
    return converted


def _place(part: Mapping[str, Any]) -> str:
    """Say which entry of a part cannot be converted, if it is one of them."""
    for key, value in part.items():
        try:
            _converted({key: value})
        except UNFIT:
            return f" at {key!r}"
    return ""


def _builtin(value: Any) -> Any:
    """Convert a mapping to a dict, and an array or scalar to lists or a number."""
    # Arrays of numpy and torch are known by their method, for the harness imports neither library
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__}")


def _faults(place: str, value: object) -> Iterator[str]:
    """Yield a text for each value that JSON cannot hold, with its place."""
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
