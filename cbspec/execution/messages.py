"""What the processes of a run tell each other: what they compute, what ended, what failed."""

from __future__ import annotations

import msgspec


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


class JobEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A job that ended: for the plain lines of a log without a terminal.

    Attributes:
        taken: how many of its results came from a shared store.
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
        reason: what happened.
        first: what happened at the first attempt, where this was the second.
        traceback: for whoever asks.
    """

    what: str
    reason: str
    first: str = ""
    traceback: str = ""

    @property
    def message(self) -> str:
        """Return it as a sentence."""
        sentence = f"{self.what} could not be computed: {self.reason}"
        if not self.first:
            return sentence
        if self.first == self.reason:
            return f"{sentence}, at both attempts"
        return f"{sentence}; at the first attempt: {self.first}"
