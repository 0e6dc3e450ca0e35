"""What code of the project is seen to do in a process: which code it runs, which files it reads, which
folders it lists, which scripts it starts.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FrameType

_STDLIB = f"{sysconfig.get_path('stdlib')}{os.sep}"
_INSTALLED = tuple({f"{sysconfig.get_path(name)}{os.sep}" for name in ("purelib", "platlib")})
_HARNESS = f"{Path(__file__).resolve().parents[1]}{os.sep}"
_METADATA = f"{_STDLIB}importlib{os.sep}metadata"
# They list folders to find modules, and each other
_SEARCHING = ("<frozen importlib", *_INSTALLED)
_STARTS = frozenset({"subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system"})


class Observer:
    """Listens in this process, as Python's audit events tell, until another one begins.

    Args:
        root: the project's folder, links followed.

    Attributes:
        run: names of files whose code was executed, or whose source was read.
        used: file of the module that was being imported, empty for a stage that runs -> names of
            other files that code of the project read or handed to a program, and of folders that it
            listed.
        written: names of files that the process wrote.
    """

    def __init__(self, root: Path) -> None:
        self._within = f"{root}{os.sep}"
        self.run: set[str] = set()
        self.used: dict[str, set[str]] = defaultdict(set)
        self.written: set[str] = set()
        _listen()
        self.forget()

    def forget(self) -> None:
        """Begin anew for a stage; what modules did when they were imported they do not repeat."""
        self.run.clear()
        self.used.pop("", None)
        self.written.clear()
        _listening[:] = [self]

    def hear(self, event: str, arguments: tuple[object, ...]) -> None:
        """Take down an event; called by the hook alone."""
        if event == "exec" and isinstance(arguments[0], CodeType):
            self.run.add(arguments[0].co_filename)
        elif event == "open":
            self._open(_absolute(arguments[0]), arguments[2], sys._getframe(2))
        elif event in ("os.listdir", "os.scandir"):
            folder = _absolute(arguments[0] or ".")
            self._use([folder], sys._getframe(2), searching=False)
        elif event == "ctypes.dlopen" or event in _STARTS:
            files = [path for path in map(_absolute, _words(arguments)) if Path(path).is_file()]
            self._use(files, sys._getframe(2))

    def _open(self, path: str, flags: object, frame: FrameType) -> None:
        if not path.startswith(self._within) or not isinstance(flags, int):
            return
        if flags & (os.O_WRONLY | os.O_RDWR):
            self.written.add(path)
        elif path.endswith(".py"):
            self.run.add(path)
        else:
            self._use([path], frame)

    def _use(self, paths: Iterable[str], frame: FrameType, *, searching: bool = True) -> None:
        """Take down what code of the project uses.

        Args:
            frame: what calls on Python for it.
            searching: also where an import or an installed package uses it for that code.
        """
        importing = self._importing(frame, searching)
        if importing is not None:
            self.used[importing].update(paths)

    def _importing(self, frame: FrameType | None, searching: bool) -> str | None:
        """Return the file of the module of the project that is being imported; empty where its code
        runs without; None where Python, the harness or nobody of the project acts.
        """
        while frame is not None and not self._is_own(frame):
            file = frame.f_code.co_filename
            if file.startswith((_HARNESS, _METADATA)):
                return None
            if file.startswith(_SEARCHING) and not searching:
                return None
            frame = frame.f_back
        if frame is None:
            return None
        while frame is not None and not frame.f_code.co_filename.startswith(_HARNESS):
            if frame.f_code.co_name == "<module>" and self._is_own(frame):
                return frame.f_code.co_filename
            frame = frame.f_back
        return ""

    def _is_own(self, frame: FrameType) -> bool:
        file = frame.f_code.co_filename
        return file.startswith(self._within) and not external(file)


# The one that listens. Python lets go of no hook, so that one for each observer would slow down
# whatever this process does afterwards.
_listening: list[Observer] = []


@cache
def _listen() -> None:
    sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    for observer in _listening:
        observer.hear(event, arguments)


def external(path: str) -> bool:
    """Tell whether a file is Python's, an installed package's or the harness', wherever it lies."""
    return path.startswith((*_INSTALLED, _STDLIB, _HARNESS))


def _absolute(name: object) -> str:
    if not isinstance(name, str | bytes | os.PathLike):
        return ""
    return os.path.abspath(os.fsdecode(name))  # noqa: PTH100 - for every file that is opened


def _words(value: object) -> Iterator[str]:
    """Yield the words of a command, in whatever form it is given."""
    if isinstance(value, str):
        yield from value.split()
    elif isinstance(value, bytes | os.PathLike):
        yield from os.fsdecode(value).split()
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _words(item)
