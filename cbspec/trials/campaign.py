"""The mutants of some claims' code, drawn, tried and put on record."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from cbspec.canary.teeth import Teeth, Tried, teeth_on_record
from cbspec.claim import Claim, base
from cbspec.errors import ConfigError
from cbspec.ledger import Provenance, provenance
from cbspec.project import Project
from cbspec.stage import stages_of
from cbspec.trials.assessment import assessed, with_judged
from cbspec.trials.baseline import Baseline
from cbspec.trials.mutant import Mutant, Site, SourceFile, sampled
from cbspec.trials.trial import Trial
from cbspec.trials.trials import Trials

CHEAPEST = 3  # claims that are asked about each mutant before all are about the rest


class Campaign:
    """The mutants of some claims' code, and the claims that each of them reaches.

    Args:
        stage: only code that this stage reaches; all stages of the claims where None.
    """

    def __init__(self, project: Project, claims: Collection[Claim], stage: str | None) -> None:
        self._project = project
        self._reaching: dict[str, set[str]] = {}
        self._decidable = {base(claim.id) for claim in claims if claim.scale in claim.decidable}
        arms = Counter[str]()
        for claim in claims:
            arms[base(claim.id)] += len(claim.arms)
        self._cheapest_first = sorted(arms, key=lambda name: (arms[name], name))
        self._by_file: dict[str, set[str]] = {}
        known = set()
        for claim in claims:
            for name, declared in stages_of(claim.arms.values()).items():
                known.add(name)
                if stage in (None, name):
                    fingerprint = project.code.fingerprint(declared.implementation)
                    for definition in fingerprint.definitions:
                        self._reaching.setdefault(definition, set()).add(base(claim.id))
        for definition in self._reaching:
            path, _, name = definition.partition(":")
            self._by_file.setdefault(path, set()).add(name)
        if stage and stage not in known:
            raise ConfigError(f"no stage of these claims is called {stage}: {', '.join(known)}")

    def reaching(self, mutant: Mutant) -> set[str]:
        """Return the claims whose code a mutant changes."""
        return self._reaching[mutant.definition]

    def run(
        self,
        place: Path,
        *,
        sample: int,
        seed: int,
        minutes: float | None = None,
        workers: int = 1,
        verdicts: int = 0,
        tests: bool = False,
    ) -> Iterator[Teeth]:
        """Try a sample, and yield the record after each mutant, saved; what is on record of the
        same change of the same file is taken from there.

        Args:
            place: of the record.
            minutes: no mutant is started after these; None for no limit.
            workers: how many mutants are tried at a time.
            verdicts: how many claims are asked for their verdict on a mutant, at most.
            tests: whether the unit tests run too.

        Raises:
            ConfigError: the canary of the code as it is differs from the record.
        """
        sites = self._sites()
        on_record = teeth_on_record(place)
        recorded = on_record.by_name if on_record else {}
        # A sample is the beginning of a larger one: what is on record of that is kept
        drawn = list(sampled(sites, max(sample, len(recorded)), seed))
        before = tuple(recorded[mutant.name] for mutant in drawn if mutant.name in recorded)
        teeth = Teeth(seed=seed, sites=len(sites), provenance=self._provenance(), mutants=before)
        yield teeth
        del drawn[sample:]
        asking = _Asking(drawn, teeth, verdicts, tests, None if minutes is None else 60 * minutes)
        if not asking.open:
            return
        with tempfile.TemporaryDirectory(prefix="cbspec-teeth-") as folder:
            trials = Trials(self._project.config, Path(folder), workers)
            baseline = self._baseline(trials)
            for ask in (self._by_canary, self._by_verdict):
                for tried in ask(trials, baseline, asking):
                    asking.teeth = asking.teeth.with_tried(tried)
                    asking.teeth.save(place)
                    yield asking.teeth

    def _by_canary(self, trials: Trials, baseline: Baseline, asking: _Asking) -> Iterator[Tried]:
        """Yield what became of each mutant that is not settled: at first of those that no canary
        executes, of which nothing can come; then what the cheapest claims say that execute it; then,
        of those that these did not notice, what all say.
        """
        executed = []
        still_open = asking.left_open()
        for mutant in asking.untried():
            if baseline.executes(mutant):
                executed.append(mutant)
            else:
                yield assessed(mutant, Trial(), baseline, self.reaching(mutant))

        def witnesses(mutant: Mutant) -> list[str]:
            return baseline.witnesses(mutant, self.reaching(mutant))

        def cheapest(mutant: Mutant) -> list[str]:
            return witnesses(mutant)[:CHEAPEST]

        for mutant, trial in trials.canaries(asking.in_time(executed), cheapest):
            tried = assessed(mutant, trial, baseline, self.reaching(mutant))
            if tried.outcome == "open":
                still_open.append(mutant)
            yield tried
        for mutant, trial in trials.canaries(asking.in_time(still_open), witnesses):
            yield assessed(mutant, trial, baseline, self.reaching(mutant))

    def _by_verdict(self, trials: Trials, baseline: Baseline, asking: _Asking) -> Iterator[Tried]:
        """Yield what verdicts and unit tests say of each mutant that runs and is not equivalent, of
        those that were not asked.
        """

        def witnesses(mutant: Mutant) -> list[str]:
            reaching = self.reaching(mutant) & self._decidable
            executing = baseline.witnesses(mutant, reaching)
            return [claim for claim in executing if claim in reaching][: asking.verdicts]

        recorded = asking.teeth.by_name
        unjudged = asking.in_time(asking.unjudged())
        for mutant, judged in trials.verdicts(unjudged, witnesses, tests=asking.tests):
            yield with_judged(recorded[mutant.name], judged)

    def _sites(self) -> list[Site]:
        sites: list[Site] = []
        for path, names in sorted(self._by_file.items()):
            sites += SourceFile(self._project.config.root, path).sites(names)
        return sites

    def _baseline(self, trials: Trials) -> Baseline:
        baseline = trials.baseline(self._cheapest_first, sorted(self._by_file))
        if unsound := baseline.canary.noticed:
            raise ConfigError(f"the canary is not as recorded: {', '.join(unsound)}")
        return baseline

    def _provenance(self) -> Provenance:
        config = self._project.config
        numerics = self._project.numerics("cpu", computing=True)
        return provenance(config.root, numerics.torch, exclude=config.reports)


class _Asking:
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
        """
        counted = {tried.name: tried for tried in self.teeth.counted}
        unjudged = []
        for mutant in self._mutants:
            if tried := counted.get(mutant.name):
                unasked = self.verdicts and not tried.judged
                if unasked or (self.tests and tried.tests is None):
                    unjudged.append(mutant)
        return unjudged

    def in_time(self, mutants: Iterable[Mutant]) -> Iterator[Mutant]:
        """Yield mutants as long as there is time."""
        for mutant in mutants:
            if self._ends is not None and time.monotonic() > self._ends:
                return
            yield mutant
