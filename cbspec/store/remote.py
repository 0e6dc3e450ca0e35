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
import logging
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from cbspec.errors import ConfigError, RemoteError
from cbspec.store.address import check, without_password
from cbspec.store.bucket import OBJECTS, is_there
from cbspec.store.deadline import DeadlineError, within

T = TypeVar("T")

ANSWER_SECONDS = 30.0  # the time limit of a request that moves little
SLOWEST = 2**15  # bytes a second, by which a request that moves much has more time
BLOCK = 2**23  # the greatest number of bytes that one request reads
INSTALL = 'pip install "cbspec[remote]"'
FOREIGN = "locks"  # a folder that a project's store has, and a shared one has not
for _package in ("gcsfs", "paramiko"):  # they log what they raise, and Python would print that
    logging.getLogger(_package).addHandler(logging.NullHandler())


class Unfit(ValueError):
    """A file of a remote cannot be taken. The message is a predicate: "is no regular file"."""


class Remote:
    """The files of a shared store. To create it for a host with ssh connects to that host.

    Args:
        url: a URL for fsspec (``s3://bucket/folder``, ``ssh://host/folder``) or a folder's path.
        seconds: the time limit of a request.

    Attributes:
        url: the URL without its password.
        lanes: the number of requests that it takes at a time.

    Raises:
        ConfigError: the URL names no place, or a package for its kind is not installed.
        RemoteError: the host cannot be reached, or refuses.
    """

    def __init__(self, url: str, seconds: float = ANSWER_SECONDS) -> None:
        check(url)
        self.url = without_password(url, url)
        self._given = url
        self._seconds = seconds
        self._files, self._root = self._opened(url)
        kinds = self._files.protocol
        self._kinds = {kinds} if isinstance(kinds, str) else set(kinds)
        self._objects = not self._kinds.isdisjoint(OBJECTS)
        together = self._files.async_impl or "file" in self._kinds
        self.lanes = 8 if together else 1

    def read(self, name: str, first: int, most: int, *, there: bool = False) -> bytes | None:
        """Read a part of a file; return None if there is no such file.

        Args:
            name: the name of the file.
            first: the first byte.
            most: the greatest number of bytes.
            there: whether so many bytes are known to be there; their transfer takes time.

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

        data = self._answer(f"reading {name}", content, size=most if there else 0)
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

        self._answer(f"writing {name}", put, size=_length(content))

    def check_there(self, *, made: bool = False) -> None:
        """Check that the folder or bucket of the URL exists, and can be shared; it may be empty.

        Args:
            made: accept a folder that does not exist, since writing a file makes it.

        Raises:
            RemoteError: it does not, or the remote does not answer.
        """
        if fault := self._answer("", lambda: self._fault(made)):
            raise RemoteError(f"{self.url}: {fault}")

    def _fault(self, made: bool) -> str:
        """Return why nothing can be shared here; empty if it can."""
        if self._objects:
            there = is_there(self._files, self._kinds, self._root.partition("/")[0])
        elif self._files.isdir(self._path(FOREIGN)):
            return "is the store of a project, and no shared one; name another folder"
        else:
            there = made or self._files.isdir(self._root)
        return "" if there else "there is no such folder or bucket"

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

    def _answer(
        self, doing: str, ask: Callable[[], T], *, size: int = 0, limited: bool = True
    ) -> T:
        """Send a request and return the answer.

        Args:
            doing: what the request does, for the error message.
            ask: sends the request.
            size: how many bytes it moves.
            limited: whether the time limit applies.

        Raises:
            RemoteError: the answer is an error, or does not come in time.
        """
        seconds = self._seconds + size // SLOWEST
        try:
            return within(seconds, ask) if limited else ask()
        except Unfit:
            raise
        except DeadlineError:
            reason = f"no answer within {seconds:g} s"
        except Exception as error:  # each file system has errors of its own
            reason = self._reason(error)
        about = f"{doing}: " if doing else ""
        raise RemoteError(f"{self.url}: {about}{reason}")

    def _reason(self, error: Exception) -> str:
        """Return an error's message in one line, without number and password."""
        text = re.sub(r"^\[Errno \w+\] ", "", " ".join(str(error).split()))
        return without_password(text, self._given) or type(error).__name__

    def _opened(self, url: str) -> tuple[Any, str]:
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise ConfigError(f"{self.url}: a shared store needs fsspec: {INSTALL}") from None
        try:
            files, root = within(self._seconds, lambda: url_to_fs(url))
        except DeadlineError:
            raise RemoteError(f"{self.url}: no answer within {self._seconds:g} s") from None
        except ImportError as error:
            raise ConfigError(f"{self.url}: {error}") from None
        except (ValueError, TypeError) as error:
            reason = self._reason(error)
            raise ConfigError(f"{self.url}: is no place to share results: {reason}") from None
        except Exception as error:  # each file system has errors of its own
            raise RemoteError(f"{self.url}: cannot be reached: {self._reason(error)}") from None
        return files, root.rstrip("/")


def _length(content: bytes | Path) -> int:
    if isinstance(content, Path):
        return content.stat().st_size if content.exists() else 0
    return len(content)
