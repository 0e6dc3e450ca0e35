"""The run directory: what the processes of one run tell each other while it lasts (status,
failures, the wish to stop).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from cbspec.errors import SourceChanged, Stopped
from cbspec.store import Lock, Locks, file_name

ANY_CORES = 1024  # more than a run has workers
# A worker silent for so long was killed; no stage takes longer between two signs of life
LOST_SECONDS = 600.0


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What one worker computes right now, on which lanes; `started` and `updated` are Unix times in
    seconds.
    """

    worker: str
    job: str
    lanes: tuple[str, ...] = ()
    done: float = 0.0
    total: float = 0.0
    unit: str = ""
    started: float
    updated: float

    @property
    def remaining(self) -> float | None:
        """Return the seconds left at the pace so far; None before there is a pace."""
        if self.done <= 0 or self.total <= 0:
            return None
        return (self.updated - self.started) * (self.total - self.done) / self.done


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A job that ended: for the plain lines of a log without a terminal."""

    worker: str
    job: str
    seconds: float
    outcome: str = "done"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a lane could not be computed in this run: a sentence for a person, and the traceback for
    whoever asks.
    """

    message: str
    traceback: str = ""


class RunDirectory:
    """One folder per run, written by every worker, read by all; gone when the run ends.

    Args:
        path: the folder; made when something is first written.
        worker: this process' name (``"gw0"``, or ``"main"``).
        workers: how many processes judge claims in this run.
        cores: how many of them may compute at once.
    """

    def __init__(self, path: Path, worker: str, workers: int = 1, cores: int = ANY_CORES) -> None:
        self.path = path
        self.worker = worker
        self.workers = workers
        self._cores = cores
        self._locks, self._core_locks = Locks(path.parent), Locks(path / "cores")
        self._held: Lock | None = None

    def hold(self) -> None:
        """Take the folder, and remove those whose owners are gone: a killed run leaves its folder
        to the next one.
        """
        # Not attempt: the sweep of another run that starts may be at the file
        self._held = self._locks.take(self.path.name)
        for folder in [entry for entry in self.path.parent.iterdir() if entry.is_dir()]:
            if lock := self._locks.attempt(folder.name):
                with lock:
                    shutil.rmtree(folder, ignore_errors=True)
        self._locks.sweep()

    def tell(self, status: Status | None) -> None:
        """Publish what this worker does; None when it does nothing."""
        if status is None:
            (self.path / "status" / self.worker).unlink(missing_ok=True)
        else:
            self._write("status", self.worker, msgspec.json.encode(status))

    def statuses(self) -> list[Status]:
        return [msgspec.json.decode(text, type=Status) for text in _contents(self.path / "status")]

    def record(self, event: Event) -> None:
        (self.path / "events").mkdir(parents=True, exist_ok=True)
        with (self.path / "events" / self.worker).open("ab") as log:
            log.write(msgspec.json.encode(event) + b"\n")

    def events(self) -> list[Event]:
        """Return all events so far, per worker in order."""
        lines = (
            line
            for text in _contents(self.path / "events")
            for line in text.splitlines(keepends=True)
        )
        return [msgspec.json.decode(line, type=Event) for line in lines if line.endswith(b"\n")]

    def fail(self, lane: str, failure: Failure) -> None:
        self._write("failures", lane, msgspec.json.encode(failure))

    def failure(self, lane: str) -> Failure | None:
        try:
            return msgspec.json.decode((self.path / "failures" / lane).read_bytes(), type=Failure)
        except FileNotFoundError:
            return None

    def failed(self) -> frozenset[str]:
        """Return the lanes that could not be computed in this run."""
        return self._names("failures")

    def killed(self) -> frozenset[str]:
        """Return the lanes at which a process was killed, alone or with others of their job."""
        return self._names("killed")

    def announce(self, claim: str, seeds: int) -> None:
        """Tell the others that a claim draws more seeds, so that they can help with them."""
        self._write("drawn", file_name(claim), msgspec.json.encode((claim, seeds)))

    def drawn(self) -> dict[str, int]:
        """Return claim -> how many seeds it draws, for the claims that drew more."""
        notes = _contents(self.path / "drawn")
        return dict(msgspec.json.decode(note, type=tuple[str, int]) for note in notes)

    def busy(self) -> bool:
        """Tell whether another worker computes something, judging by its last sign of life."""
        now = time.time()
        return any(
            status.worker != self.worker and now - status.updated < LOST_SECONDS
            for status in self.statuses()
        )

    def rest(self) -> None:
        """Tell that this worker has judged its claims, and so asks for nothing more."""
        self._write("resting", self.worker, b"")

    def lost(self, worker: str) -> None:
        """Tell that a worker has ended, however it did: it computes nothing, and asks for nothing
        more.

        What it was killed at is anyone's again, once: a second worker that is killed at the same
        lane was killed by it.
        """
        for status in self.statuses():
            if status.worker == worker:
                for lane in status.lanes:
                    self._killed(lane, status.job)
        (self.path / "status" / worker).unlink(missing_ok=True)
        self._write("resting", worker, b"")

    def _killed(self, lane: str, job: str) -> None:
        if (self.path / "killed" / lane).exists():
            self.fail(
                lane,
                Failure(
                    message=f"{job} could not be computed: "
                    "two processes were killed at it (out of memory?)"
                ),
            )
        self._write("killed", lane, b"")

    @property
    def at_rest(self) -> bool:
        """Tell whether every worker has judged its claims."""
        return len(list((self.path / "resting").glob("[!.]*"))) >= self.workers

    def core(self) -> Lock | None:
        """Take a core to compute on, until it is released; None if as many workers compute as may.

        Workers that take turns on a core push each other's tensors out of its cache.
        """
        taken = (self._core_locks.attempt(str(number)) for number in range(self._cores))
        return next((lock for lock in taken if lock), None)

    def stop(self, changed: str = "") -> None:
        """Ask every worker to leave its stage at the next opportunity; the first reason counts.

        Args:
            changed: the source file that changed, where that is the reason.
        """
        if not self.stopped:
            self._write("", "stop", changed.encode())

    @property
    def stopped(self) -> bool:
        return (self.path / "stop").exists()

    @property
    def changed(self) -> str:
        """Return the source file whose change stopped the run; empty if none did."""
        return (self.path / "stop").read_text() if self.stopped else ""

    def heed(self) -> None:
        """Leave where the run was asked to stop.

        Raises:
            SourceChanged: because a source file changed.
            Stopped: for any other reason.
        """
        if self.stopped:
            if changed := self.changed:
                raise SourceChanged(changed)
            raise Stopped("the run was stopped; what is stored is kept")

    def remove(self) -> None:
        """End the run; only its owner calls this."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._held:
            self._held.release()

    def _names(self, folder: str) -> frozenset[str]:
        return frozenset(path.name for path in (self.path / folder).glob("[!.]*"))

    def _write(self, folder: str, name: str, content: bytes) -> None:
        """Write atomically, for readers look at any moment."""
        (self.path / folder).mkdir(parents=True, exist_ok=True)
        scratch = self.path / folder / f".{name}.{self.worker}"
        scratch.write_bytes(content)
        scratch.replace(self.path / folder / name)


def _contents(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.glob("[!.]*")):
        try:
            yield path.read_bytes()
        except FileNotFoundError:  # its worker has just finished
            continue
