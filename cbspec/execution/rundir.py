"""The run directory: the messages between the processes of one run.

Each message is a file::

    status/WORKER.LANE   the progress of a job
    events/WORKER        the jobs that have ended, one JSON object a line
    suspects/LANE        a lane whose first attempt failed
    recovered/LANE       a lane whose second attempt succeeded
    failures/LANE        a lane that has failed for good
    drawn/CLAIM          how many seeds a claim draws
    resting/WORKER       a process that has judged its claims
    cores/, turns/       locks of the processes that compute, on a core or on one of several devices
    stop                 is there when the run is to stop; names the edited file, if that is why
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

ANY_CORES = 1024  # no limit: more than a run has workers
LOST_SECONDS = 600.0  # a worker silent for so long was killed


class RunDirectory:
    """The folder of one run, which every process reads and writes. The run's end removes it.

    Args:
        path: the folder; created by the first message.
        worker: the name of this process, such as ``"gw0"`` or ``"main"``.
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
        """Lock the folder for this run, and remove the folders of runs that were killed."""
        # `take` waits: another run that starts now may hold the lock for a moment, to test it
        self._held = self._locks.take(self.path.name)
        for folder in list(self.path.parent.iterdir()):
            if folder.is_dir() and (lock := self._locks.attempt(folder.name)):
                with lock:
                    shutil.rmtree(folder, ignore_errors=True)
        self._locks.sweep()
        _keep_out_of_git(self.path.parent.parent)

    def publish(self, status: Status) -> None:
        """Publish the progress of a job that this worker computes."""
        message = msgspec.json.encode(status)
        self._messages("status").write(f"{self.worker}.{_job_name(status.lanes)}", message)

    def publish_end(self, lanes: Sequence[str], worker: str = "") -> None:
        """Remove the progress of the job on these lanes, of one worker or of any."""
        statuses, ending = self._messages("status"), f"{worker}.{_job_name(lanes)}"
        for name in statuses.names():
            if name == ending or (not worker and name.endswith(ending)):
                statuses.remove(name)

    def statuses(self) -> list[Status]:
        texts = self._messages("status").contents()
        return [msgspec.json.decode(text, type=Status) for text in texts]

    def record(self, event: JobEvent) -> None:
        (self.path / "events").mkdir(parents=True, exist_ok=True)
        with (self.path / "events" / self.worker).open("ab") as log:
            log.write(msgspec.json.encode(event) + b"\n")

    def events(self) -> list[JobEvent]:
        """Return the ended jobs so far: worker by worker, in order of time."""
        events = []
        for text in self._messages("events").contents():
            for line in text.splitlines(keepends=True):
                if line.endswith(b"\n"):  # otherwise the line is still being written
                    events.append(msgspec.json.decode(line, type=JobEvent))
        return events

    def taken(self) -> list[str]:
        """Return a sentence for each shared store that results came from."""
        counted: Counter[str] = Counter()
        for event in self.events():
            if event.taken:
                counted[event.outcome] += event.taken
        return [f"results {outcome}: {number}" for outcome, number in sorted(counted.items())]

    def suspect(self, lane: str, failure: Failure) -> None:
        """Record that the first attempt at a lane failed. It will be computed once more."""
        self._messages("suspects").write(lane, msgspec.json.encode(failure))

    def suspects(self) -> frozenset[str]:
        """Return the lanes whose first attempt failed."""
        return self._messages("suspects").names()

    def fail(self, lane: str, failure: Failure) -> None:
        """Record that a lane has failed for good in this run."""
        if first := self._failure("suspects", lane):
            failure = msgspec.structs.replace(failure, first=first.reason)
        self._messages("failures").write(lane, msgspec.json.encode(failure))

    def failed(self) -> frozenset[str]:
        """Return the lanes that have failed for good in this run."""
        return self._messages("failures").names()

    def failure(self, lane: str) -> Failure | None:
        """Return why a lane has failed; None if it has not."""
        return self._failure("failures", lane)

    def recover(self, lane: str) -> None:
        """Record that the second attempt at a lane succeeded."""
        self._messages("recovered").write(lane, b"")

    def retries(self) -> list[str]:
        """Return a sentence for each lane or job that only the second attempt could compute."""
        sentences = set()  # all lanes of a job whose worker was killed have one sentence
        for lane in self._messages("recovered").names():
            if failure := self._failure("suspects", lane):
                attempt = f"{failure.what} was computed at the second attempt"
                sentences.add(f"{attempt}; the first failed: {failure.reason}")
        return sorted(sentences)

    def announce_seeds(self, claim: str, seeds: int) -> None:
        """Publish that a claim draws more seeds, so that all processes plan them."""
        self._messages("drawn").write(file_name(claim), msgspec.json.encode((claim, seeds)))

    def drawn(self) -> dict[str, int]:
        """Return claim -> its number of seeds, for every claim that has drawn more."""
        notes = self._messages("drawn").contents()
        return dict(msgspec.json.decode(note, type=tuple[str, int]) for note in notes)

    def busy(self) -> bool:
        """Tell whether another worker has published lately that it computes some lanes."""
        for status in self.statuses():
            # Without lanes it says what it waits for: two such would wait for each other
            computes = status.lanes and status.worker != self.worker
            if computes and time.time() - status.updated < LOST_SECONDS:
                return True
        return False

    def finish_judging(self) -> None:
        """Publish that this process has judged its claims, and so will ask for no more seeds."""
        self._messages("resting").write(self.worker, b"")

    def record_lost(self, worker: str) -> None:
        """Record that a worker process is gone, whether it ended or was killed.

        Its job counts as failed, so that others try it only once more: a job that kills its worker
        must not end all workers one after the other.
        """
        for status in self.statuses():
            if status.worker == worker:
                self._fail_attempt(status)
                self.publish_end(status.lanes)
        self._messages("resting").write(worker, b"")

    def _fail_attempt(self, status: Status) -> None:
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
        """Tell whether every process has judged its claims."""
        return len(self._messages("resting").names()) >= self.workers

    def take_core(self) -> Lock | None:
        """Take one of the run's cores, to compute on until it is released; None if none is free."""
        # Two workers on one core would push each other's tensors out of its cache
        for number in range(self._cores):
            if lock := self._core_locks.attempt(str(number)):
                return lock
        return None

    def stop(self, changed: str = "") -> None:
        """Ask every worker to leave its stage when it next reports progress.

        Args:
            changed: the source file that was edited, if that is the reason. Only the first reason
                is kept.
        """
        if not self.stopped:
            MessageFolder(self.path).write("stop", changed.encode())

    @property
    def stopped(self) -> bool:
        return (self.path / "stop").exists()

    @property
    def changed(self) -> str:
        """Return the edited source file that stopped the run; empty if there is none."""
        return (self.path / "stop").read_text() if self.stopped else ""

    def raise_if_stopped(self) -> None:
        """Raise if the run was asked to stop.

        Raises:
            SourceChanged: a source file was edited.
            Stopped: there is another reason.
        """
        if self.stopped:
            if changed := self.changed:
                raise SourceChanged(changed)
            raise Stopped("the run was stopped; what is stored is kept")

    def remove(self) -> None:
        """Remove the folder at the end of the run. Only the process that holds it calls this."""
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
    """Make git ignore the folder of results, and whatever a killed process leaves in it."""
    with suppress(OSError):
        (folder / ".gitignore").write_text("*\n")


def _job_name(lanes: Sequence[str]) -> str:
    """Return a file name for the job on these lanes; the first lane is in no other job now."""
    return lanes[0][:32] if lanes else "none"
