"""The digest of a claim, over everything that decides its verdict and nothing that explains it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from cbspec.claim import Seeds
from cbspec.kinds import Assertion
from cbspec.stage import Call

_ENCODER = json.JSONEncoder(sort_keys=True)  # made once; json.dumps would make one for every claim


def digest(
    assertions: tuple[Assertion, ...],
    controls: tuple[Assertion, ...],
    alpha: float,
    seeds: Seeds,
    arms: Mapping[str, Call],
) -> str:
    """Return the hex SHA-256 of assertions, controls, alpha, seeds and the calls of the arms."""
    content = {
        "assert": _without_notes(msgspec.to_builtins(assertions)),
        "controls": _without_notes(msgspec.to_builtins(controls)),
        "alpha": alpha,
        "seeds": [seeds.pool, seeds.start, *([seeds.looks] if seeds.looks else [])],
        "arms": {name: call.digest for name, call in arms.items()},
    }
    return hashlib.sha256(_ENCODER.encode(content).encode()).hexdigest()


def _without_notes(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _without_notes(value) for key, value in content.items() if key != "note"}
    if isinstance(content, list | tuple):
        return list(map(_without_notes, content))
    return content
