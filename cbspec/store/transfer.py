"""Bringing results to and from a remote, several at a time, each whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Literal, TypeVar

from cbspec.store.arrival import (
    Expected,
    RefusedEntry,
    offered,
    packages_name,
    record_name,
    take,
    tensors_name,
)
from cbspec.store.entry import RECORD, TENSORS, read_record
from cbspec.store.record import seal
from cbspec.store.remote import Remote
from cbspec.store.store import Store

T = TypeVar("T")

State = Literal["moved", "there", "absent", "refused"]


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of one result.

    Attributes:
        state: ``"there"``: it was at its goal before; ``"absent"``: where it was to come from has
            none; ``"refused"``: it is not what its key says.
        bytes: that were moved, or would be.
        reason: why it is refused.
    """

    key: str
    state: State
    bytes: int = 0
    reason: str = ""


class Pull:
    """Takes results from a remote.

    Args:
        dry: look only.
        adopted: whether results count that were adopted from other code.

    Attributes:
        remote: where they come from.
        dry: whether it only looks.
    """

    def __init__(
        self, store: Store, remote: Remote, *, dry: bool = False, adopted: bool = True
    ) -> None:
        self.remote = remote
        self._store = store
        self.dry = dry
        self._adopted = adopted
        self._found = False

    def move(self, results: Sequence[Expected]) -> Iterator[Moved]:
        """Take results, and yield what became of each, as it comes.

        Raises:
            RemoteError: the remote cannot be read. What came before is stored.
            StoreError: the store cannot be written.
        """
        if not self._found:
            self.remote.check_there()
            self._found = True
        yield from _together(self._one, results, self.remote.lanes)

    def _one(self, expected: Expected) -> Moved:
        if self._store.has(expected.key):
            return Moved(expected.key, "there")
        try:
            offer = offered(self.remote, expected)
            if offer is None or (offer.adopted and not self._adopted):
                return Moved(expected.key, "absent")
            if not self.dry:
                take(offer, self.remote, self._store)
        except RefusedEntry as error:
            return Moved(expected.key, "refused", reason=str(error))
        return Moved(expected.key, "moved", offer.bytes)


class Push:
    """Brings results to a remote.

    Args:
        dry: look only.
        replace: also bring what is there.

    Attributes:
        remote: where they go.
        dry: whether it only looks.
    """

    def __init__(
        self, store: Store, remote: Remote, *, dry: bool = False, replace: bool = False
    ) -> None:
        self._store = store
        self.remote = remote
        self.dry = dry
        self._replace = replace
        self._there: dict[str, int] = {}

    def move(self, results: Sequence[Expected]) -> Iterator[Moved]:
        """Bring results, and yield what became of each, as it comes.

        Raises:
            RemoteError: the remote cannot be read or written. What came before is whole.
            StoreError: the store cannot be read.
        """
        for folder in ("entries", "tensors", "packages"):
            self._there |= self.remote.sizes(folder)
        yield from _together(self._one, results, self.remote.lanes)

    def _one(self, expected: Expected) -> Moved:
        key = expected.key
        if record_name(key) in self._there and not self._replace:
            return Moved(key, "there")
        folder = self._store.intact(key)
        if folder is None:
            return Moved(key, "absent")
        record = read_record(folder)
        size = (folder / RECORD).stat().st_size
        file = record.tensors
        if file and self._there.get(tensors_name(file.sha256)) != file.bytes:
            size += file.bytes
            if not self.dry:
                self.remote.write(tensors_name(file.sha256), folder / TENSORS)
        if not self.dry:
            self._bring_packages(str(record.provenance.get("packages", "")))
            self.remote.write(record_name(key), folder / RECORD)
        return Moved(key, "moved", size)

    def _bring_packages(self, digest: str) -> None:
        name = packages_name(digest)
        versions = None if name in self._there else self._store.packages.of(digest)
        if versions:
            self.remote.write(name, seal(dict(versions)))
            self._there[name] = 0


def _together(move: Callable[[T], Moved], results: Sequence[T], lanes: int) -> Iterator[Moved]:
    """Yield what becomes of results, so many at a time; an error ends what has not begun."""
    with ThreadPoolExecutor(lanes) as pool:
        running: set[Future[Moved]] = {pool.submit(move, result) for result in results}
        try:
            while running:
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    yield future.result()
        finally:
            for future in running:
                future.cancel()
