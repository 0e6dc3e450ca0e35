"""A remote: a folder, a bucket or a host with ssh that many machines share, reached by fsspec.

Layout under its URL::

    entries/ab/abcdef....json         the record.json of an entry, byte for byte
    tensors/ab/abcdef...safetensors   tensors, under the SHA-256 of the file
    packages/DIGEST.json              every installed package with its version
    tmp/                              files that are being written, except in a bucket

A record is written after its tensors, so whoever finds a record finds its tensors too. A name
follows from what the file holds, so two machines may write the same file at once.
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

ANSWER_SECONDS = 30.0  # the time limit of one request, which reads no more than BLOCK
BLOCK = 2**23  # bytes
INSTALL = 'pip install "cbspec[remote]"'
# Protocols of object stores: an object appears as a whole, and none is a link
OBJECTS = frozenset({"memory", "s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "http", "https"})


class Unfit(ValueError):
    """A file of a remote cannot be taken. The message is a predicate: "is no regular file"."""


class Remote:
    """The files of a shared store. To create this object sends no request.

    Args:
        url: a URL for fsspec (``s3://bucket/folder``, ``ssh://host/folder``) or a folder's path.
        seconds: the time limit of a request.

    Attributes:
        url: the URL without its password.
        lanes: the number of requests that it takes at a time.

    Raises:
        ConfigError: the kind of URL is unknown, or a package for it is not installed.
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
        """Read a part of a file; return None if there is no such file.

        Args:
            name: the name of the file.
            first: the first byte.
            most: the greatest number of bytes.

        Raises:
            RemoteError: the remote does not answer, or refuses.
            Unfit: the name is not that of a regular file, or more bytes came than asked for.
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
                return b""  # the file ends before the first byte

        data = self._answer(f"reading {name}", content)
        if data is not None and len(data) > most:
            raise Unfit("is longer than it says")
        return data

    def sizes(self, folder: str) -> dict[str, int]:
        """Return name -> size in bytes, for every file in a folder at any depth.

        Raises:
            RemoteError: the remote does not answer, or refuses.
        """
        path = self._path(folder)
        # No time limit: a long list takes many requests
        listed = self._answer(f"listing {folder}", lambda: self._listed(path), limited=False)
        return {f"{folder}{name[len(path) :]}": size for name, size in listed.items()}

    def write(self, name: str, content: bytes | Path) -> None:
        """Write or replace a file. Readers see all of it or nothing.

        Args:
            name: the name of the file.
            content: its content, or the path of a file that has it.

        Raises:
            RemoteError: the remote does not answer, or refuses.
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
        """Check that the folder or bucket of the URL exists; it may be empty.

        Raises:
            RemoteError: it does not exist, or the remote does not answer.
        """
        place = self._root
        if self._objects:
            # On other object stores than S3, a reader may not be allowed to ask for the bucket
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
        """Refuse links, which lead elsewhere, and devices or pipes, which may never end."""
        about = self._files.info(path)
        if about.get("islink") or about.get("type") != "file":
            raise Unfit("is no regular file")

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _answer(self, doing: str, ask: Callable[[], T], *, limited: bool = True) -> T:
        """Send a request and return the answer.

        Args:
            doing: what the request does, for the error message.
            ask: sends the request.
            limited: whether the time limit applies.

        Raises:
            RemoteError: the answer is an error, or does not come in time.
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
        except OSError as error:
            reason = error.strerror or str(error)
            raise RemoteError(f"{self.url}: cannot be reached: {reason}") from None
        except Exception as error:
            raise ConfigError(f"{self.url}: is no place to share results: {error}") from None
        return files, root.rstrip("/")


def _within(seconds: float, ask: Callable[[], T]) -> T:
    """Call a function with a time limit.

    Raises:
        TimeoutError: it has not returned in time. It goes on in its thread; nothing can stop it.
    """
    answers: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put((ask(), None))
        except BaseException as error:
            answers.put((None, error))

    # A daemon thread, not one of a pool: the end of the process would wait for a pool
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
