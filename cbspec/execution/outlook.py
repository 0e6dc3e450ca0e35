"""The outlook of a run: what is left to compute, and how long it will take."""

from __future__ import annotations

import time

import msgspec

from cbspec.execution.message_folder import MessageFolder
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.worklist import Worklist

NAME = "outlook"
TELL_SECONDS = 2.0  # between two looks at the whole plan, which take time from the cores
SHARE = 0.02  # the most of its time that a process looks: a plan may have ten thousand jobs


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of a plan.

    Attributes:
        jobs: the number of jobs.
        cost: their cost in floating-point operations.
        at: when they were counted, in seconds since 1970.
    """

    jobs: int
    cost: float
    at: float


class OutlookPublisher:
    """Publishes the outlook. Every process of a run may do so, since all hold the same plan."""

    def __init__(self, run: RunDirectory, work: Worklist) -> None:
        self._messages = MessageFolder(run.path)
        self._work = work
        self._due = 0.0

    def publish(self) -> None:
        """Publish the outlook, unless this process did so a moment ago."""
        began = time.monotonic()
        if began < self._due:
            return
        left = list(self._work.remaining_jobs())
        outlook = Outlook(jobs=len(left), cost=sum(job.cost for job in left), at=time.time())
        self._messages.write(NAME, msgspec.json.encode(outlook))
        now = time.monotonic()
        self._due = now + max(TELL_SECONDS, (now - began) / SHARE)


class Pace:
    """Follows the outlook of a run, and estimates the time left from it.

    Attributes:
        last: the newest outlook; None before the first.
        jobs: the greatest number of jobs seen so far.
    """

    def __init__(self, run: RunDirectory) -> None:
        self._messages = MessageFolder(run.path)
        self._first: Outlook | None = None
        self.last: Outlook | None = None
        self.jobs = 0

    def look(self) -> None:
        """Read the newest outlook."""
        text = self._messages.read(NAME)
        if text is None:
            return
        outlook = msgspec.json.decode(text, type=Outlook)
        # If claims have drawn more seeds, the plan is longer, and the pace is counted from now on
        grown = self.last is not None and outlook.cost > self.last.cost
        if self._first is None or grown:
            self._first = outlook
        self.last = outlook
        self.jobs = max(self.jobs, outlook.jobs)

    @property
    def done(self) -> int:
        """Return the number of jobs that have ended since the run began."""
        return self.jobs - (self.last.jobs if self.last else 0)

    @property
    def remaining(self) -> float | None:
        """Return the seconds left from now at the pace so far; None before anything has ended."""
        if self._first is None or self.last is None or self.last.cost >= self._first.cost:
            return None
        pace = (self._first.cost - self.last.cost) / (self.last.at - self._first.at)
        return max(self.last.cost / pace - (time.time() - self.last.at), 0.0)
