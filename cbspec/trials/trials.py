"""Trying many mutants, several at a time."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from cbspec.config import Config
from cbspec.trials.baseline import Baseline, baseline_of
from cbspec.trials.kept import KeptBaseline
from cbspec.trials.mutant import Mutant
from cbspec.trials.process import SOON, Ended, Worker, server
from cbspec.trials.trial import Judged, Trial, judged, tried

LONG = 7200.0  # seconds: all canaries, measured, or one verdict, on a busy machine
SLOWER = 10  # times what the same canaries take unchanged: a mutant that is slower does not end
LEAST = 10.0  # seconds: what a busy machine may hold up the shortest trial


class Trials:
    """Tries mutants on one project.

    Args:
        config: the project's settings.
        folder: an empty folder for the copies and their results while the trials last.
        workers: the number of mutants that are tried at a time.
    """

    def __init__(self, config: Config, folder: Path, workers: int) -> None:
        self._config = config
        self._folder = folder
        self._store = folder / "store"
        self._workers = workers
        self._elapsed: Mapping[str, float] = {}
        self._context = server()
        os.environ["CBSPEC_CACHE"] = str(self._cache())

    def baseline(self, claims: Sequence[str], files: Collection[str]) -> Baseline:
        """Run the canaries of the project as it is, and keep their results for the mutants. Nothing
        is run where an earlier call did so for the same code and claims.

        Raises:
            Ended: a canary could not be run.
        """
        kept = KeptBaseline(self._config, [*claims, *files])
        baseline = kept.load(self._store)
        if baseline is None:
            baseline = self._start(LONG, baseline_of, claims, files).result()
            kept.keep(baseline, self._store)
        self._elapsed = baseline.seconds
        return baseline

    def canaries(
        self, mutants: Iterable[Mutant], witnesses: Callable[[Mutant], Sequence[str]]
    ) -> Iterator[tuple[Mutant, Trial]]:
        """Run the canaries of mutants, and yield each with what these say, as they end.

        Args:
            witnesses: a mutant -> the claims that are asked until one notices it, in this order.
        """

        def start(mutant: Mutant) -> Worker:
            limits = {claim: self._limit(claim) for claim in witnesses(mutant)}
            return self._start(LEAST + sum(limits.values()), tried, mutant, limits)

        for mutant, answer in self._answers(mutants, start):
            trial = answer
            if isinstance(answer, Ended):  # as a rule when the first claim is read
                # The record names no folder that is gone tomorrow
                reason = re.sub(re.escape(f"{self._folder}/") + r"\w+", "its copy", str(answer))
                trial = Trial(asked=witnesses(mutant)[:1], ended=reason)
            yield mutant, trial

    def verdicts(
        self,
        mutants: Iterable[Mutant],
        witnesses: Callable[[Mutant], Sequence[str]],
        *,
        tests: bool,
    ) -> Iterator[tuple[Mutant, Judged]]:
        """Compute the verdicts of mutants, from the project's stored results, and yield each with
        what these say, as they end. One that comes to no verdict is left out.

        Args:
            witnesses: a mutant -> the claims that are asked until one verdict changes.
            tests: whether the unit tests are asked, too.
        """
        if self._config.store.is_dir():
            shutil.copytree(self._config.store, self._store, dirs_exist_ok=True)

        def start(mutant: Mutant) -> Worker:
            return self._start(LONG, judged, mutant, witnesses(mutant), tests)

        for mutant, answer in self._answers(mutants, start):
            if not isinstance(answer, Ended):
                yield mutant, answer

    def _answers(
        self, mutants: Iterable[Mutant], start: Callable[[Mutant], Worker]
    ) -> Iterator[tuple[Mutant, Any]]:
        """Start work on mutants, some at a time, and yield each with its answer, as they end."""
        running: dict[Connection, tuple[Mutant, Worker]] = {}
        waiting = iter(mutants)
        try:
            while True:
                while len(running) < self._workers and (mutant := next(waiting, None)):
                    worker = start(mutant)
                    running[worker.answer] = (mutant, worker)
                if not running:
                    return
                for answer in _ready(running):
                    mutant, worker = running.pop(answer)
                    try:
                        yield mutant, worker.result()
                    except Ended as reason:
                        yield mutant, reason
        finally:
            for _, worker in running.values():
                worker.kill()

    def _limit(self, claim: str) -> float:
        """Return after how many seconds a claim's canary is ended.

        All that a claim may have to compute was computed by it or by claims before it.
        """
        return max(LEAST, SLOWER * self._elapsed[claim])

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
    """Wait for a process to answer or to have no time left, and return those that did or have."""
    first = min(worker.left for _, worker in running.values())
    answered = wait(list(running), timeout=max(SOON, first))
    ready = []
    for answer, (_, worker) in running.items():
        if answer in answered or worker.left <= 0:
            ready.append(answer)
    return ready
