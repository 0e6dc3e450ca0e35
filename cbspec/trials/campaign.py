"""The mutants of some claims' code, drawn, tried and put on record."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Collection, Iterator
from operator import attrgetter
from pathlib import Path

import msgspec

from cbspec.canary.teeth import Teeth, Tried, teeth_on_record
from cbspec.claim import Claim, base
from cbspec.errors import ConfigError
from cbspec.ledger import Provenance, provenance
from cbspec.project import Project
from cbspec.stage import calls_of, stages_of
from cbspec.trials.asking import Asking
from cbspec.trials.assessment import assessed, with_judged
from cbspec.trials.baseline import Baseline
from cbspec.trials.mutant import Mutant, Site, SourceFile
from cbspec.trials.process import terminated_in_order
from cbspec.trials.sample import drawn
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
        # What is recorded at another scale comes to no verdict at the default one
        self._verdicts = Counter[str]()
        for claim in claims:
            if claim.scale == project.config.scale and claim.scale in claim.decidable:
                self._verdicts[base(claim.id)] += _operations(claim)
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
        kept = on_record.mutants if on_record and on_record.seed == seed else ()
        mutants = drawn(sites, sample, seed, kept)
        before = []
        for mutant in mutants:
            if tried := recorded.get(mutant.name):
                before.append(self._now_reaching(mutant, tried))
        teeth = Teeth(
            seed=seed, sites=len(sites), provenance=self._provenance(), mutants=tuple(before)
        )
        yield teeth
        del mutants[sample:]
        asking = Asking(mutants, teeth, verdicts, tests, None if minutes is None else 60 * minutes)
        if not asking.open:
            return
        with terminated_in_order(), tempfile.TemporaryDirectory(prefix="cbspec-teeth-") as folder:
            trials = Trials(self._project.config, Path(folder), workers)
            baseline = self._baseline(trials)
            for ask in (self._by_canary, self._by_verdict):
                for tried in ask(trials, baseline, asking):
                    asking.teeth = asking.teeth.with_tried(tried)
                    asking.teeth.save(place)
                    yield asking.teeth

    def _by_canary(self, trials: Trials, baseline: Baseline, asking: Asking) -> Iterator[Tried]:
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
        # What only runs on import is seldom noticed, and asks all claims that reach it
        still_open.sort(key=attrgetter("in_function"), reverse=True)
        for mutant, trial in trials.canaries(asking.in_time(still_open), witnesses):
            yield assessed(mutant, trial, baseline, self.reaching(mutant))

    def _by_verdict(self, trials: Trials, baseline: Baseline, asking: Asking) -> Iterator[Tried]:
        """Yield what verdicts and unit tests say of each mutant that runs and is not equivalent, of
        those that were not asked.
        """

        def witnesses(mutant: Mutant) -> list[str]:
            reaching = self.reaching(mutant) & self._verdicts.keys()
            executing = reaching.intersection(baseline.witnesses(mutant, reaching))
            return sorted(executing, key=lambda name: (self._verdicts[name], name))[
                : asking.verdicts
            ]

        recorded = asking.teeth.by_name
        unjudged = asking.in_time(asking.unjudged())
        for mutant, judged in trials.verdicts(unjudged, witnesses, tests=asking.tests):
            yield with_judged(recorded[mutant.name], judged)

    def _now_reaching(self, mutant: Mutant, tried: Tried) -> Tried:
        reaches = tuple(sorted(self.reaching(mutant)))
        return msgspec.structs.replace(tried, reaches=reaches)

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


def _operations(claim: Claim) -> int:
    """Return how many floating-point operations a claim's experiment takes, as forecast."""
    calls = {}
    for arm in claim.arms.values():
        for call in calls_of(arm):
            calls[call.digest] = call.cost
    return int(claim.seeds.start * sum(calls.values()))
