"""The worker's side of Ray: it unpacks a task, computes it in a child process, and answers."""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from cbspec.errors import CbspecError, printable, trace_of
from cbspec.execution.backends.backend import Workplace
from cbspec.execution.backends.local import Local
from cbspec.execution.backends.matching import Matching
from cbspec.execution.backends.ray.parcel import (
    Answer,
    Delivery,
    Parcel,
    Report,
    RunOrigin,
)
from cbspec.execution.messages import Status
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.surroundings import Surroundings
from cbspec.execution.task import TaskOutcome
from cbspec.files import ProjectFiles
from cbspec.store import EntryBytes, Store, admit, entry_bytes

LOOK_SECONDS = 2.0  # between two reports of one task
KEPT_BYTES = 256 * 2**20  # of results that stay with a worker, as later tasks may need them
# That each of them counts for: to list many small ones would take longer than to send them
LEAST_BYTES = 2**19
Telling = Generator[Report, None, Answer]
"""The reports on one task, and in the end its answer."""


def work(parcels: Sequence[Parcel], origin: RunOrigin) -> Iterator[Report | list[Answer]]:
    """Compute tasks one after the other, in this worker of Ray.

    Yields:
        Reports, and in the end the answers to all tasks.
    """
    import ray

    context = ray.get_runtime_context()
    node = _name_of(context.get_node_id())
    answers = []
    for parcel in parcels:
        answers.append((yield from _answered(parcel, origin, node)))
    yield answers


def _answered(parcel: Parcel, origin: RunOrigin, node: str) -> Telling:
    began = time.monotonic()
    try:
        answer = yield from _site(origin.run, Path.cwd()).compute(parcel, origin, node)
    except CbspecError as error:
        answer = Answer(TaskOutcome(ending="refused", reason=printable(str(error))))
    except Exception as error:  # a defect of the harness, or a broken disk
        reason = f"its worker broke: {error!r}"
        outcome = TaskOutcome(ending="failed", reason=printable(reason), traceback=trace_of(error))
        answer = Answer(outcome)
    seconds = time.monotonic() - began
    return dataclasses.replace(answer, outcome=replace(answer.outcome, node=node), seconds=seconds)


@cache
def _name_of(node: str) -> str:
    import ray

    for known in ray.nodes():
        if known["NodeID"] == node:
            return str(known["NodeName"])
    return node[:8]


def _fetched(references: Sequence[Any]) -> list[Any]:
    """Return what lies in Ray's object store under these references."""
    if not references:
        return []
    import ray

    return list(ray.get(references))


@cache
def _site(run: str, root: Path) -> Worksite:
    return Worksite(run, root)


def tidy(run: str) -> None:
    """Remove what the workers of a run have left on this node: Ray kills them when it ends."""
    for path in _runs().glob(f"{run}.*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:  # the lock of one
            path.unlink(missing_ok=True)


def _runs() -> Path:
    return Path(tempfile.gettempdir()) / f"cbspec-{os.getuid()}" / "runs"


class Worksite:
    """The store and the run directory of one worker, which last as long as it does.

    What has come or was computed here stays, up to `KEPT_BYTES`: the next task may read it.

    Args:
        run: the name of the run.
        root: the folder with the project's code.
    """

    def __init__(self, run: str, root: Path) -> None:
        self._root = root
        _runs().mkdir(parents=True, exist_ok=True)
        self._run = RunDirectory(_runs() / f"{run}.{uuid.uuid4().hex[:12]}", "ray")
        self._run.hold()
        self._store = Store(self._run.path / "store")
        self._delivered: set[str] = set()  # what the driver has: it came from there, or went there
        self._kept = 0  # bytes in the store
        self._matching: Matching | None = None
        self._workers: Any = None

    def compute(self, parcel: Parcel, origin: RunOrigin, node: str) -> Telling:
        """Compute a task.

        Raises:
            MachineDiffers: this machine would compute something else.
            ConfigError: the engine cannot be loaded here.
        """
        config = dataclasses.replace(origin.config, root=self._root)
        if self._matching is None:
            self._matching = Matching(config, parcel.loaded, self._run.path.parents[1])
            self._workers = Local().open(Workplace(config, self._store, self._run))
        try:
            files = self._unpacked(parcel)
            surroundings = Surroundings(files, config.versions, config.environment)
            task = self._matching.received(parcel.task, surroundings, origin.layout)
            self._workers.start(task)
            # What it wants goes out even if it did before: it may have got lost
            elsewhere = self._delivered - {cell.key for cell in task.cells}
            while not (ended := self._workers.ended(LOOK_SECONDS)):
                delivery = self._delivery(self._keys() - elsewhere)
                elsewhere |= {entry.key for entry in delivery.entries}
                statuses: list[Status] = self._run.statuses()
                if statuses or delivery.entries:
                    status = statuses[0] if statuses else None
                    yield Report(parcel.number, node, status, delivery)
            [(_, outcome)] = ended
            return Answer(outcome, self._delivery(self._keys() - elsewhere))
        finally:
            shutil.rmtree(self._run.path / "files", ignore_errors=True)
            self._shrink()

    def _unpacked(self, parcel: Parcel) -> DeliveredFiles:
        """Store the inputs and files that came with a task."""
        lacking = []
        for key, reference in parcel.large.items():
            if not self._store.has(key):
                lacking.append(reference)
        for entry in [*parcel.entries, *_fetched(lacking)]:
            if not self._store.has(entry.key):
                admit(self._store, entry)
                self._deliver(entry)
        places = {}
        for number, (name, files) in enumerate(parcel.files.items()):
            folder = self._run.path / "files" / str(number)
            contents = _fetched(list(files.values()))
            for relative, content in zip(files, contents, strict=True):
                (folder / relative).parent.mkdir(parents=True, exist_ok=True)
                (folder / relative).write_bytes(content)
            places[name] = folder / Path(name).name
        return DeliveredFiles(self._root, places)

    def _keys(self) -> set[str]:
        return set(self._store.stored_keys())

    def _deliver(self, entry: EntryBytes) -> None:
        self._delivered.add(entry.key)
        self._kept += max(entry.size, LEAST_BYTES)

    def _shrink(self) -> None:
        """Begin with an empty store again, if it has more than `KEPT_BYTES`."""
        if self._kept > KEPT_BYTES:
            shutil.rmtree(self._run.path / "store", ignore_errors=True)
            self._kept = 0

    def _delivery(self, keys: set[str]) -> Delivery:
        """Return entries for the driver, and the packages with which they were computed."""
        entries = []
        packages: dict[str, Mapping[str, str]] = {}
        for key in sorted(keys):
            entry = entry_bytes(self._store, key)
            if entry is None:
                continue
            entries.append(entry)
            self._deliver(entry)
            stored = self._store.get(key, touch=False)
            digest = str(stored.provenance.get("packages", "")) if stored else ""
            if digest not in packages and (listed := self._store.packages.of(digest)):
                packages[digest] = listed
        return Delivery(tuple(entries), packages)


class DeliveredFiles(ProjectFiles):
    """Finds the files that claims name, on the worker's machine."""

    def __init__(self, root: Path, places: Mapping[str, Path]) -> None:
        super().__init__(root)
        self._places = places

    def locate(self, name: str) -> Path:
        """Return the path of a file on this machine."""
        if name not in self._places:
            raise ValueError("has not travelled with the task")
        return self._places[name]
