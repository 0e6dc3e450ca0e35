"""The state of random number generators that a program has made for itself."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from cbspec import pytorch


class Stream(NamedTuple):
    """What reads the state of a generator, what sets it, and what compares two states."""

    read: Callable[[], Any]
    write: Callable[[Any], object]
    same: Callable[[Any, Any], bool]


def stream_of(held: Any) -> Stream | None:
    """Return how the state of a generator of Python, NumPy or torch is kept; None for others."""
    kind = type(held)
    if issubclass(kind, random.Random):
        with suppress(NotImplementedError):  # the system's randomness has no state
            held.getstate()
            return Stream(held.getstate, held.setstate, lambda one, other: one == other)
        return None
    # A generator can only be there if its package was imported
    if numpy := sys.modules.get("numpy.random"):
        if issubclass(kind, numpy.Generator):
            held, kind = held.bit_generator, numpy.BitGenerator
        if issubclass(kind, numpy.BitGenerator):
            return Stream(lambda: held.state, lambda state: setattr(held, "state", state), _same)
        if issubclass(kind, numpy.RandomState):
            return Stream(lambda: held.get_state(legacy=False), held.set_state, _same)
    if pytorch.is_generator(kind):
        return Stream(held.get_state, held.set_state, _same)
    return None


def _same(one: Any, other: Any) -> bool:
    return bool(_plain(one) == _plain(other))


def _plain(state: Any) -> Any:
    """Return a state with lists for arrays and tensors, whose comparison is no truth value."""
    if isinstance(state, dict):
        return {name: _plain(part) for name, part in state.items()}
    return state.tolist() if hasattr(state, "tolist") else state
