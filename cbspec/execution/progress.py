"""The progress display of a run.

A terminal shows one live line for each busy worker and one for the whole plan; a log gets one line
for each job that ends. Workers publish their progress into the run directory. The process that owns
the terminal reads it in a thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cbspec import terminal
from cbspec.execution.messages import JobEvent, Status
from cbspec.execution.outlook import Pace
from cbspec.execution.rundir import RunDirectory

REFRESH_SECONDS = 0.5
PLAIN_SECONDS = 30.0  # of silence, after which a log gets the progress of running jobs


class Display:
    """Shows the progress of a run until it is closed.

    Args:
        run: the directory into which the workers publish.
        stream: the terminal or log itself, not a stream that pytest captures.
        colour: whether to write in colour, if the terminal can.
    """

    def __init__(self, run: RunDirectory, stream: TextIO, *, colour: bool = True) -> None:
        self.run = run
        # For None, rich heeds the environment variable NO_COLOR
        self.console = Console(file=stream, highlight=False, no_color=None if colour else True)
        self._pace = Pace(run)
        self._live: Live | None = None
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._printed: dict[str, int] = {}  # worker -> how many of its ended jobs have a line
        self._mid_line = False  # somebody else has written, and may have left a line unfinished
        self._printed_at = time.monotonic()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="cbspec-progress")

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join(timeout=5)
        with self._lock:
            self._hide()
            if not self.console.is_terminal:
                self._print_events()  # the jobs that have ended since the last look

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Hide the live lines while somebody else writes to the terminal; they return later."""
        with self._lock:
            self._hide()
            yield
            self._mid_line = True

    def _hide(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _watch(self) -> None:
        while not self._closed.wait(REFRESH_SECONDS):
            with self._lock:
                if self.console.is_terminal:
                    self._draw()
                else:
                    self._print_events()

    def _draw(self) -> None:
        statuses = self.run.statuses()
        if not statuses:
            self._hide()
            return
        if self._live is None:
            self.console.print()  # pytest may have left the cursor within a line
            self._live = Live(console=self.console, transient=True, auto_refresh=False)
            self._live.start()
        self._pace.look()
        self._live.update(Group(_table(statuses), _plan_line(self._pace)), refresh=True)

    def _print_events(self) -> None:
        seen = dict.fromkeys(self._printed, 0)
        for event in self.run.events():
            seen[event.worker] = seen.get(event.worker, 0) + 1
            if seen[event.worker] > self._printed.get(event.worker, 0):
                self._printed[event.worker] = seen[event.worker]
                self._print(_line(event))
        if time.monotonic() - self._printed_at > PLAIN_SECONDS:
            for status in self.run.statuses():
                self._print(f"{status.worker}  {status.job}: {_progress(status)}")

    def _print(self, text: str) -> None:
        start = "\n" if self._mid_line else ""
        # A reason is what a stage raised, which may have lines that a CI log obeys
        told = terminal.line(text)
        self.console.print(f"{start}[cbspec] {told}", markup=False, soft_wrap=True)
        self._mid_line = False
        self._printed_at = time.monotonic()


def _line(event: JobEvent) -> str:
    return f"{event.worker}  {event.job}: {event.outcome} in {duration(event.seconds)}"


def _progress(status: Status) -> str:
    if not status.total:
        return f"{status.done:g} {status.unit}"
    left = f", {duration(status.remaining)} left" if status.remaining is not None else ""
    return f"{status.unit} {status.done:g}/{status.total:g}{left}"


def _table(statuses: list[Status]) -> Table:
    """Return a table with one row for each busy worker.

    A narrow terminal cuts the description first, and then the bar.
    """
    table = Table.grid(padding=(0, 1))
    for shrinks in (False, True, True, False):
        table.add_column(no_wrap=not shrinks)
    for status in statuses:
        job = Text(status.job, no_wrap=True, overflow="ellipsis")
        bar = ProgressBar(total=status.total or 1, completed=status.done, width=16)
        table.add_row(status.worker, job, bar, _progress(status))
    return table


def _plan_line(pace: Pace) -> Table | str:
    """Return the progress of the whole plan as a line; empty if it is not known."""
    if not pace.jobs:
        return ""
    left = pace.remaining
    text = f"{pace.done} of {pace.jobs} jobs"
    if left is not None:
        text += f", about {_estimate(left)} left"
    line = Table.grid(padding=(0, 1))
    bar = ProgressBar(total=pace.jobs, completed=pace.done, width=24)
    line.add_row("all", bar, text)
    return line


def _estimate(seconds: float) -> str:
    """Format an estimated duration: ``"20 s"``, ``"3 min"``, ``"2 h 10 min"``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return duration(seconds)


def duration(seconds: float) -> str:
    """Format a duration: ``"4.2 s"``, ``"3 min 05 s"``, ``"2 h 10 min"``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
