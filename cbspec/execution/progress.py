"""Live progress of a run: in a terminal one line per busy worker and one for the whole plan,
elsewhere one plain line per finished job.

Workers publish into the run directory; whoever owns the terminal reads it in a thread of its own.
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

from cbspec.execution.messages import JobEvent, Status
from cbspec.execution.outlook import Pace
from cbspec.execution.rundir import RunDirectory

REFRESH_SECONDS = 0.5
PLAIN_SECONDS = 30.0  # a log shows signs of life of a long stage this often


class Display:
    """Shows what the workers do until it is closed.

    Args:
        run: where the workers publish.
        stream: the real terminal or log, not one that pytest captures.
        colour: whether a terminal is written to in colour, if it has any.
    """

    def __init__(self, run: RunDirectory, stream: TextIO, *, colour: bool = True) -> None:
        self.run = run
        # None leaves it to NO_COLOR
        self.console = Console(file=stream, highlight=False, no_color=None if colour else True)
        self._pace = Pace(run)
        self._live: Live | None = None
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._shown: dict[str, int] = {}
        self._within = False  # a line of somebody else's, who wrote since
        self._spoke = time.monotonic()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="cbspec-progress")

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join(timeout=5)
        with self._lock:
            self._hide()
            if not self.console.is_terminal:
                self._speak()  # of what ended since the last look

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Keep the live lines away while somebody else writes to the terminal; they come back by
        themselves.
        """
        with self._lock:
            self._hide()
            yield
            self._within = True

    def _hide(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _watch(self) -> None:
        while not self._over.wait(REFRESH_SECONDS):
            with self._lock:
                if self.console.is_terminal:
                    self._draw()
                else:
                    self._speak()

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
        self._live.update(Group(_table(statuses), _whole(self._pace)), refresh=True)

    def _speak(self) -> None:
        seen = dict.fromkeys(self._shown, 0)
        for event in self.run.events():
            seen[event.worker] = seen.get(event.worker, 0) + 1
            if seen[event.worker] > self._shown.get(event.worker, 0):
                self._shown[event.worker] = seen[event.worker]
                self._say(_line(event))
        if time.monotonic() - self._spoke > PLAIN_SECONDS:
            for status in self.run.statuses():
                self._say(f"{status.worker}  {status.job}: {_pace(status)}")

    def _say(self, text: str) -> None:
        start = "\n" if self._within else ""
        self.console.print(f"{start}[cbspec] {text}", markup=False, soft_wrap=True)
        self._within = False
        self._spoke = time.monotonic()


def _line(event: JobEvent) -> str:
    return f"{event.worker}  {event.job}: {event.outcome} in {duration(event.seconds)}"


def _pace(status: Status) -> str:
    if not status.total:
        return f"{status.done:g} {status.unit}"
    left = f", {duration(status.remaining)} left" if status.remaining is not None else ""
    return f"{status.unit} {status.done:g}/{status.total:g}{left}"


def _table(statuses: list[Status]) -> Table:
    """Return a table with one row per busy worker.

    In a narrow terminal the description is cut short first, and then the bar.
    """
    table = Table.grid(padding=(0, 1))
    for gives_way in (False, True, True, False):
        table.add_column(no_wrap=not gives_way)
    for status in statuses:
        job = Text(status.job, no_wrap=True, overflow="ellipsis")
        bar = ProgressBar(total=status.total or 1, completed=status.done, width=16)
        table.add_row(status.worker, job, bar, _pace(status))
    return table


def _whole(pace: Pace) -> Table | str:
    """Return the line of the whole plan; nothing where it is not known."""
    if not pace.jobs:
        return ""
    left = pace.remaining
    text = f"{pace.done} of {pace.jobs} jobs"
    if left is not None:
        text += f", about {_rough(left)} left"
    line = Table.grid(padding=(0, 1))
    bar = ProgressBar(total=pace.jobs, completed=pace.done, width=24)
    line.add_row("all", bar, text)
    return line


def _rough(seconds: float) -> str:
    """Return a duration as an estimate deserves it: ``"20 s"``, ``"3 min"``, ``"2 h 10 min"``."""
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
