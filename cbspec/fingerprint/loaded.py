"""What a process has loaded of a project: the proof of what a result was computed with."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType

from cbspec.fingerprint.module import package_of, read
from cbspec.fingerprint.signature import Watch

_INSTALLED = tuple({sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib")})
_HARNESS = str(Path(__file__).resolve().parents[1])


class Loaded:
    """The project's code in this process. Made before the first stage runs in it: what is there by
    then was loaded by the catalog, or by whoever started the process.

    Args:
        root: the project's folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._within = f"{self._root}{os.sep}"
        self._before = set(sys.modules)
        self._run: set[str] = set()
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        """Take down each file whose code is executed, and each source that is read: not every one
        becomes a module.
        """
        if event == "exec" and isinstance(arguments[0], CodeType):
            self._run.add(arguments[0].co_filename)
        elif event == "open" and isinstance(arguments[0], str) and arguments[0].endswith(".py"):
            self._run.add(arguments[0])

    def prepare(self, watch: Watch) -> bool:
        """Make the process ready for a stage: nothing that other stages loaded is there, so that
        whatever this one loads is seen.

        Returns:
            False where that cannot be undone, for a module of another stage may have changed
            something when it was imported. The stage needs another process.
        """
        others = {name: file for name, file in self._modules() if file not in watch.files}
        if any(_acts(name, file, watch.hooks) for name, file in others.items()):
            return False
        for name in others:
            _forget(name)
        self._run.clear()
        return True

    def unlisted(self, watch: Watch) -> tuple[str, ...]:
        """Return the files that the stage has loaded and that its key does not count, relative to
        the root.
        """
        files = {file for _, file in self._modules()}
        files.update(file for name in list(self._run) if (file := self._own(name)))
        return tuple(
            sorted(file.relative_to(self._root).as_posix() for file in files - watch.files)
        )

    def _modules(self) -> Iterator[tuple[str, Path]]:
        """Yield name and file of the project's modules that were loaded since."""
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if name in self._before or not isinstance(file, str):
                continue
            if path := self._own(file):
                yield name, path

    def _own(self, name: str) -> Path | None:
        """Return a file of the project, links followed; None for any other."""
        path = os.path.realpath(name)
        if not path.startswith(self._within) or path.startswith((*_INSTALLED, _HARNESS)):
            return None
        return Path(path) if Path(path).is_file() else None


@cache
def _acts(name: str, file: Path, hooks: bool) -> bool:
    """Tell whether importing a file may have changed more than its own module."""
    try:
        source = read(file.read_bytes(), package_of(name, file))
    except OSError:  # gone by now
        return True
    return any(unit.acts or (hooks and unit.derives) for unit in source.units)


def _forget(name: str) -> None:
    """Have a module be imported anew by whoever needs it."""
    module = sys.modules.pop(name)
    package, _, attribute = name.rpartition(".")
    parent = sys.modules.get(package)
    if parent is not None and getattr(parent, attribute, None) is module:
        delattr(parent, attribute)
