"""Drawing mutants of the claims' code, trying them, and recording the outcomes."""

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
        stage: mutate only code that this stage reaches; None for all stages of the claims.
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
        """Try a sample of mutants, and yield the record after each of them, as it is saved.

        Outcomes on record of the same change of the same file are kept.

        Args:
            place: the path of the record.
            minutes: the time after which no mutant is started; None for no limit.
            workers: the number of mutants that are tried at a time.
            verdicts: the greatest number of claims whose verdict is computed for a mutant.
            tests: whether the unit tests run as well.

        Raises:
            ConfigError: the canary of the unchanged code differs from the record.
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
        """Yield the outcome of each mutant that is not settled, by the canaries.

        First come the mutants that no canary executes. The others are tried by the cheapest claims
        that execute them, and those that these do not notice by all claims that may.
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
        """Yield the outcome of each mutant that verdicts or unit tests have not tried yet.

        Mutants that do not run, or are equivalent, are left out.
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
