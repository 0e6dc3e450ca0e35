"""The global state of the project's modules, and its restoration after a stage.

A stage may set a global, fill a registry or replace a function. The next stage in the same process
would compute with that, although its key does not name it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import FunctionType, ModuleType
from typing import Any

LARGE = 1000  # the size of a container from which on its items are not looked into
MOST = 20_000  # the greatest number of objects that are looked into

FUNCTION = ("__code__", "__defaults__", "__kwdefaults__")
_ABSENT = object()


class ModuleState:
    """The globals of modules at one moment.

    Included are the items of containers, and the attributes of classes, functions and objects, at
    any depth. Left out are objects of other packages, and state that is no attribute in Python:
    arrays, random number generators and the content of a `functools.cache`.

    Attributes:
        spoiled: whether something could not be restored.
    """

    def __init__(self, modules: Iterable[ModuleType]) -> None:
        modules = list(modules)
        self._own = {module.__name__ for module in modules}
        self._restorers: list[Callable[[], bool]] = []
        self._seen: set[int] = set()
        self.spoiled = False
        for module in modules:
            self._save_place(module)
        waiting: list[Any] = [*modules]
        while waiting and len(self._seen) < MOST:
            held = waiting.pop()
            if id(held) not in self._seen:
                self._seen.add(id(held))
                waiting += self._save(held)

    def _save_place(self, module: ModuleType) -> None:
        """Keep which module its name stands for."""
        name = module.__name__

        def restore() -> bool:
            changed = sys.modules.get(name) is not module
            sys.modules[name] = module
            return changed

        if sys.modules.get(name) is module:
            self._restorers.append(restore)

    def restore(self) -> bool:
        """Restore everything, and tell whether anything had changed."""
        changed = False
        for restore in self._restorers:
            try:
                changed = restore() or changed
            except Exception:  # a container that the project defines may refuse
                self.spoiled = changed = True
        return changed

    def _save(self, held: Any) -> Iterable[Any]:
        """Save the state of an object, and return the objects to look into next."""
        kind = type(held)  # isinstance would ask objects that act for others what they are
        if issubclass(kind, dict):
            return self._save_dict(held)
        if issubclass(kind, list | set):
            return self._save_items(held)
        if issubclass(kind, tuple | frozenset):
            return tuple(held)
        if issubclass(kind, ModuleType):
            return self._save_names(held) if held.__name__ in self._own else ()
        owner = held if issubclass(kind, type | FunctionType) else kind
        if getattr(owner, "__module__", None) not in self._own:
            return ()
        if issubclass(kind, type):
            return self._save_names(held)
        if issubclass(kind, FunctionType):
            for name in FUNCTION:
                self._save_attribute(held, name)
        return self._save_dict(getattr(held, "__dict__", {}))

    def _save_dict(self, held: dict[Any, Any]) -> Iterable[Any]:
        before = dict(held)

        def restore() -> bool:
            if len(held) == len(before) and all(map(_same, held.items(), before.items())):
                return False
            held.clear()
            held.update(before)
            return True

        self._restorers.append(restore)
        return before.values() if len(before) < LARGE else ()

    def _save_items(self, held: list[Any] | set[Any]) -> Iterable[Any]:
        before = list(held)

        def restore() -> bool:
            now = list(held)
            if len(now) == len(before) and all(map(_is, now, before)):
                return False
            if isinstance(held, list):
                held[:] = before
            else:
                held.clear()
                held.update(before)
            return True

        self._restorers.append(restore)
        return before if len(before) < LARGE else ()

    def _save_names(self, held: ModuleType | type) -> Iterable[Any]:
        """Save the attributes of a module or class, which can be set by `setattr` only."""
        before = _names(held)

        def restore() -> bool:
            changed = False
            now = _names(held)
            for name in now.keys() | before.keys():
                if now.get(name, _ABSENT) is not before.get(name, _ABSENT):
                    changed = True
                    _set(held, name, before.get(name, _ABSENT))
            return changed

        self._restorers.append(restore)
        return before.values()

    def _save_attribute(self, held: Any, name: str) -> None:
        before = getattr(held, name)

        def restore() -> bool:
            changed = getattr(held, name) is not before
            if changed:
                setattr(held, name, before)
            return changed

        self._restorers.append(restore)


def _names(held: ModuleType | type) -> dict[str, Any]:
    """Return the attributes that a program sets, without submodules, which imports set."""
    names = {}
    for name, value in vars(held).items():
        if not (name.startswith("__") or name == "_abc_impl" or isinstance(value, ModuleType)):
            names[name] = value
    return names


def _set(held: ModuleType | type, name: str, value: Any) -> None:
    with suppress(AttributeError, TypeError):  # a metaclass may refuse it
        if value is _ABSENT:
            delattr(held, name)
        else:
            setattr(held, name, value)


def _same(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    return one[0] is other[0] and one[1] is other[1]


def _is(one: Any, other: Any) -> bool:
    return one is other
