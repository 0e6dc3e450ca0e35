"""Finding functions whose results Python keeps for later calls, by `functools.cache`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

_CACHE = type(lru_cache(lambda: None))


def remembers(names: Mapping[str, Any], code: CodeType) -> bool:
    """Tell whether a module caches the results of a function that it calls by one of its names.

    Args:
        names: the globals of the module.
        code: the code of the function.
    """
    return any(_innermost(cache) is code for cache in _caches(names))


def _caches(names: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the caches among a module's globals, and among the methods of its classes."""
    for value in list(names.values()):
        kind = type(value)  # isinstance would ask objects that act for others what they are
        if kind is _CACHE:
            yield value
        elif issubclass(kind, type) and value.__module__ == names.get("__name__"):
            for method in list(vars(value).values()):
                method = getattr(method, "__func__", method)
                if type(method) is _CACHE:
                    yield method


def _innermost(function: Any) -> CodeType | None:
    """Return the code of a function beneath all that wraps it."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return getattr(function, "__code__", None)
