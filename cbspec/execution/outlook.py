"""What a run has still to compute, and how long that will take at the pace so far."""

from __future__ import annotations

import time

import msgspec

from cbspec.execution.message_folder import MessageFolder
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.worklist import Worklist

NAME = "outlook"
TELL_SECONDS = 2.0  # looking at the whole plan takes time from the cores


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of a plan: how many jobs, their cost in floating-point operations, and when that
    was seen (Unix time in seconds).
    """

    jobs: int
    cost: float
    at: float


class OutlookPublisher:
    """Publishes what is left of a plan; any process of a run may, for all hold the same plan."""

    def __init__(self, run: RunDirectory, work: Worklist) -> None:
        self._messages = MessageFolder(run.path)
        self._work = work
        self._told = 0.0

    def publish(self) -> None:
        """Publish the outlook, unless this process did so a moment ago."""
        if time.monotonic() - self._told < TELL_SECONDS:
            return
        left = list(self._work.remaining_jobs())
        outlook = Outlook(jobs=len(left), cost=sum(job.cost for job in left), at=time.time())
        self._messages.write(NAME, msgspec.json.encode(outlook))
        self._told = time.monotonic()


class Pace:
    """Follows a run's outlook, and so knows its pace.

    Attributes:
        last: the newest outlook; None before there is one.
        jobs: how many there were at most.
    """

    def __init__(self, run: RunDirectory) -> None:
        self._messages = MessageFolder(run.path)
        self._first: Outlook | None = None
        self.last: Outlook | None = None
        self.jobs = 0

    def look(self) -> None:
        """Take in the newest outlook."""
        text = self._messages.read(NAME)
        if text is None:
            return
        outlook = msgspec.json.decode(text, type=Outlook)
        # Claims that draw more seeds make the plan longer: the pace is that since then
        grown = self.last is not None and outlook.cost > self.last.cost
        if self._first is None or grown:
            self._first = outlook
        self.last = outlook
        self.jobs = max(self.jobs, outlook.jobs)

    @property
    def done(self) -> int:
        """Return how many jobs have ended since the run began."""
        return self.jobs - (self.last.jobs if self.last else 0)

    @property
    def remaining(self) -> float | None:
        """Return the seconds left at the pace so far, from now on; None before there is a pace."""
        if self._first is None or self.last is None or self.last.cost >= self._first.cost:
            return None
        pace = (self._first.cost - self.last.cost) / (self.last.at - self._first.at)
        return max(self.last.cost / pace - (time.time() - self.last.at), 0.0)
