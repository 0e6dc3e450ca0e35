"""What a call of ``cbspec teeth`` asks of its mutants, and what is answered already."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from cbspec.canary.teeth import Teeth
from cbspec.trials.mutant import Mutant


class Asking:
    """What a call asks of its mutants.

    Args:
        mutants: the mutants of the call.
        teeth: what is on record of them.
        verdicts: how many claims are asked for their verdict, at most.
        tests: whether the unit tests are asked.
        seconds: from now on, after which no mutant is started; None for no limit.

    Attributes:
        teeth: the record as it grows.
    """

    def __init__(
        self,
        mutants: Sequence[Mutant],
        teeth: Teeth,
        verdicts: int,
        tests: bool,
        seconds: float | None,
    ) -> None:
        self.teeth = teeth
        self.verdicts = verdicts
        self.tests = tests
        self._mutants = mutants
        self._ends = None if seconds is None else time.monotonic() + seconds

    @property
    def open(self) -> bool:
        """Tell whether a mutant is to be tried."""
        return bool(self.left_open() or self.untried() or self.unjudged())

    def untried(self) -> list[Mutant]:
        """Return the mutants that are not on record."""
        recorded = self.teeth.by_name
        return [mutant for mutant in self._mutants if mutant.name not in recorded]

    def left_open(self) -> list[Mutant]:
        """Return the mutants that not all claims were asked about which may notice them."""
        unsettled = {tried.name for tried in self.teeth.mutants if tried.outcome == "open"}
        return [mutant for mutant in self._mutants if mutant.name in unsettled]

    def unjudged(self) -> list[Mutant]:
        """Return the mutants that run and are not equivalent, and that verdicts or unit tests are
        to be asked about.

        They come by their names, which are digests: those that a limited time reaches are drawn at
        random from the sample.
        """
        counted = {tried.name: tried for tried in self.teeth.counted}
        unjudged = []
        for mutant in self._mutants:
            if tried := counted.get(mutant.name):
                unasked = self.verdicts and not tried.judged
                if unasked or (self.tests and tried.tests is None):
                    unjudged.append(mutant)
        return sorted(unjudged, key=attrgetter("name"))

    def in_time(self, mutants: Iterable[Mutant]) -> Iterator[Mutant]:
        """Yield mutants as long as there is time."""
        for mutant in mutants:
            if self._ends is not None and time.monotonic() > self._ends:
                return
            yield mutant
