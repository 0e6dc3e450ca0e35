"""Trying many mutants, some at a time."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from cbspec.config import Config
from cbspec.trials.mutant import Mutant
from cbspec.trials.process import Ended, Worker, server
from cbspec.trials.trial import Canary, Trial, canaries_as_they_are, tried

BASELINE = 7200.0  # seconds: the canaries of all claims, measured, on a machine that is busy
SLOWER = 10  # times what the same canaries take unchanged: a mutant that is slower does not end
LEAST = 10.0  # seconds: what a busy machine may hold up the shortest trial


class Trials:
    """Tries mutants on one project.

    Args:
        config: of the project.
        folder: empty; holds the copies and their results while the trials last.
        workers: how many mutants are tried at a time.
        tests: whether the unit tests are run too.
    """

    def __init__(self, config: Config, folder: Path, workers: int, *, tests: bool = False) -> None:
        self._config = config
        self._folder = folder
        self._store = folder / "store"
        self._workers = workers
        self._tests = tests
        self._elapsed: Mapping[str, float] = {}
        self._context = server()
        os.environ["CBSPEC_CACHE"] = str(self._cache())

    def baseline(self, claims: Collection[str], files: Collection[str]) -> Canary:
        """Run the canaries of the project as it is, and keep their results for the mutants.

        Raises:
            Ended: they did not get to their end.
        """
        worker = self._start(BASELINE, canaries_as_they_are, claims, files)
        canary: Canary = worker.result()
        self._elapsed = canary.seconds
        return canary

    def copy_results(self) -> None:
        """Let the mutants start from the project's stored results, so that a verdict computes only
        what the change reaches.
        """
        if self._config.store.is_dir():
            shutil.copytree(self._config.store, self._store, dirs_exist_ok=True)

    def run(
        self,
        mutants: Iterable[Mutant],
        reaching: Callable[[Mutant], Collection[str]],
        verdicts: Callable[[Mutant], Collection[str]],
    ) -> Iterator[tuple[Mutant, Trial]]:
        """Try mutants, some at a time, and yield each with what became of it, as they end.

        Args:
            reaching: a mutant -> the claims whose canary may notice it.
            verdicts: a mutant -> the claims whose verdict is computed too.
        """
        running: dict[Connection, tuple[Mutant, Worker]] = {}
        waiting = iter(mutants)
        try:
            while True:
                while len(running) < self._workers and (mutant := next(waiting, None)):
                    claims, judged = reaching(mutant), verdicts(mutant)
                    seconds = self._limit(claims, judged)
                    worker = self._start(seconds, tried, mutant, claims, judged, self._tests)
                    running[worker.answer] = (mutant, worker)
                if not running:
                    return
                for answer in _ready(running):
                    mutant, worker = running.pop(answer)
                    yield mutant, _outcome(worker)
        finally:
            for _, worker in running.values():
                worker.kill()

    def _limit(self, claims: Collection[str], judged: Collection[str]) -> float:
        """Return after how many seconds a trial of some claims is given up.

        All that a claim may have to compute was computed by it or by claims before it.
        """
        counted = self._elapsed if judged or self._tests else claims
        return max(LEAST, SLOWER * max(map(self._elapsed.__getitem__, counted)))

    def _start(self, seconds: float, work: Callable[..., Any], *arguments: Any) -> Worker:
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        return Worker.start(
            self._context, seconds, work, self._config, folder, self._store, *arguments
        )

    def _cache(self) -> Path:
        """Copy the downloaded data: a mutant may remove or damage what it finds there."""
        copy = self._folder / "cache"
        kept = Path(os.environ.get("CBSPEC_CACHE") or Path.home() / ".cache" / "cbspec")
        if kept.is_dir():
            shutil.copytree(kept, copy)
        return copy


def _ready(running: dict[Connection, tuple[Mutant, Worker]]) -> list[Connection]:
    """Wait until a process answers or has no time left, and return those that did or have."""
    first = min(worker.deadline for _, worker in running.values())
    answered = wait(list(running), timeout=max(0.0, first - time.monotonic()))
    ready = []
    for answer, (_, worker) in running.items():
        if answer in answered or worker.deadline <= time.monotonic():
            ready.append(answer)
    return ready


def _outcome(worker: Worker) -> Trial:
    try:
        trial: Trial = worker.result()
    except Ended as reason:
        return Trial(ended=str(reason))
    return trial
