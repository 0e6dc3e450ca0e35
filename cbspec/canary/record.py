"""``reports/canary.json``: the recorded canary of every claim, with the tolerances."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from cbspec.committed import Committed, checked, decode, dumps, place, text_of, write
from cbspec.errors import LedgerError
from cbspec.ledger import Provenance
from cbspec.ledger.entry import Date, Digest
from cbspec.model.values import Values

VERSION = 1
USUAL = 0.75  # the share of claims whose spread a measure's usual one is not below


class Figures(Committed, frozen=True, kw_only=True):
    """The canary of one claim: the values of its whole experiment at toy sizes.

    Attributes:
        claim: the id of the claim.
        calls: arm -> digest of its stage call. Values of other calls cannot be compared.
        code: stage -> fingerprint of its code.
        provenance: when, and at which commit, the values were measured.
        values: one value for each arm, measure and seed.
    """

    claim: Annotated[str, Meta(min_length=1)]
    calls: dict[str, Digest]
    code: dict[str, Digest]
    provenance: Provenance
    values: Values


class Platform(Committed, frozen=True, kw_only=True):
    """A platform that the canaries were computed on, to see how far arithmetic alone moves them.

    Attributes:
        name: its name, such as ``"one thread, AVX2"``.
        torch: torch's version and build.
        differing: the share of values that differ from those of the first platform in any bit.
    """

    name: str
    torch: str
    differing: Annotated[float, Meta(ge=0, le=1)]


class Tolerance(Committed, frozen=True, kw_only=True):
    """The tolerance of a measure of one claim: ``|x - r| <= atol + rtol * |r|`` for recorded r.

    Attributes:
        atol: the absolute tolerance, in the measure's unit.
        rtol: the relative tolerance.
        spread: the largest difference between platforms over the claim's arms and seeds, in the
            measure's unit.
        stages: the stages that measure it; none where that was not recorded.
    """

    claim: str
    measure: str
    atol: Annotated[float, Meta(ge=0)]
    rtol: Annotated[float, Meta(ge=0)]
    spread: Annotated[float, Meta(ge=0)]
    stages: tuple[str, ...] = ()


class Unheld(Committed, frozen=True, kw_only=True):
    """A measure of one arm without a tolerance, because arithmetic alone moves it too far."""

    claim: str
    arm: str
    measure: str
    reason: str


class Calibration(Committed, frozen=True, kw_only=True):
    """The tolerances, and the platforms that they were derived from.

    Attributes:
        factor: the tolerated multiple of the spread over platforms.
        method: how the tolerances follow from the spreads, in a sentence.
    """

    date: Date
    commit: Digest | None
    factor: float
    method: str
    platforms: tuple[Platform, ...]
    tolerances: tuple[Tolerance, ...]
    unheld: tuple[Unheld, ...] = ()


class _CanaryFile(Committed, frozen=True, kw_only=True):
    version: int
    calibration: Calibration | None = None
    claims: tuple[Figures, ...] = ()


class CanaryRecord:
    """The recorded canaries of all claims. It does not change: `recording` returns another one."""

    def __init__(
        self, figures: Iterable[Figures] = (), calibration: Calibration | None = None
    ) -> None:
        ordered = sorted(figures, key=attrgetter("claim"))
        self.figures: Mapping[str, Figures] = {entry.claim: entry for entry in ordered}
        self.calibration = calibration
        self._tolerances: dict[tuple[str, str], Tolerance] = {}
        self._by_measure: dict[str, list[Tolerance]] = {}
        self._unheld: set[tuple[str, str, str]] = set()
        if calibration is None:
            return
        for tolerance in calibration.tolerances:
            self._tolerances[tolerance.claim, tolerance.measure] = tolerance
            self._by_measure.setdefault(tolerance.measure, []).append(tolerance)
        for item in calibration.unheld:
            self._unheld.add((item.claim, item.arm, item.measure))

    @classmethod
    def load(cls, path: Path) -> CanaryRecord:
        """Load the record at `path`; return an empty one if there is no file yet.

        Raises:
            LedgerError: the file cannot be read or is damaged; the message names the place.
        """
        text = text_of(path)
        if text is None:
            return cls()
        content = decode(text, str(path), _CanaryFile, version=VERSION, noun="canary record")
        seen = set()
        for index, figures in enumerate(content.claims):
            if figures.claim in seen:
                where = place(text, str(path), f"$.claims[{index}]")
                raise LedgerError(f"{where}: a second canary of {figures.claim}; keep one")
            seen.add(figures.claim)
        return cls(content.claims, content.calibration)

    def save(self, path: Path) -> None:
        """Write the record atomically: sorted, with the values of a measure on one line.

        Raises:
            LedgerError: the file cannot be written. The old one stays as it was.
        """
        write(path, checked(self.dumps()))

    def dumps(self) -> str:
        """Return the text of the file."""
        content = _CanaryFile(version=VERSION, calibration=self.calibration, claims=tuple(self))
        return dumps(msgspec.to_builtins(content, order="deterministic"))

    def recording(self, figures: Iterable[Figures]) -> CanaryRecord:
        """Return this record with other canaries for the claims of `figures`."""
        kept = dict(self.figures)
        for item in figures:
            kept[item.claim] = item
        return CanaryRecord(kept.values(), self.calibration)

    def without(self, claims: Iterable[str]) -> CanaryRecord:
        """Return this record without the canaries of these claims."""
        gone = set(claims)
        kept = [item for item in self if item.claim not in gone]
        return CanaryRecord(kept, self.calibration)

    def calibrated(self, calibration: Calibration) -> CanaryRecord:
        """Return this record with other tolerances."""
        return CanaryRecord(self, calibration)

    def tolerance(self, claim: str, arm: str, measure: str) -> Tolerance | None:
        """Return the tolerance of a measure of an arm; None if it is not held.

        A claim that has the measure only since the calibration is held to what is usual for the
        measure of its stages, and to the arithmetic alone where no claim had it. Without a
        calibration the tolerance is 0.
        """
        if (claim, arm, measure) in self._unheld:
            return None
        return self._tolerances.get((claim, measure)) or self._usual(claim, measure)

    def _usual(self, claim: str, measure: str) -> Tolerance:
        known = self._by_measure.get(measure, [])
        if claim in self.figures:
            stages = self.figures[claim].code.keys()
            known = [tolerance for tolerance in known if stages >= set(tolerance.stages)]
        atol = not_exceeded(map(attrgetter("atol"), known), USUAL) if known else 0.0
        rtol = max(map(attrgetter("rtol"), self._tolerances.values()), default=0.0)
        return Tolerance(claim=claim, measure=measure, atol=atol, rtol=rtol, spread=0.0)

    def __iter__(self) -> Iterator[Figures]:
        return iter(self.figures.values())

    def __len__(self) -> int:
        return len(self.figures)


def not_exceeded(spreads: Iterable[float], share: float) -> float:
    """Return the smallest of some spreads that a share of them do not exceed."""
    ascending = sorted(spreads)
    return ascending[math.ceil(share * len(ascending)) - 1]
