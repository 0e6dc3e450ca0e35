"""The recorded outcome of a finding, at one scale on one device family."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from cbspec.ledger import Entry
from cbspec.ledger.notation import place_of
from cbspec.model.finding import Verdict
from cbspec.model.replicates import SEEDS, counted
from cbspec.publication.effects import Compared, compared

_RANK: tuple[Verdict, ...] = ("refuted", "error", "invalid", "inconclusive", "holds")
"""Verdicts in the order in which they decide: the first that a claim has is the finding's."""


@dataclass(frozen=True)
class ScaleOutcome:
    """The recorded verdicts of a finding, at one scale on one device family.

    Attributes:
        device: the device family; None if nothing is recorded at the scale.
        entries: the recorded verdicts, in the order of the finding's claims.
        missing: the claims that are decidable at the scale and have no verdict.
        edited: the claims whose assertion or experiment has changed since.
        replicates: what the claims are replicated over, in words: seeds, runs or test items.
    """

    scale: str
    device: str | None
    entries: tuple[Entry, ...] = ()
    missing: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    replicates: str = SEEDS

    @property
    def place(self) -> str:
        return place_of(self.scale, self.device)

    @property
    def several(self) -> bool:
        """Tell whether several claims of the finding are decidable here."""
        return len(self.entries) + len(self.missing) > 1

    @property
    def decided(self) -> list[str]:
        """Return the marks of these verdicts after a changed canary: superseded, carried over."""
        return sorted({entry.doubt for entry in self.entries if entry.doubt})

    @property
    def adopted(self) -> bool:
        """Tell whether a verdict rests on results that were adopted from earlier code."""
        return any(map(attrgetter("adopted"), self.entries))

    @property
    def verdict(self) -> Verdict | None:
        """Return the finding's verdict at this scale.

        One refuted claim refutes the finding. Otherwise it is None until every claim is on record,
        and none is superseded.
        """
        standing = [entry.verdict for entry in self.entries if entry.doubt != "superseded"]
        incomplete = self.missing or len(standing) < len(self.entries)
        if incomplete and "refuted" not in standing:
            return None
        return min(standing, key=_RANK.index)

    @property
    def by_verdict(self) -> dict[str, list[str]]:
        """Return verdict -> the claims that have it; claims that were not run come last."""
        groups: dict[str, list[str]] = {}
        for entry in self.entries:
            groups.setdefault(entry.verdict, []).append(entry.claim)
        if self.missing:
            groups["not run yet"] = list(self.missing)
        return groups

    @property
    def seeds(self) -> str:
        """Return the number of seeds of the verdicts: ``"3 seeds"``, ``"3 to 6 seeds"``."""
        counts = sorted({len(entry.seeds) for entry in self.entries})
        few, many = counts[0], counts[-1]
        if few == many:
            return counted(few, self.replicates)
        return counted(f"{few} to {many}", self.replicates)

    @property
    def fragile(self) -> bool:
        """Tell whether the verdict depends on a claim that fresh seeds may well flip."""
        return any(entry.fragile and entry.verdict == self.verdict for entry in self.entries)

    @property
    def agrees(self) -> str:
        """Return whether the memo and this project agree, in words."""
        return {None: "", "holds": "yes", "refuted": "no"}.get(self.verdict, "undecided")

    @cached_property
    def effects(self) -> list[tuple[str, list[Compared]]]:
        """Return each claim with the effects to show."""
        return [(entry.claim, compared(entry)) for entry in self.entries]

    @property
    def reported(self) -> bool:
        """Tell whether the memo has a value for one of the effects."""
        for _, effects in self.effects:
            for shown in effects:
                if shown.effect.reported is not None:
                    return True
        return False
