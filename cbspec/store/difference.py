"""In what two results of the same key differ, to the last bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cbspec.store.entry import StoredResult
from cbspec.store.record import seal

ABSENT = "none"


def differences(stored: StoredResult, again: StoredResult) -> list[str]:
    """Return what differs, each as text: ``"accuracy: 0.5 -> 0.25"``; empty where nothing does."""
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
    """Return the names whose values are not the same to the last bit; 0.0 and -0.0 are not."""
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
