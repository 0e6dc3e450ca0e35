"""The run directory: what the processes of one run tell each other while it lasts (status,
failures, the wish to stop).
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from cbspec.errors import SourceChanged, Stopped
from cbspec.execution.message_folder import MessageFolder
from cbspec.execution.messages import Failure, JobEvent, Status
from cbspec.store import Lock, Locks, file_name

ANY_CORES = 1024  # more than a run has workers
# A worker silent for so long was killed; no stage takes longer between two signs of life
LOST_SECONDS = 600.0


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
        for folder in list(self.path.parent.iterdir()):
            if folder.is_dir() and (lock := self._locks.attempt(folder.name)):
                with lock:
                    shutil.rmtree(folder, ignore_errors=True)
        self._locks.sweep()
        _keep_out_of_git(self.path.parent.parent)

    def publish(self, status: Status) -> None:
        """Publish how far a job is that is computed for this worker."""
        name = f"{self.worker}.{_job_name(status.lanes)}"
        self._messages("status").write(name, msgspec.json.encode(status))

    def publish_end(self, lanes: Sequence[str], worker: str = "*") -> None:
        """Publish that the job on these lanes is computed no longer, for whichever worker it was."""
        for path in (self.path / "status").glob(f"{worker}.{_job_name(lanes)}"):
            path.unlink(missing_ok=True)

    def statuses(self) -> list[Status]:
        return [
            msgspec.json.decode(text, type=Status) for text in self._messages("status").contents()
        ]

    def record(self, event: JobEvent) -> None:
        (self.path / "events").mkdir(parents=True, exist_ok=True)
        with (self.path / "events" / self.worker).open("ab") as log:
            log.write(msgspec.json.encode(event) + b"\n")

    def events(self) -> list[JobEvent]:
        """Return all events so far, per worker in order."""
        events = []
        for text in self._messages("events").contents():
            for line in text.splitlines(keepends=True):
                if line.endswith(b"\n"):
                    events.append(msgspec.json.decode(line, type=JobEvent))
        return events

    def taken(self) -> list[str]:
        """Return a sentence for each shared store that results were taken from."""
        counted: Counter[str] = Counter()
        for event in self.events():
            if event.taken:
                counted[event.outcome] += event.taken
        return [f"results {outcome}: {number}" for outcome, number in sorted(counted.items())]

    def suspect(self, lane: str, failure: Failure) -> None:
        """Record that the first attempt at a lane failed: it is computed once more, by itself."""
        self._messages("suspects").write(lane, msgspec.json.encode(failure))

    def suspects(self) -> frozenset[str]:
        """Return the lanes at which an attempt failed."""
        return self._messages("suspects").names()

    def fail(self, lane: str, failure: Failure) -> None:
        """Record that a lane is not computed in this run any more."""
        if first := self._failure("suspects", lane):
            failure = msgspec.structs.replace(failure, first=first.reason)
        self._messages("failures").write(lane, msgspec.json.encode(failure))

    def failed(self) -> frozenset[str]:
        """Return the lanes that could not be computed in this run."""
        return self._messages("failures").names()

    def failure(self, lane: str) -> Failure | None:
        """Return why a lane could not be computed; None where it has not failed."""
        return self._failure("failures", lane)

    def recover(self, lane: str) -> None:
        """Record that the second attempt at a lane succeeded."""
        self._messages("recovered").write(lane, b"")

    def retries(self) -> list[str]:
        """Return a sentence for each lane that was computed at the second attempt."""
        sentences = []
        for lane in self._messages("recovered").names():
            if failure := self._failure("suspects", lane):
                again = f"{failure.what} was computed at the second attempt"
                sentences.append(f"{again}; the first failed: {failure.reason}")
        return sorted(sentences)

    def announce_seeds(self, claim: str, seeds: int) -> None:
        """Tell the others that a claim draws more seeds, so that they can help with them."""
        self._messages("drawn").write(file_name(claim), msgspec.json.encode((claim, seeds)))

    def drawn(self) -> dict[str, int]:
        """Return claim -> how many seeds it draws, for the claims that drew more."""
        notes = self._messages("drawn").contents()
        return dict(msgspec.json.decode(note, type=tuple[str, int]) for note in notes)

    def busy(self) -> bool:
        """Tell whether another worker computes something, judging by its last sign of life."""
        now = time.time()
        return any(
            status.worker != self.worker and now - status.updated < LOST_SECONDS
            for status in self.statuses()
        )

    def finish_judging(self) -> None:
        """Tell that this worker has judged its claims, and so asks for nothing more."""
        self._messages("resting").write(self.worker, b"")

    def record_lost(self, worker: str) -> None:
        """Tell that a worker has ended, however it did: it computes nothing, and asks for nothing
        more.

        What it was killed at is anyone's again, once: the second attempt at a lane is the last.
        """
        for status in self.statuses():
            if status.worker == worker:
                self._lose(status)
                self.publish_end(status.lanes)
        self._messages("resting").write(worker, b"")

    def _lose(self, status: Status) -> None:
        reason = "the worker that computed it was killed (out of memory?)"
        failure = Failure(what=status.job, reason=reason)
        suspects = self.suspects()
        for lane in status.lanes:
            if lane in suspects:
                self.fail(lane, failure)
            else:
                self.suspect(lane, failure)

    @property
    def at_rest(self) -> bool:
        """Tell whether every worker has judged its claims."""
        return len(self._messages("resting").names()) >= self.workers

    def take_core(self) -> Lock | None:
        """Take a core to compute on, until it is released; None if as many workers compute as may.

        Workers that take turns on a core push each other's tensors out of its cache.
        """
        for number in range(self._cores):
            if lock := self._core_locks.attempt(str(number)):
                return lock
        return None

    def stop(self, changed: str = "") -> None:
        """Ask every worker to leave its stage at the next opportunity; the first reason counts.

        Args:
            changed: the source file that changed, where that is the reason.
        """
        if not self.stopped:
            MessageFolder(self.path).write("stop", changed.encode())

    @property
    def stopped(self) -> bool:
        return (self.path / "stop").exists()

    @property
    def changed(self) -> str:
        """Return the source file whose change stopped the run; empty if none did."""
        return (self.path / "stop").read_text() if self.stopped else ""

    def raise_if_stopped(self) -> None:
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

    def _failure(self, folder: str, lane: str) -> Failure | None:
        text = self._messages(folder).read(lane)
        if text is None:
            return None
        return msgspec.json.decode(text, type=Failure)

    def _messages(self, folder: str) -> MessageFolder:
        return MessageFolder(self.path / folder)


def _keep_out_of_git(folder: Path) -> None:
    """Have git ignore the folder of results, whatever a killed process leaves in it."""
    with suppress(OSError):
        (folder / ".gitignore").write_text("*\n")


def _job_name(lanes: Sequence[str]) -> str:
    """Return a name for the job on these lanes, no two of which are computed at a time."""
    return lanes[0][:32] if lanes else "none"
