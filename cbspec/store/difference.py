"""The differences between two results of the same key, to the last bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cbspec.store.entry import StoredResult
from cbspec.store.record import seal

ABSENT = "none"


def differences(stored: StoredResult, again: StoredResult) -> list[str]:
    """Return a text for each difference: ``"accuracy: 0.5 -> 0.25"``; none if they are equal."""
    if stored.content == again.content:
        return []
    texts = [
        *_values("", stored.measures, again.measures),
        *_values("no ", stored.undefined, again.undefined),
        *_names("series", stored.series, again.series),
        *_names("tensor", _bytes(stored.tensors), _bytes(again.tensors)),
    ]
    return texts or ["the order of its tensors"]


def _values(word: str, stored: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[str]:
    for name in _different(stored, again):
        before, after = stored.get(name, ABSENT), again.get(name, ABSENT)
        yield f"{word}{name}: {before} -> {after}"


def _names(word: str, stored: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[str]:
    for name in _different(stored, again):
        yield f"{word} {name}"


def _different(stored: Mapping[str, Any], again: Mapping[str, Any]) -> list[str]:
    """Return the names whose values differ in any bit, as 0.0 and -0.0 do."""
    names = []
    for name in {**stored, **again}:
        if seal([stored.get(name)]) != seal([again.get(name)]):
            names.append(name)
    return names


def _bytes(tensors: Mapping[str, Any]) -> dict[str, bytes]:
    if not tensors:
        return {}
    from cbspec import pytorch

    return {name: pytorch.dump({name: tensor}) for name, tensor in tensors.items()}
