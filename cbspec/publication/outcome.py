"""What is on record of a finding at one scale on one device family."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from cbspec.ledger import Entry
from cbspec.model.finding import Verdict
from cbspec.publication.effects import Compared, compared

_RANK: tuple[Verdict, ...] = ("refuted", "error", "invalid", "inconclusive", "holds")
"""A finding that is several claims asserts all of them: the first of these that one claim has is
the finding's.
"""


def place_of(scale: str, device: str | None) -> str:
    """Return where a verdict was reached, with the device family if that is not the CPU: ``"memo on
    cuda"``.
    """
    if device in (None, "cpu"):
        return scale
    return f"{scale} on {device}"


@dataclass(frozen=True)
class ScaleOutcome:
    """What is on record of a finding at one scale on one device family.

    Attributes:
        device: None where nothing is on record at the scale.
        entries: in the order of the finding's claims.
        missing: claims that can be decided at the scale and are not on record there.
        edited: claims whose assertion or experiment is another one by now than was recorded.
    """

    scale: str
    device: str | None
    entries: tuple[Entry, ...] = ()
    missing: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        return place_of(self.scale, self.device)

    @property
    def several(self) -> bool:
        """Tell whether more than one claim of the finding can be decided here."""
        return len(self.entries) + len(self.missing) > 1

    @property
    def decided(self) -> list[str]:
        """Return what persons decided of these verdicts when the canary had changed: superseded,
        carried over.
        """
        return sorted({entry.doubt for entry in self.entries if entry.doubt})

    @property
    def adopted(self) -> bool:
        """Tell whether a verdict rests on results that were adopted for other code than computed
        them.
        """
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
        """Return verdict -> the claims that have it, last those that were not run yet."""
        groups: dict[str, list[str]] = {}
        for entry in self.entries:
            groups.setdefault(entry.verdict, []).append(entry.claim)
        if self.missing:
            groups["not run yet"] = list(self.missing)
        return groups

    @property
    def seeds(self) -> str:
        """Return on how many seeds the verdicts stand: ``"3 seeds"``, ``"3 to 6 seeds"``."""
        counts = sorted({len(entry.seeds) for entry in self.entries})
        if counts == [1]:
            return "1 seed"
        few, many = counts[0], counts[-1]
        if few == many:
            return f"{few} seeds"
        return f"{few} to {many} seeds"

    @property
    def fragile(self) -> bool:
        """Tell whether the verdict hangs on a claim that another draw of seeds may flip."""
        return any(entry.fragile and entry.verdict == self.verdict for entry in self.entries)

    @property
    def agrees(self) -> str:
        """Say whether the memo and this project agree."""
        return {None: "", "holds": "yes", "refuted": "no"}.get(self.verdict, "undecided")

    @cached_property
    def effects(self) -> list[tuple[str, list[Compared]]]:
        """Return each claim with its effects that are shown."""
        return [(entry.claim, compared(entry)) for entry in self.entries]

    @property
    def reported(self) -> bool:
        """Tell whether the memo has a value of one of the effects."""
        for _, effects in self.effects:
            for shown in effects:
                if shown.effect.reported is not None:
                    return True
        return False
