"""The global state of the project's modules, and its restoration after a stage.

A stage may set a global, fill a registry or replace a function. The next stage in the same process
would compute with that, although its key does not name it.
"""

from __future__ import annotations

import operator
import sys
from collections import UserDict, UserList, deque
from collections.abc import Callable, Iterable, Sequence
from types import (
    CellType,
    CodeType,
    FunctionType,
    MemberDescriptorType,
    ModuleType,
    NoneType,
    SimpleNamespace,
)
from typing import Any

from cbspec.execution.attributes import (
    ABSENT,
    PARTS,
    fields_of,
    names_of,
    set_field,
    set_name,
    special_functions,
    value_of,
)
from cbspec.execution.streams import Stream, stream_of

LARGE = 1000  # the size of a container from which on its items are not looked into
MOST = 20_000  # the greatest number of objects that are looked into

CONSTANT = {NoneType, bool, bytes, complex, float, int, str, CodeType, MemberDescriptorType}
HOLDERS = {CellType, SimpleNamespace, UserDict, UserList}  # of Python, to hold what others put in


class ModuleState:
    """The globals of modules at one moment.

    Included are the items of containers, the attributes and slots of classes, functions and
    objects, the defaults and enclosing variables of functions, and the state of random number
    generators, at any depth. Left out are objects of other packages, and state that Python does not
    show: arrays, iterators and the content of a `functools.cache`.

    Attributes:
        spoiled: whether something could not be restored.
    """

    def __init__(self, modules: Iterable[ModuleType]) -> None:
        modules = list(modules)
        self._own = {module.__name__ for module in modules}
        self._restorers: list[Callable[[], bool]] = []
        self._seen: set[int] = set()
        self._fields: dict[type, tuple[Any, ...]] = {}
        self.spoiled = False
        for module in modules:
            self._save_place(module)
        waiting: list[Any] = [*modules]
        while waiting and len(self._seen) < MOST:
            held = waiting.pop()
            if type(held) not in CONSTANT and id(held) not in self._seen:
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
        if kind is FunctionType:
            return self._save_function(held) if held.__module__ in self._own else ()
        if issubclass(kind, ModuleType):
            return self._save_names(held) if held.__name__ in self._own else ()
        if issubclass(kind, type):
            if getattr(held, "__module__", None) not in self._own:
                return ()
            return [*self._save_names(held), *special_functions(held)]
        return [*self._save_content(held, kind), *self._save_attributes(held, kind)]

    def _save_content(self, held: Any, kind: type) -> Iterable[Any]:
        """Save what an object holds by its kind, whoever has defined it."""
        if issubclass(kind, dict):
            return self._save_dict(held)
        if issubclass(kind, list | set | deque):
            return self._save_items(held)
        if issubclass(kind, tuple | frozenset):
            return tuple(held)
        if issubclass(kind, bytearray):
            self._save_bytes(held)
        elif stream := stream_of(held):
            self._save_stream(stream)
        return ()

    def _save_attributes(self, held: Any, kind: type) -> Iterable[Any]:
        """Save what is set of an object of the project, or of Python where it only holds that."""
        found: list[Any] = []
        for name in PARTS.get(kind, ()):
            found.append(getattr(held, name))
        if not (kind in HOLDERS or getattr(kind, "__module__", None) in self._own):
            return found
        if kind not in self._fields:
            self._fields[kind] = fields_of(kind)
        if fields := self._fields[kind]:
            found += self._save_fields(held, fields)
        attributes = getattr(held, "__dict__", None)
        if attributes is not None:
            found += self._save_dict(attributes)
        return found

    def _save_function(self, held: FunctionType) -> Iterable[Any]:
        code, defaults, keywords = held.__code__, held.__defaults__, held.__kwdefaults__

        def restore() -> bool:
            changed = False
            if held.__code__ is not code:
                changed, held.__code__ = True, code
            if held.__defaults__ is not defaults:
                changed, held.__defaults__ = True, defaults
            if held.__kwdefaults__ is not keywords:
                changed, held.__kwdefaults__ = True, keywords
            return changed

        self._restorers.append(restore)
        return [defaults, keywords, held.__closure__, *self._save_dict(held.__dict__)]

    def _save_fields(self, held: Any, fields: Sequence[Any]) -> Iterable[Any]:
        before = [value_of(held, field) for field in fields]

        def restore() -> bool:
            changed = False
            for field, value in zip(fields, before, strict=True):
                if value_of(held, field) is not value:
                    changed = True
                    set_field(held, field, value)
            return changed

        self._restorers.append(restore)
        return before

    def _save_stream(self, stream: Stream) -> None:
        before = stream.read()

        def restore() -> bool:
            changed = not stream.same(stream.read(), before)
            if changed:
                stream.write(before)
            return changed

        self._restorers.append(restore)

    def _save_bytes(self, held: bytearray) -> None:
        before = bytes(held)

        def restore() -> bool:
            changed = held != before
            if changed:
                held[:] = before
            return changed

        self._restorers.append(restore)

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

    def _save_items(self, held: list[Any] | set[Any] | deque[Any]) -> Iterable[Any]:
        before = list(held)

        def restore() -> bool:
            now = list(held)
            if len(now) == len(before) and all(map(operator.is_, now, before)):
                return False
            _refill(held, before)
            return True

        self._restorers.append(restore)
        return before if len(before) < LARGE else ()

    def _save_names(self, held: ModuleType | type) -> Iterable[Any]:
        """Save the attributes of a module or class, which can be set by `setattr` only."""
        before = names_of(held)

        def restore() -> bool:
            changed = False
            now = names_of(held)
            for name in now.keys() | before.keys():
                if now.get(name, ABSENT) is not before.get(name, ABSENT):
                    changed = True
                    set_name(held, name, before.get(name, ABSENT))
            return changed

        self._restorers.append(restore)
        return before.values()


def _refill(held: Any, before: Any) -> None:
    """Give a container its former items."""
    if isinstance(held, list):
        held[:] = before
        return
    held.clear()
    if isinstance(held, deque):
        held.extend(before)
    else:
        held.update(before)


def _same(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    return one[0] is other[0] and one[1] is other[1]
