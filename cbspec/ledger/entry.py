"""An entry of the ledger: the verdict on a claim, at one scale, on one device family.

It has everything that is needed to compare a later verdict with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from cbspec.committed import Committed
from cbspec.kinds import Assertion
from cbspec.ledger.notation import place_of
from cbspec.ledger.recorded import RecordedAssertion, RecordedEffect
from cbspec.model.dependencies import Dependencies, same_torch
from cbspec.model.finding import Verdict
from cbspec.model.replicates import REPLICATES, SEEDS
from cbspec.model.visible import visible
from cbspec.stage import Call

Device = str
"""The name of a device family."""
Digest = Annotated[
    str,
    Meta(pattern="^[0-9a-f]{4,64}$", description="hexadecimal; digests are shortened to 16 digits"),
]
Date = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$")]

# The probability of the same verdict with fresh seeds, below which a verdict counts as fragile
FRAGILE = 0.95


class Key(NamedTuple):
    """The key of an entry: claim, scale and device family."""

    claim: str
    scale: str
    device: str

    def __str__(self) -> str:
        return f"{self.claim} ({self.scale}, {self.device})"


class Provenance(Committed, frozen=True, kw_only=True):
    """The origin of a verdict.

    Attributes:
        commit: the commit; None outside a repository.
        torch: torch's version and build, such as ``"2.11.0+cpu"``. Old entries have only the minor
            version.
    """

    commit: Digest | None
    dirty: bool
    torch: str
    date: Date

    @property
    def place(self) -> str:
        """Return the commit, or why there is none: ``"at 3f2a1c0000"``."""
        if self.commit:
            return f"at {self.commit[:10]}"
        if self.dirty:  # files that no commit has, which only a repository tells
            return "before the repository's first commit"
        return "outside a repository"

    @property
    def edited(self) -> bool:
        """Tell whether there were changes that the commit does not have."""
        return self.dirty and self.commit is not None


class SeedPlan(Committed, frozen=True, kw_only=True):
    """The seeds that a claim may draw: ``pool[:start]`` at first, then more at each analysis.

    The numbers of seeds at the analyses are `looks`, or else `start` doubled again and again.
    """

    start: int
    pool: tuple[int, ...]
    looks: tuple[int, ...] = ()


class Acceptance(Committed, frozen=True, kw_only=True):
    """A change that a person has accepted into the ledger."""

    date: str
    outcome: str
    before: Verdict | None
    after: Verdict
    reason: Annotated[str, Meta(min_length=1)]
    moves: tuple[str, ...] = ()


class Entry(Committed, frozen=True, kw_only=True):
    """A recorded verdict.

    Attributes:
        again: the probability of the same verdict with fresh seeds; None without evidence.
        digest: the digest of everything that is asserted and measured (`Claim.digest`).
        arms: arm -> digest of its stage call.
        measured: arm -> digest of what it measures, if that is not the whole stage call.
        code: stage -> fingerprint of its code.
        accepted: the changes that were accepted, oldest first.
        evidence: the digest of the values that were judged; None for old entries.
        adopted: stage -> fingerprint of the code that computed its results, for stages whose
            results were adopted from earlier code.
        dependencies: the declared files, versions and environment variables of all stages.
        loaded: implementation of a stage -> files that its runs have loaded though no code names
            them. They are part of its code.
        apart: whether the claim's canary stayed another one when it was recorded: that of code which
            computes something else. Such a canary does not vouch for it.
        doubt: what a person decided after the canary had changed: `superseded` until it is run
            again, or `carried over`, with the reason in `accepted`.
    """

    claim: Annotated[str, Meta(min_length=1)]
    scale: Annotated[str, Meta(min_length=1)]
    device: Device
    verdict: Verdict
    reason: str
    seeds: tuple[int, ...]
    drawn: SeedPlan
    assertions: tuple[RecordedAssertion, ...]
    controls: tuple[RecordedAssertion, ...]
    digest: Digest
    arms: dict[str, Digest]
    code: dict[str, Digest]
    provenance: Provenance
    accepted: tuple[Acceptance, ...] = ()
    evidence: Digest | None = None
    adopted: dict[str, Digest] = msgspec.field(default_factory=dict)
    dependencies: Dependencies = Dependencies()
    loaded: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    measured: dict[str, Digest] = msgspec.field(default_factory=dict)
    doubt: Literal["superseded", "carried over"] | None = None
    apart: bool = False
    again: float | None = None

    @property
    def fragile(self) -> bool:
        """Tell whether fresh seeds may well give another verdict."""
        return self.again is not None and self.again < FRAGILE

    @property
    def replicates(self) -> str:
        """Return ``"seeds"``, or ``"replicates"`` if they are no seeds that the claim may draw."""
        return SEEDS if set(self.seeds) <= set(self.drawn.pool) else REPLICATES

    @property
    def key(self) -> Key:
        return Key(self.claim, self.scale, self.device)

    @property
    def place(self) -> str:
        """Return the scale, with any device family but the CPU: ``"memo on cuda"``."""
        return place_of(self.scale, self.device)

    @property
    def recorded(self) -> tuple[RecordedAssertion, ...]:
        """Return the assertions, then the controls."""
        return self.assertions + self.controls

    @property
    def effects(self) -> tuple[RecordedEffect, ...]:
        """Return the effects of the assertions, then those of the controls."""
        return tuple(effect for recorded in self.recorded for effect in recorded.effects)

    def asserting(self, terms: Assertion) -> RecordedAssertion | None:
        """Return the recorded assertion with exactly these terms, if there is one."""
        for assertion in self.recorded:
            if assertion.terms == terms:
                return assertion
        return None

    @property
    def doubted(self) -> Acceptance:
        """Return when and why a person superseded it or carried it over, of a verdict in `doubt`."""
        return [made for made in self.accepted if made.outcome == self.doubt][-1]

    @property
    def implicated(self) -> tuple[RecordedAssertion, ...]:
        """Return the assertions that made the verdict.

        They are the failed controls of an invalid verdict, or else the assertions with the same
        verdict, or else all assertions.
        """
        failed = tuple(control for control in self.controls if control.verdict != "holds")
        if self.verdict == "invalid" and failed:
            return failed
        alike = tuple(made for made in self.assertions if made.verdict == self.verdict)
        return alike or self.assertions

    @property
    def decisive(self) -> RecordedEffect | None:
        """Return the effect that the reason names, or the only one; None if all count alike."""
        effects: list[RecordedEffect] = []
        for assertion in self.implicated:
            effects += assertion.effects
        for effect in effects:
            if f"{effect.measure}: {effect.label} = " in self.reason:
                return effect
        if len(effects) == 1:
            return effects[0]
        return None

    def measured_as(self, calls: Mapping[str, Call]) -> bool:
        """Tell whether these arms (name -> stage call) are recorded with the same stage calls."""
        return all(self.arms.get(name) == short(call.digest) for name, call in calls.items())

    def stale(self, code: Mapping[str, str]) -> tuple[str, ...]:
        """Return the stages whose fingerprint in `code` differs from the recorded one, sorted."""
        return stale_stages(self.code, code)

    def moved(self, torch: str, dependencies: Dependencies) -> tuple[str, ...]:
        """Return a text for each version, file or variable that differs from the recorded one.

        Args:
            torch: torch's present version and build.
            dependencies: the present dependencies of all the claim's stages.
        """
        changes = list(self.dependencies.changes(dependencies))
        if not same_torch(self.provenance.torch, torch):
            changes.insert(0, f"torch {self.provenance.torch} -> {torch}")
        return tuple(changes)


def stale_stages(recorded: Mapping[str, str], code: Mapping[str, str]) -> tuple[str, ...]:
    """Return the stages whose fingerprint in `code` differs from the recorded one, sorted.

    Args:
        recorded: stage -> short fingerprint.
        code: stage -> fingerprint.
    """
    stale = []
    for stage in sorted(code.keys() | recorded.keys()):
        if short(code.get(stage, "")) != recorded.get(stage, ""):
            stale.append(stage)
    return tuple(stale)


def short(digest: str) -> str:
    """Return the first 16 digits of a digest, which are unique within a project."""
    return digest[:16]


def reason_line(text: str) -> str:
    """Return a person's reason as the ledger keeps it: one line without control characters."""
    return visible(" ".join(text.split()))
