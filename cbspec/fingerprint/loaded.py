"""The project's code that a process has loaded: the proof of what computed a result."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import filterfalse
from pathlib import Path
from types import ModuleType

from cbspec.fingerprint.module import package_of, read
from cbspec.fingerprint.observer import Observer, external
from cbspec.fingerprint.signature import Watch


class Loaded:
    """The project's code in this process.

    It is made before the catalog is imported, where the process allows that: modules that exist by
    then were loaded by the process's starter.

    Args:
        root: the project's folder.
        apart: folders in it whose files never count as code.
    """

    def __init__(self, root: Path, apart: Collection[Path] = ()) -> None:
        self._root = root.resolve()
        self._within = f"{self._root}{os.sep}"
        self._apart: tuple[str, ...] = ()
        self.leave_out(apart)
        self._before = set(sys.modules)
        self._observer = Observer(self._root)
        self._catalog: set[str] = set()  # names of modules
        self._catalog_run: set[str] = set()  # names of files
        self._waits = False
        self._spent = False

    def leave_out(self, apart: Collection[Path]) -> None:
        """Set the folders in the project whose files never count as code."""
        self._apart = tuple(f"{folder.resolve()}{os.sep}" for folder in apart)

    @contextmanager
    def loading_catalog(self) -> Iterator[None]:
        """Note what a block loads and runs: the catalog, which precedes every stage.

        What is loaded between it and the first stage is the process's own, such as a conftest.py.
        """
        self._observer.forget()
        before = self.imported()
        try:
            yield
        finally:
            self._catalog |= self.imported() - before
            self._catalog_run |= self._observer.run
            self._waits = True

    def prepare(self, watch: Watch) -> bool:
        """Unload the modules of other stages, so that everything that this stage loads is seen.

        Returns:
            False if importing one of those modules may have changed something else, which cannot be
            undone. The stage needs another process then.
        """
        if self._spent:
            return False
        if self._waits:
            self._before |= set(sys.modules) - self._catalog
            self._waits = False
        others = []
        for name, file in self._modules():
            if file not in watch.files and name not in self._catalog:
                if _acts(name, file, watch.hooks):
                    return False
                others.append(name)
        for name in others:
            _forget(name)
        self._observer.forget()
        return True

    def spend(self) -> None:
        """Note that no later stage can run here as in a fresh process."""
        self._spent = True

    def imported(self) -> frozenset[str]:
        """Return the names of the project's modules that were imported since."""
        return frozenset(name for name, _ in self._modules())

    def held(self) -> list[ModuleType]:
        """Return every module of the project that is loaded now, without the harness's."""
        modules = []
        for name, module in list(sys.modules.items()):
            if self._holds(place_of(module)) and name.partition(".")[0] != "cbspec":
                modules.append(module)
        return modules

    def unlisted(self, watch: Watch, declared: Collection[Path] = ()) -> tuple[str, ...]:
        """Return the files that the stage has loaded or read, but that its key does not cover.

        They are relative to the root. A folder that the stage has listed ends in a slash. A file
        that it looked for in vain is among them, because it may appear, and so is a link to a file
        besides that file. Files that the stage wrote itself and hidden folders are not. What the
        catalog did counts for every stage.

        Args:
            declared: files and folders that the key counts as data.
        """
        self._observer.hear_children()
        run = {file for _, file in self._modules()}
        ran = self._observer.run | self._catalog_run
        run.update(filter(Path.is_file, self._own_paths(ran)))
        used = self._used(run | watch.files)
        data = tuple(map(Path.resolve, declared))
        names = set()
        for path in (run | used) - watch.files - watch.seen.keys():
            if any(path.is_relative_to(place) for place in data):
                continue
            slash = "/" if path.is_dir() else ""
            names.add(f"{path.relative_to(self._root).as_posix()}{slash}")
        return tuple(sorted(names - watch.known))

    def _used(self, modules: Collection[Path]) -> set[Path]:
        """Return the files, except code, that the stage used or these modules used at their import."""
        names = set(self._observer.used[""])
        for module in modules:
            names |= self._observer.used.get(str(module), set())
        made = self._observer.made()
        written = set(self._own_paths(made))
        used = set()
        for name in names:
            path = self._own(name)
            if path and path not in written:
                used.add(path)
                own = self._holds(name) and not _lies_in(name, made | self._observer.links)
                if own and path != Path(name):
                    used.add(Path(name))  # a link, which may lead elsewhere tomorrow
        return set(filterfalse(self._is_apart, used))

    def _own_paths(self, names: Iterable[str]) -> Iterator[Path]:
        for name in list(names):
            if path := self._own(name):
                yield path

    def _is_apart(self, path: Path) -> bool:
        """Tell whether a path is hidden, or lies in a folder that is apart.

        A hidden file is not, but ``.git``, which may be one, is, and so is a file that is missing.
        """
        *folders, last = path.relative_to(self._root).parts
        if not path.is_file() or last == ".git":
            folders.append(last)
        for part in folders:
            if part.startswith((".", "__pycache__")):
                return True
        return f"{path}{os.sep}".startswith(self._apart)

    def _modules(self) -> Iterator[tuple[str, Path]]:
        """Yield name and file of the project's modules that were loaded since."""
        for name, module in list(sys.modules.items()):
            if name in self._before:
                continue
            path = place_of(module)
            if self._holds(path) and Path(path).is_file():
                yield name, Path(path)

    def _own(self, name: str) -> Path | None:
        """Return a path of the project, links followed; None for any other."""
        path = os.path.realpath(name)
        return Path(path) if self._holds(path) and not external(path) else None

    def _holds(self, path: str) -> bool:
        return path.startswith(self._within)


def _lies_in(name: str, made: Collection[str]) -> bool:
    """Tell whether a path, or a folder that it lies in, is one of these."""
    return any(str(place) in made for place in (Path(name), *Path(name).parents))


def place_of(module: ModuleType) -> str:
    """Return the path of a module's file, links followed; empty if it is Python's, an installed
    package's or the harness', or if there is none.
    """
    file = getattr(module, "__file__", None)
    return _place(file) if isinstance(file, str) else ""


@cache
def _place(file: str) -> str:
    path = os.path.realpath(file)  # asked once: most modules are installed, and stages many
    return "" if external(path) else path


@cache
def _acts(name: str, file: Path, hooks: bool) -> bool:
    """Tell whether importing a file may have changed more than its own module."""
    try:
        source = read(file.read_bytes(), package_of(name, file))
    except OSError:  # gone by now
        return True
    return any(unit.acts or (hooks and unit.derives) for unit in source.units)


def _forget(name: str) -> None:
    """Unload a module, so that its next import runs it again."""
    module = sys.modules.pop(name)
    package, _, attribute = name.rpartition(".")
    parent = sys.modules.get(package)
    if parent is not None and getattr(parent, attribute, None) is module:
        delattr(parent, attribute)
