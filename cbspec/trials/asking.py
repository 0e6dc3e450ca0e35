"""The questions of one ``cbspec teeth`` call: which mutants still need which answers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from cbspec.canary.teeth import Teeth
from cbspec.trials.mutant import Mutant


class Asking:
    """The mutants of one call, and what is still to be found out about each.

    Args:
        mutants: the mutants of the call.
        teeth: the recorded outcomes.
        verdicts: the greatest number of claims whose verdict is computed.
        tests: whether the unit tests run as well.
        seconds: the time from now after which no mutant is started; None for no limit.

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
        """Tell whether anything is still to be found out about a mutant."""
        return bool(self.left_open() or self.untried() or self.unjudged())

    def untried(self) -> list[Mutant]:
        """Return the mutants that have no recorded outcome."""
        recorded = self.teeth.by_name
        return [mutant for mutant in self._mutants if mutant.name not in recorded]

    def left_open(self) -> list[Mutant]:
        """Return the mutants that some of the claims that may notice them have not tried yet."""
        unsettled = {tried.name for tried in self.teeth.mutants if tried.outcome == "open"}
        return [mutant for mutant in self._mutants if mutant.name in unsettled]

    def unjudged(self) -> list[Mutant]:
        """Return the mutants for which verdicts or unit tests are still to be computed.

        They run, and are not equivalent. They are sorted by their names, which are digests, so that
        a limited time reaches a random part of the sample.
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
        """Yield mutants until the time is over."""
        for mutant in mutants:
            if self._ends is not None and time.monotonic() > self._ends:
                return
            yield mutant
