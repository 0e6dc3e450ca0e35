"""The messages between the processes of a run: progress, ended jobs and failures."""

from __future__ import annotations

import time

import msgspec


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The progress of a job that a worker computes now.

    Attributes:
        worker: the worker's name, such as ``"gw0"``.
        job: a description of the job for people.
        lanes: the lanes that it computes.
        done: how much is computed, in `unit`.
        total: how much there is, in `unit`; 0 if unknown.
        unit: such as ``"epoch"``.
        started: when the job began, in seconds since 1970.
        updated: when this was written, in seconds since 1970.
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
        """Return the seconds left at the average speed so far; None before anything is done."""
        if self.done <= 0 or self.total <= 0:
            return None
        return (self.updated - self.started) * (self.total - self.done) / self.done


def waiting(worker: str, job: str, lanes: tuple[str, ...]) -> Status:
    """Return the progress of a job that waits until it can begin."""
    now = time.time()
    return Status(worker=worker, job=job, lanes=lanes, started=now, updated=now)


class JobEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A job that has ended. A log without a terminal shows one line for each.

    Attributes:
        worker: the worker's name.
        job: a description of the job for people.
        seconds: how long it took.
        outcome: how it ended, in words.
        taken: the number of results that came from a shared store.
    """

    worker: str
    job: str
    seconds: float
    outcome: str = "done"
    taken: int = 0


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a lane could not be computed.

    Attributes:
        what: the cell or the job, such as ``"train_bp@20 seed 42"``.
        reason: what happened, in words.
        first: the reason of the first attempt, if this was the second; else empty.
        traceback: the traceback of the stage, if it raised; else empty.
        unstored: whether it was computed, and the store could not take it.
    """

    what: str
    reason: str
    first: str = ""
    traceback: str = ""
    unstored: bool = False

    @property
    def message(self) -> str:
        """Return the failure as a sentence."""
        sentence = f"{self.what} could not be computed: {self.reason}"
        if not self.first:
            return sentence
        if self.first == self.reason:
            return f"{sentence}, at both attempts"
        return f"{sentence}; at the first attempt: {self.first}"
