"""A place that many machines share, reached through fsspec: a folder, a bucket, a machine with ssh.

Layout under its URL::

    entries/ab/abcdef....json         what record.json of an entry is, byte for byte
    tensors/ab/abcdef...safetensors   tensors, under the SHA-256 of the file
    packages/DIGEST.json              every installed package with its version
    tmp/                              what is being written, where a file grows in its place

A record is written after its tensors. Both names follow from what they hold, so that two machines
may write the same one at once.
"""

from __future__ import annotations

import errno
import queue
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from cbspec.errors import ConfigError, RemoteError

T = TypeVar("T")

ANSWER_SECONDS = 30.0  # for one request; nothing that is asked for at once is larger than BLOCK
BLOCK = 2**23
INSTALL = 'pip install "cbspec[remote]"'
# Where an object is there as a whole or not at all, and nothing is a link
OBJECTS = frozenset({"memory", "s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "http", "https"})


class Unfit(ValueError):
    """What lies under a name cannot be taken; the message is a predicate, "is no regular file"."""


class Remote:
    """The files of a shared store. Opening one asks for nothing.

    Args:
        url: as fsspec has it (``s3://bucket/folder``, ``ssh://host/folder``); a path is a folder.
        seconds: how long it may take to answer a request.

    Attributes:
        url: the same without a password.
        lanes: how many requests it takes at a time.

    Raises:
        ConfigError: fsspec, or what it needs for this kind of URL, is not installed; or there is no
            such kind.
    """

    def __init__(self, url: str, seconds: float = ANSWER_SECONDS) -> None:
        self.url = _without_password(url)
        self._seconds = seconds
        self._files, self._root = self._opened(url)
        kinds = self._files.protocol
        self._kinds = {kinds} if isinstance(kinds, str) else set(kinds)
        self._objects = not self._kinds.isdisjoint(OBJECTS)
        together = self._files.async_impl or "file" in self._kinds
        self.lanes = 8 if together else 1

    def read(self, name: str, first: int, most: int) -> bytes | None:
        """Return up to `most` bytes of a file from byte `first` on; None where there is none.

        Raises:
            RemoteError: the remote does not answer, or does not let us read.
            Unfit: it is no file, or the remote sends more than was asked for.
        """
        path = self._path(name)

        def content() -> bytes | None:
            try:
                if not self._objects:
                    self._check_plain(path)
                data: bytes = self._files.cat_file(path, start=first, end=first + most)
                return data
            except FileNotFoundError:
                return None
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                return b""  # nothing is there from this byte on

        data = self._answer(f"reading {name}", content)
        if data is not None and len(data) > most:
            raise Unfit("is longer than it says")
        return data

    def sizes(self, folder: str) -> dict[str, int]:
        """Return the name of each file in a folder, at any depth -> its size in bytes.

        Raises:
            RemoteError: the remote does not answer, or does not let us read.
        """
        path = self._path(folder)
        # However many there are, it takes as long as it takes
        listed = self._answer(f"listing {folder}", lambda: self._listed(path), limited=False)
        return {f"{folder}{name[len(path) :]}": size for name, size in listed.items()}

    def write(self, name: str, content: bytes | Path) -> None:
        """Give a file a content, whole from one moment to the next.

        Raises:
            RemoteError: the remote does not answer, or does not let us write.
        """
        target = self._path(name)

        def put() -> None:
            if self._objects:
                self._put(content, target)
                return
            scratch = self._path(f"tmp/{secrets.token_hex(16)}")
            for path in (scratch, target):
                self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            try:
                self._put(content, scratch)
                self._files.mv(scratch, target)
            except BaseException:
                with suppress(Exception):
                    self._files.rm_file(scratch)
                raise

        self._answer(f"writing {name}", put, limited=False)

    def check_there(self) -> None:
        """Check that there is something to read from: a folder or bucket, which may be empty.

        Raises:
            RemoteError: there is none, or the remote does not answer.
        """
        place = self._root
        if self._objects:
            # Of others than S3 a reader may not be allowed to ask
            place = self._root.partition("/")[0] if "s3" in self._kinds else ""
        if place and not self._answer("", lambda: self._files.isdir(place)):
            raise RemoteError(f"{self.url}: there is no such folder or bucket")

    def _put(self, content: bytes | Path, path: str) -> None:
        if isinstance(content, Path):
            self._files.put_file(str(content), path)
        else:
            self._files.pipe_file(path, content)

    def _listed(self, path: str) -> dict[str, int]:
        self._files.invalidate_cache()
        try:
            details = self._files.find(path, detail=True)
        except FileNotFoundError:
            return {}
        return {name: int(about.get("size") or 0) for name, about in details.items()}

    def _check_plain(self, path: str) -> None:
        """Refuse what would lead elsewhere, or never end."""
        about = self._files.info(path)
        if about.get("islink") or about.get("type") != "file":
            raise Unfit("is no regular file")

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _answer(self, doing: str, ask: Callable[[], T], *, limited: bool = True) -> T:
        """Return what the remote answers.

        Raises:
            RemoteError: it answers with an error, or not in time.
        """
        try:
            return _within(self._seconds, ask) if limited else ask()
        except Unfit:
            raise
        except TimeoutError:
            reason = f"no answer within {self._seconds:g} s"
        except Exception as error:  # each file system has errors of its own
            reason = " ".join(str(error).split()) or type(error).__name__
        about = f"{doing}: " if doing else ""
        raise RemoteError(f"{self.url}: {about}{reason}")

    def _opened(self, url: str) -> tuple[Any, str]:
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise ConfigError(f"{self.url}: a shared store needs fsspec: {INSTALL}") from None
        try:
            files, root = url_to_fs(url)
        except ImportError as error:
            raise ConfigError(f"{self.url}: {error}") from None
        except Exception as error:
            raise ConfigError(f"{self.url}: is no place to share results: {error}") from None
        return files, root.rstrip("/")


def _within(seconds: float, ask: Callable[[], T]) -> T:
    """Return what a function returns, or raise TimeoutError; it is then left to itself."""
    answers: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put((ask(), None))
        except BaseException as error:
            answers.put((None, error))

    # Not one of a pool, which the end of the process would wait for
    threading.Thread(target=work, daemon=True, name="cbspec-remote").start()
    try:
        answer, error = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return answer  # type: ignore[return-value]  # None is an answer, too


def _without_password(url: str) -> str:
    place = urlsplit(url).netloc
    user, separator, host = place.rpartition("@")
    if ":" not in user:
        return url
    return url.replace(f"{place}", f"{user.partition(':')[0]}{separator}{host}", 1)
