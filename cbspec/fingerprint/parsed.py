"""A cache of parsed source files, for the other processes of a run and for later runs."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from functools import cache
from pathlib import Path

import msgspec

from cbspec.errors import CbspecError
from cbspec.fingerprint.module import ParsedFile, package_of, read, whole
from cbspec.fingerprint.signature import Signature, signature

_MOST = 4  # the cache keeps so many times the number of texts that the last run has read


class Kept(msgspec.Struct):
    """The content of the file: hash of name and text -> what was read.

    Attributes:
        version: of the code that read it.
    """

    version: str
    sources: dict[str, ParsedFile]


class Parsed:
    """Reads source files, each text once.

    Args:
        file: where it is kept; nowhere if left out.
        lock: held while something new is read, so that other processes wait for that.
    """

    def __init__(
        self,
        file: Path | None = None,
        lock: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._file = file
        self._lock = lock
        self._held = ExitStack()
        self._sharing = False
        self._reading = False
        self._used: dict[str, ParsedFile] = {}
        self._kept: dict[str, ParsedFile] = {}
        self._seen: Signature | None = None
        self._load()

    def source(self, name: str, path: Path) -> ParsedFile:
        """Parse the file of a module, or take it from the cache."""
        text = path.read_bytes()
        digest = hashlib.sha256(f"{name}\0{path.name}\0".encode() + text).hexdigest()
        if digest not in self._kept and self._sharing and not self._reading:
            self._begin()
        source = self._kept.get(digest)
        if source is None:
            python = path.suffix == ".py"
            source = read(text, package_of(name, path)) if python else whole(text)
        self._used[digest] = source
        return source

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Keep what is parsed in this block, while other processes wait for it."""
        self._sharing = True
        try:
            yield
        finally:
            self._sharing = False
            self._save()

    def _begin(self) -> None:
        self._reading = True
        if self._file:
            with suppress(CbspecError, OSError):  # without a lock, other processes parse it as well
                self._held.enter_context(self._lock())
            self._load()  # by now another process may have read it

    def _save(self) -> None:
        """Keep what was read, and let other processes go on."""
        if not self._reading:
            return
        self._reading = False
        sources = self._kept | self._used
        if len(sources) > _MOST * len(self._used):
            sources = self._used
        self._kept = sources
        if self._file:
            scratch = self._file.with_suffix(f".{os.getpid()}")
            with suppress(OSError):  # a folder that cannot be written keeps nothing
                self._file.parent.mkdir(parents=True, exist_ok=True)
                scratch.write_bytes(msgspec.msgpack.encode(Kept(_version(), sources)))
                scratch.replace(self._file)
                self._seen = signature(self._file)
        self._held.close()

    def _load(self) -> None:
        """Take in what is kept, where that is something else than this process has."""
        now = signature(self._file) if self._file else None
        if self._file is None or now == self._seen:
            return
        self._seen = now
        with suppress(OSError, msgspec.MsgspecError):
            kept = msgspec.msgpack.decode(self._file.read_bytes(), type=Kept)
            if kept.version == _version():
                self._kept = kept.sources


@cache
def _version() -> str:
    """Return what reads: Python, whose grammar changes, and this package."""
    stamps = [path.stat().st_mtime_ns for path in sorted(Path(__file__).parent.glob("*.py"))]
    return f"{sys.version_info[:2]} {stamps}"
