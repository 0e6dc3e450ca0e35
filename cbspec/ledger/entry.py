"""One line of the record: the verdict on a claim at a scale on a device family, and all that is
needed to compare it later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from cbspec.committed import Committed
from cbspec.kinds import Assertion
from cbspec.ledger.recorded import RecordedAssertion, RecordedEffect
from cbspec.model.dependencies import Dependencies, same_torch
from cbspec.model.finding import Verdict
from cbspec.stage import Call

Device = str
"""The name of a device family."""
Digest = Annotated[
    str,
    Meta(pattern="^[0-9a-f]{4,64}$", description="hexadecimal; digests are shortened to 16 digits"),
]

# Probability of the same verdict with fresh noise; a verdict with less may well be another one.
FRAGILE = 0.95


class Key(NamedTuple):
    """What an entry is about."""

    claim: str
    scale: str
    device: str

    def __str__(self) -> str:
        return f"{self.claim} ({self.scale}, {self.device})"


class Provenance(Committed, frozen=True, kw_only=True):
    """Where a verdict comes from.

    Attributes:
        commit: None outside a repository.
        torch: its version with the build, as in ``"2.11.0+cpu"``; the minor version alone in an
            entry from before the build counted.
    """

    commit: Digest | None
    dirty: bool
    torch: str
    date: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$")]


class SeedPlan(Committed, frozen=True, kw_only=True):
    """The seeds that the claim may draw: ``pool[:start]`` at first, then at each of `looks`, or
    `start` doubled.
    """

    start: int
    pool: tuple[int, ...]
    looks: tuple[int, ...] = ()


class Acceptance(Committed, frozen=True, kw_only=True):
    """A change that a person took into the record on purpose."""

    date: str
    outcome: str
    before: Verdict | None
    after: Verdict
    reason: Annotated[str, Meta(min_length=1)]
    moves: tuple[str, ...] = ()


class Entry(Committed, frozen=True, kw_only=True):
    """The verdict on record.

    Attributes:
        again: probability of the same verdict with fresh noise, see `Judgement`; None for one
            without evidence.
        digest: of everything asserted and measured (`Claim.digest`).
        arms: arm -> digest of its stage call: what was measured.
        code: stage -> code fingerprint of its implementation.
        accepted: oldest first.
        evidence: digest of the values that it was judged on; None for one from before they were
            kept.
        adopted: stage -> fingerprint of the code that computed the results which were adopted for
            this code, their canary being identical.
        dependencies: the declared files, versions and environment variables of all its stages.
        doubt: what a person decided when the code's canary was another one: `superseded` until it
            is run again, or `carried over` with the reason that `accepted` has.
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
    doubt: Literal["superseded", "carried over"] | None = None
    again: float | None = None

    @property
    def fragile(self) -> bool:
        """Tell whether a run with fresh noise may well give another verdict."""
        return self.again is not None and self.again < FRAGILE

    @property
    def key(self) -> Key:
        return Key(self.claim, self.scale, self.device)

    @property
    def recorded(self) -> tuple[RecordedAssertion, ...]:
        """Return the assertions, then the controls."""
        return self.assertions + self.controls

    def asserting(self, terms: Assertion) -> RecordedAssertion | None:
        """Return the recorded assertion of these very terms, if there is one."""
        for assertion in self.recorded:
            if assertion.terms == terms:
                return assertion
        return None

    @property
    def implicated(self) -> tuple[RecordedAssertion, ...]:
        """Return what made the verdict: the failed controls if it is invalid, else the assertions
        with the same verdict, else all.
        """
        failed = tuple(control for control in self.controls if control.verdict != "holds")
        if self.verdict == "invalid" and failed:
            return failed
        alike = tuple(made for made in self.assertions if made.verdict == self.verdict)
        return alike or self.assertions

    @property
    def decisive(self) -> RecordedEffect | None:
        """Return the effect that the reason names, or the only effect; None if all count alike (a
        drawing).
        """
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
        """Tell whether these arms (name -> stage call) are on record, each as the same stage
        call.
        """
        return all(self.arms.get(name) == short(call.digest) for name, call in calls.items())

    def stale(self, code: Mapping[str, str]) -> tuple[str, ...]:
        """Return the stages whose fingerprint in `code` is not the recorded one, sorted."""
        stale = []
        for stage in sorted(code.keys() | self.code.keys()):
            if short(code.get(stage, "")) != self.code.get(stage, ""):
                stale.append(stage)
        return tuple(stale)

    def moved(self, torch: str, dependencies: Dependencies) -> tuple[str, ...]:
        """Return which versions, files and variables are not as recorded, each as text.

        Args:
            torch: its version now, with the build.
            dependencies: those of all the claim's stages, as they are now.
        """
        changes = list(self.dependencies.changes(dependencies))
        if not same_torch(self.provenance.torch, torch):
            changes.insert(0, f"torch {self.provenance.torch} -> {torch}")
        return tuple(changes)


def short(digest: str) -> str:
    """Return the first 16 hexadecimal digits, which tell any two digests of a project apart."""
    return digest[:16]
