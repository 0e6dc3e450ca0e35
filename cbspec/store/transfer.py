"""Moving results to and from a remote, several at a time. Each arrives as a whole or not at all."""

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
    """The outcome of moving one result.

    Attributes:
        key: the key of the result.
        state: ``"moved"``; ``"there"``: it was at its destination already; ``"absent"``: the source
            does not have it; ``"refused"``: it is not what its key stands for.
        bytes: the number of bytes that were moved, or would be in a dry run.
        reason: why the result was refused.
    """

    key: str
    state: State
    bytes: int = 0
    reason: str = ""


class Pull:
    """Takes results from a remote into a store.

    Args:
        store: the store.
        remote: the remote.
        dry: move nothing, and only report what would be moved.
        adopted: whether to take results that were adopted from other code.
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
        """Take results, and yield the outcome of each as soon as it is known.

        Raises:
            RemoteError: the remote cannot be read. Results that were yielded are stored.
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
    """Brings results from a store to a remote.

    Args:
        store: the store.
        remote: the remote.
        dry: move nothing, and only report what would be moved.
        replace: also bring results that the remote has already.
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
        """Bring results, and yield the outcome of each as soon as it is known.

        Raises:
            RemoteError: the remote cannot be read or written. Results that were yielded are there.
            StoreError: the store cannot be read.
        """
        self.remote.check_there(made=True)
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
    """Move results in several threads, and yield each outcome. An error cancels the rest.

    Args:
        move: moves one result.
        results: the results.
        lanes: the number of threads.
    """
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
