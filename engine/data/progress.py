"""How far obtaining the data has come: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

Progress = Callable[[float, float, str], None]
"""Called with (done, total, what); `total` 0 when it is unknown."""


@contextmanager
def shown(progress: Progress | None) -> Iterator[Progress]:
    """Give the caller's own `progress`, or one that shows itself on stderr."""
    if progress is not None:
        yield progress
    elif Console(stderr=True).is_terminal:
        with Bars(
            TextColumn("CIFAR-10: {task.description}", markup=False),
            BarColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        ) as bars:
            yield _Bar(bars)
    else:
        yield _Lines()


@contextmanager
def watched(folder: Path, expected: int, progress: Progress, what: str) -> Iterator[None]:
    """Tell how `folder` grows toward `expected` bytes, for work that reports nothing itself."""
    finished = threading.Event()

    def watch() -> None:
        while not finished.wait(0.25):
            progress(min(_size(folder), expected), expected, what)

    progress(0, expected, what)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        finished.set()
        watcher.join()


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # gone since it was listed
            continue
    return total


class _Bar:
    """A bar for each step of known extent, a line for each other."""

    def __init__(self, bars: Bars) -> None:
        self.bars = bars
        self.steps: dict[str, TaskID] = {}

    def __call__(self, done: float, total: float, what: str) -> None:
        for other in self.steps.keys() - {what}:
            self.bars.update(self.steps[other], total=1, completed=1)
        if not total:
            self.bars.console.print(f"CIFAR-10: {what}", markup=False, highlight=False)
            return
        if what not in self.steps:
            self.steps[what] = self.bars.add_task(what)
        self.bars.update(self.steps[what], completed=done, total=total)


class _Lines:
    """One line per step and quarter of it."""

    def __init__(self) -> None:
        self.file = sys.stderr
        self.last = ""

    def __call__(self, done: float, total: float, what: str) -> None:
        quarter = int(4 * done / total) * 25 if total else 0
        line = f"CIFAR-10: {what}{f' {quarter} %' if quarter else ''}"
        if line != self.last:
            print(line, file=self.file, flush=True)
        self.last = line
