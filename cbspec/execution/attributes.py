"""Where Python keeps what an object holds, apart from the items of a container."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import _lru_cache_wrapper, cached_property, partial
from types import CellType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

ABSENT = object()

# What cannot be set, but holds what can be changed: kind -> its attributes
PARTS: dict[type, tuple[str, ...]] = {
    MethodType: ("__func__", "__self__"),
    staticmethod: ("__func__",),
    classmethod: ("__func__",),
    property: ("fget", "fset", "fdel"),
    cached_property: ("func",),
    partial: ("func", "args", "keywords"),
    _lru_cache_wrapper: ("__wrapped__",),
}


def names_of(held: ModuleType | type) -> dict[str, Any]:
    """Return the attributes that a program sets, without submodules, which imports set."""
    names = {}
    for name, value in vars(held).items():
        if not (_special(name) or name == "_abc_impl" or isinstance(value, ModuleType)):
            names[name] = value
    return names


def set_name(held: ModuleType | type, name: str, value: Any) -> None:
    """Set or delete an attribute of a module or class."""
    with suppress(AttributeError, TypeError):  # a metaclass may refuse it
        if value is ABSENT:
            delattr(held, name)
        else:
            setattr(held, name, value)


def special_functions(held: type) -> Iterator[Any]:
    """Yield the functions of a class that Python calls, such as ``__init__``, and that may hold
    something from one call to the next.
    """
    for name, value in vars(held).items():
        if not (_special(name) and type(value) is FunctionType):
            continue
        if value.__defaults__ or value.__kwdefaults__ or value.__closure__:
            yield value


def _special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def fields_of(kind: type) -> tuple[Any, ...]:
    """Return what can be set of objects of a kind beside their ``__dict__``: slots, the fields of a
    msgspec struct, a variable of an enclosing function.
    """
    if kind is CellType:
        return (CellType.cell_contents,)
    fields = []
    for base in kind.__mro__:
        fields += [value for value in vars(base).values() if type(value) is MemberDescriptorType]
    return tuple(fields)


def value_of(held: Any, field: Any) -> Any:
    """Return the value of a field, given by its descriptor; ABSENT if it has none."""
    try:
        return field.__get__(held)
    except (AttributeError, ValueError):  # an empty slot or variable
        return ABSENT


def set_field(held: Any, field: Any, value: Any) -> None:
    """Set a field of an object, past the object's own rules, by which it may be frozen."""
    if value is ABSENT:
        field.__delete__(held)
    else:
        field.__set__(held, value)
