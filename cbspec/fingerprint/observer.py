"""Observe what the project's code does in a process.

Observed are the code that it runs, the files that it reads, the folders that it lists, and the
scripts that it starts.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import threading
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path
from types import CodeType, FrameType

from cbspec.fingerprint.heard import Heard
from cbspec.fingerprint.listening import listen
from cbspec.fingerprint.memory import remembers
from cbspec.fingerprint.named import absolute, file_time, is_folder, words, written_at

_STDLIB = f"{sysconfig.get_path('stdlib')}{os.sep}"
_INSTALLED = tuple({f"{sysconfig.get_path(name)}{os.sep}" for name in ("purelib", "platlib")})
_HARNESS = f"{Path(__file__).resolve().parents[1]}{os.sep}"
_METADATA = f"{_STDLIB}importlib{os.sep}metadata"
# They list folders to find modules, and each other
_SEARCHING = ("<frozen importlib", *_INSTALLED)
_STARTS = frozenset({"subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system"})


class Observer:
    """Listens to Python's audit events in this process, until another observer begins.

    Args:
        root: the project's folder, links followed.

    Attributes:
        run: names of files whose code was executed, or whose source was read.
        used: file of the module that was being imported, empty for a stage that runs -> names of
            other files that code of the project read, asked after or handed to a program, and of
            folders that it listed. What a stage read inside a `functools.cache` stands beneath the
            file of the function, too, because later stages get it from there.
        written: names of files that the process wrote, and of folders that it made.
        links: names of symbolic links that it made.
        updated: file that was opened for reading and writing -> when it was last written by then.
        started: when the first program was started; None without one. A file that was written since
            and is then read is taken to be the program's work.
    """

    def __init__(self, root: Path) -> None:
        self._within = f"{root}{os.sep}"
        self.run: set[str] = set()
        self.used: dict[str, set[str]] = defaultdict(set)
        self.written: set[str] = set()
        self.links: set[str] = set()
        self.updated: dict[str, str] = {}
        self.started: int | None = None
        self._heard = Heard()
        self.forget()

    def forget(self) -> None:
        """Begin anew for a stage, but keep what modules did at their import: they do it only once."""
        self.run.clear()
        self.used.pop("", None)
        made = self.made()
        for names in self.used.values():
            names -= made
        self.written.clear()
        self.links.clear()
        self.updated.clear()
        self.started = None
        self._heard.forget()
        listen(self.hear)

    def made(self) -> set[str]:
        """Return the names of files that the process wrote, and of folders that it made."""
        made = set(self.written)
        for path, before in self.updated.items():
            if str(written_at(path)) != before:
                made.add(path)
        return made

    def hear_children(self) -> None:
        """Record what forked children of this process have done."""
        for kind, importing, path in self._heard.told():
            self._record(kind, path, importing)

    def hear(self, event: str, arguments: tuple[object, ...]) -> None:
        """Record an event."""
        if event == "exec" and isinstance(arguments[0], CodeType):
            self._add("run", arguments[0].co_filename)
        elif event == "asked":
            self._ask(absolute(arguments[0]), sys._getframe(3))
        elif event == "os.mkdir":
            self._add("written", absolute(arguments[0]))
        elif event == "os.symlink":
            self._add("links", absolute(arguments[1]))
        elif event in ("os.rename", "os.link"):  # `os.replace` is a rename, too
            source, target = map(absolute, arguments[:2])
            self._place(source, target)
            if event == "os.link":
                self._use([source], sys._getframe(2))
        elif event == "open":
            self._open(absolute(arguments[0]), arguments[2], sys._getframe(2))
        elif event in ("os.listdir", "os.scandir"):
            folder = absolute(arguments[0] or ".")
            self._use([folder], sys._getframe(2), searching=False)
        elif event == "ctypes.dlopen" or event in _STARTS:
            files = [path for path in map(absolute, words(arguments)) if Path(path).is_file()]
            self._use(files, sys._getframe(2))
            if event in _STARTS and self.started is None:
                self.started = file_time()

    def _open(self, path: str, flags: object, frame: FrameType) -> None:
        if not path.startswith(self._within) or not isinstance(flags, int):
            return
        creates = flags & (os.O_CREAT | os.O_TRUNC)
        if flags & os.O_WRONLY or (flags & os.O_RDWR and creates):
            self._add("written", path)
        elif flags & os.O_RDWR:  # as NumPy maps a file that it may only read: the file shows which
            self._add("updated", path, str(written_at(path)))
            self._use([path], frame)
        elif path.endswith(".py"):
            self._add("run", path)
        else:
            self._use([path], frame)

    def _place(self, source: str, target: str) -> None:
        """Record that a file, or a folder with what was written in it, gets another name."""
        if target.startswith(self._within):
            self._add("written", target)
            for path in list(self.written):
                if path.startswith(f"{source}{os.sep}"):
                    self._add("written", f"{target}{path.removeprefix(source)}")

    def _ask(self, path: str, frame: FrameType) -> None:
        """Record a file whose existence or size the project's code asks for."""
        if path.startswith(self._within) and not is_folder(path):
            self._use([path], frame, searching=False)

    def _add(self, kind: str, path: str, importing: str = "") -> None:
        """Record a file; in a forked child, also pass it on to the process that observes."""
        if self._heard.is_child:
            if path.startswith(self._within):
                self._heard.tell(kind, importing, path)
        else:
            self._record(kind, path, importing)

    def _record(self, kind: str, path: str, importing: str) -> None:
        if kind == "used":
            self.used[importing].add(path)
        elif kind == "updated":
            self.updated.setdefault(path, importing)
        else:
            getattr(self, kind).add(path)

    def _use(self, paths: Collection[str], frame: FrameType, *, searching: bool = True) -> None:
        """Record the files that the project's code uses.

        Args:
            frame: what calls on Python for it.
            searching: also where an import or an installed package uses it for that code.
        """
        importing = self._importing(frame, searching)
        if importing is not None:
            for path in paths:
                kind = "written" if self._is_of_program(path) else "used"
                self._add(kind, path, importing)
        if importing == "" and not self._heard.is_child:  # a child's memory ends with it
            for holder in self._remembering(frame):
                self.used[holder].update(paths)

    def _is_of_program(self, path: str) -> bool:
        """Tell whether a file was written after a program had been started."""
        return self.started is not None and written_at(path) >= self.started and not is_folder(path)

    def _remembering(self, frame: FrameType | None) -> Iterator[str]:
        """Yield the files of the project's functions that run and whose results are cached."""
        while frame is not None and not frame.f_code.co_filename.startswith(_HARNESS):
            if self._is_own(frame) and remembers(frame.f_globals, frame.f_code):
                yield frame.f_code.co_filename
            frame = frame.f_back

    def _importing(self, frame: FrameType | None, searching: bool) -> str | None:
        """Return the file of the project's module that is being imported.

        Empty if the project's code runs without an import; None if it is not the project's code that
        acts, but Python or the harness.
        """
        while frame is not None and not self._is_own(frame):
            file = frame.f_code.co_filename
            if file.startswith((_HARNESS, _METADATA)):
                return None
            if file.startswith(_SEARCHING) and not searching:
                return None
            frame = frame.f_back
        if frame is None:  # a thread may run what Python or a package has, for the stage
            return None if threading.current_thread() is threading.main_thread() else ""
        while frame is not None and not frame.f_code.co_filename.startswith(_HARNESS):
            if frame.f_code.co_name == "<module>" and self._is_own(frame):
                return frame.f_code.co_filename
            frame = frame.f_back
        return ""

    def _is_own(self, frame: FrameType) -> bool:
        file = frame.f_code.co_filename
        return file.startswith(self._within) and not external(file)


def external(path: str) -> bool:
    """Tell whether a file is Python's, an installed package's or the harness', wherever it lies."""
    return path.startswith((*_INSTALLED, _STDLIB, _HARNESS))
