"""A verdict beside the one on record."""

from __future__ import annotations

from typing import Literal

import msgspec

from cbspec.finding import Verdict
from cbspec.ledger.entry import Entry, Key
from cbspec.ledger.goalposts import Move, moves
from cbspec.ledger.ledger import Ledger
from cbspec.ledger.shift import Shift, shifts

Change = Literal["same", "drift", "weakened", "flip", "new", "goalposts", "gone"]

CHANGED: frozenset[Change] = frozenset({"flip", "weakened", "goalposts"})
"""What fails a run, and is accepted into the record only with a reason."""

# How much a verdict says. Between the two decided ones no order is meant.
_WEIGHT: dict[Verdict, int] = {"error": 0, "invalid": 1, "inconclusive": 2, "refuted": 3, "holds": 3}


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one entry.

    Attributes:
        change: the kind of change, see `compare`.
        old, new: the entry on record and the one to compare; None where there is none.
        moves: in what the assertion itself, or what it measures, is another one than recorded.
        shifts: the effects that moved; none beside an error, which has no figures.
        elsewhere: where nothing is on record on this device family, what is on another one.
    """

    change: Change
    old: Entry | None
    new: Entry | None
    moves: tuple[Move, ...] = ()
    shifts: tuple[Shift, ...] = ()
    elsewhere: Entry | None = None

    @property
    def key(self) -> Key:
        entry = self.new or self.old
        assert entry is not None  # compare and diff set one side at least
        return entry.key

    @property
    def headline(self) -> str:
        """``"flip: holds -> refuted"``."""
        before = self.old.verdict if self.old else "not on record"
        after = self.new.verdict if self.new else "not there"
        return f"{self.change}: {before}" if before == after else f"{self.change}: {before} -> {after}"

    @property
    def text(self) -> str:
        """The comparison for a person, over several lines: verdicts, where the record is from, what moved."""
        lines = [self.headline]
        if self.old:
            lines.append(f"  recorded {_origin(self.old)}: {self.old.reason}")
        if other := self.elsewhere:
            lines.append(f"  on {other.device}, recorded {_origin(other)}: {other.verdict}: {other.reason}")
        if self.new:
            lines.append(f"  now: {self.new.reason}")
        lines += [f"  {'moved' if move.loosened else 'tightened or reworded'}: {move.text}" for move in self.moves]
        lines += [f"  {line}" for line in self._decisions()]
        lines += [f"  {shift.text}" for shift in self.shifts if self.old and self.new]
        return "\n".join(lines)

    def _decisions(self) -> list[str]:
        """The assertions whose own verdict is another one than recorded."""
        if not (self.old and self.new) or self.new.verdict == "error":
            return []
        before = {recorded.key: recorded.verdict for recorded in self.old.recorded}
        changed = [now for now in self.new.recorded if before.get(now.key) != now.verdict]
        return [f"{now.key}: {before.get(now.key) or 'undecided'} -> {now.verdict or 'undecided'}" for now in changed]


def compare(old: Entry | None, new: Entry, elsewhere: Entry | None = None) -> Comparison:
    """Set a verdict beside the one on record, or else beside that of another device family.

    - `new`: nothing on record, on this device family.
    - `goalposts`: the assertion was loosened, or changed in a way that cannot be ordered; it comes before every comparison of
      verdicts, which would then be of two different assertions. Tightened or reworded is compared as usual.
    - `weakened`: the verdict says less than it did: decided -> inconclusive, invalid or error, and down from there.
    - `flip`: any other change of verdict. Most of all holds <-> refuted, but also inconclusive -> decided: news, and the
      record that the project publishes is no longer true, so it is taken in on purpose, with a reason, and never in silence.
    - `drift`: the verdict stands, a figure moved beyond rounding (or an assertion's own verdict did).
    - `same`: neither.
    """
    if old is None:
        return Comparison(change="new", old=None, new=new, elsewhere=elsewhere)
    moved, shifted = moves(old, new), () if new.verdict == "error" else shifts(old, new)
    return Comparison(change=_change(old, new, moved, shifted), old=old, new=new, moves=moved, shifts=shifted)


def diff(before: Ledger, after: Ledger) -> list[Comparison]:
    """Two ledgers entry by entry, in the order of their keys; an entry that `after` lacks is `gone`, which only this yields."""
    compared = [compare(before.get(entry.key), entry) for entry in after]
    gone = [Comparison(change="gone", old=entry, new=None) for entry in before if after.get(entry.key) is None]
    return sorted(compared + gone, key=lambda comparison: comparison.key)


def _change(old: Entry, new: Entry, moved: tuple[Move, ...], shifted: tuple[Shift, ...]) -> Change:
    if any(move.loosened for move in moved):
        return "goalposts"
    if old.verdict != new.verdict:
        return "weakened" if _WEIGHT[new.verdict] < _WEIGHT[old.verdict] else "flip"
    redecided = {recorded.key: recorded.verdict for recorded in old.recorded} != {
        recorded.key: recorded.verdict for recorded in new.recorded
    }
    return "drift" if shifted or redecided else "same"


def _origin(entry: Entry) -> str:
    made = entry.provenance
    commit = (
        f"at {made.commit[:10]}{' (with uncommitted changes)' if made.dirty else ''}" if made.commit else "outside a repository"
    )
    return f"{made.date} {commit}, torch {made.torch}"
