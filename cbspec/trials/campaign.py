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
from cbspec.trials.assessment import assessed
from cbspec.trials.mutant import Mutant, Site, SourceFile, sampled
from cbspec.trials.trial import Canary, Trial
from cbspec.trials.trials import Trials


class Campaign:
    """The mutants of some claims' code, and the claims that each of them reaches.

    Args:
        stage: only code that this stage reaches; all stages of the claims where None.
        verdicts: whether verdicts are computed too.
    """

    def __init__(
        self, project: Project, claims: Collection[Claim], stage: str | None, *, verdicts: bool
    ) -> None:

        self._project = project
        self._verdicts = verdicts
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

    def judged(self, mutant: Mutant) -> set[str]:
        """Return those whose verdict is computed."""
        return self.reaching(mutant) & self._decidable if self._verdicts else set()

    def run(
        self,
        place: Path,
        *,
        sample: int,
        seed: int,
        minutes: float | None = None,
        workers: int = 1,
        tests: bool = False,
    ) -> Iterator[Teeth]:
        """Try a sample, and yield the record after each mutant, saved; what is on record of the
        same change of the same file is taken from there.

        Args:
            place: of the record.
            minutes: no mutant is started after these; None for no limit.
            workers: how many mutants are tried at a time.
            tests: whether the unit tests run too.

        Raises:
            ConfigError: the canary of the code as it is differs from the record.
        """
        sites = self._sites()
        drawn = list(sampled(sites, sample, seed))
        before = tuple(_tried_before(drawn, teeth_on_record(place)))
        teeth = Teeth(seed=seed, sites=len(sites), provenance=self._provenance(), mutants=before)
        yield teeth
        outcomes = {tried.name: tried.outcome for tried in teeth.mutants}
        fresh = [mutant for mutant in drawn if mutant.name not in outcomes]
        asked_before = [mutant for mutant in drawn if outcomes.get(mutant.name) == "open"]
        if not (fresh or asked_before):
            return
        # With verdicts or unit tests asked for, each mutant is to be seen by all.
        briefly = not (self._verdicts or tests)
        with tempfile.TemporaryDirectory(prefix="cbspec-teeth-") as folder:
            trials = Trials(self._project.config, Path(folder), workers, tests=tests)
            for tried in self._tried(trials, fresh, asked_before, minutes, briefly=briefly):
                teeth = teeth.with_tried(tried)
                teeth.save(place)
                yield teeth

    def _tried(
        self,
        trials: Trials,
        mutants: Iterable[Mutant],
        asked_before: Sequence[Mutant],
        minutes: float | None,
        *,
        briefly: bool,
    ) -> Iterator[Tried]:
        """Yield what became of each mutant: at first of those that no canary executes, of which
        nothing can come; then what the claims say that execute it first; then, of those that these
        did not notice, what all say that reach it.

        Args:
            asked_before: those of which the first claims were asked in an earlier call.
            briefly: whether a mutant that is noticed is left at that.
        """
        ends = None if minutes is None else time.monotonic() + 60 * minutes
        baseline = self._baseline(trials)
        executed = []
        for mutant in mutants:
            if baseline.executes(mutant):
                executed.append(mutant)
            else:
                yield assessed(mutant, Trial(), baseline, self.reaching(mutant), (), ())

        def first(mutant: Mutant) -> set[str]:
            return (baseline.witnesses(mutant) & self.reaching(mutant)) or self.reaching(mutant)

        unsettled = [*asked_before, *([] if briefly else executed)]
        if briefly:
            for mutant, trial in trials.run(_until(executed, ends), first, self.judged):
                tried = assessed(mutant, trial, baseline, self.reaching(mutant), first(mutant), ())
                if tried.outcome == "open":
                    unsettled.append(mutant)
                yield tried
        for mutant, trial in trials.run(_until(unsettled, ends), self.reaching, self.judged):
            everybody = self.reaching(mutant)
            yield assessed(mutant, trial, baseline, everybody, everybody, self.judged(mutant))

    def _sites(self) -> list[Site]:
        sites: list[Site] = []
        for path, names in sorted(self._by_file.items()):
            sites += SourceFile(self._project.config.root, path).sites(names)
        return sites

    def _baseline(self, trials: Trials) -> Canary:
        baseline = trials.baseline(self._cheapest_first, sorted(self._by_file))
        unsound = [claim for claim, state in baseline.states.items() if state != "equal"]
        if unsound:
            raise ConfigError(f"the canary is not as recorded: {', '.join(unsound)}")
        if self._verdicts:
            trials.copy_results()
        return baseline

    def _provenance(self) -> Provenance:
        config = self._project.config
        numerics = self._project.numerics("cpu", computing=True)
        return provenance(config.root, numerics.torch, exclude=config.reports)


def _tried_before(drawn: Iterable[Mutant], recorded: Teeth | None) -> list[Tried]:
    """Return what is on record of the mutants of a sample, in its order."""
    if recorded is None:
        return []
    earlier = {tried.name: tried for tried in recorded.mutants}
    tried_before = []
    for mutant in drawn:
        if mutant.name in earlier:
            tried_before.append(earlier[mutant.name])
    return tried_before


def _until(mutants: Iterable[Mutant], ends: float | None) -> Iterator[Mutant]:
    """Yield mutants as long as there is time, on the monotonic clock."""
    for mutant in mutants:
        if ends is not None and time.monotonic() > ends:
            return
        yield mutant
