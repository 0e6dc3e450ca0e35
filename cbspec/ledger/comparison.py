"""Comparing a verdict with the recorded one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from cbspec.kinds.change import Way
from cbspec.ledger.decision import Decision, decisions
from cbspec.ledger.entry import Entry, Key
from cbspec.ledger.goalposts import Move, moves
from cbspec.ledger.ledger import Ledger
from cbspec.ledger.measured_noise import NoiseRecord
from cbspec.ledger.shift import SAME, SHIFT, Shift, shifts
from cbspec.model.finding import Verdict

Change = Literal["same", "drift", "shift", "wobble", "weakened", "flip", "new", "goalposts", "gone"]

CHANGED: frozenset[Change] = frozenset({"flip", "weakened", "goalposts", "shift"})
"""The changes that fail a run."""

REASONED = CHANGED | {"wobble"}
"""The changes that `accept` records only with a reason."""

# How much a verdict says. The two decided ones are not ordered against each other
_WEIGHT: dict[Verdict, int] = {
    "error": 0,
    "invalid": 1,
    "inconclusive": 2,
    "refuted": 3,
    "holds": 3,
}


_MOVED: dict[Way, str] = {"looser": "moved", "tighter": "tightened", "neutral": "reworded"}


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The comparison of one verdict with the recorded one.

    Attributes:
        change: the kind of change; see `compare`.
        old: the recorded verdict on this device family; None if there is none.
        new: the new verdict; None if there is none.
        elsewhere: the recorded verdict on another device family, if this one has none. It is
            expected here as well.
        moves: the changes of the assertion itself and of what it measures.
        shifts: the effects that moved. An error has none, and other device families are not
            compared.
        repeated: whether an earlier run changed to the same verdict, so that this is no wobble.
    """

    change: Change
    old: Entry | None
    new: Entry | None
    elsewhere: Entry | None = None
    moves: tuple[Move, ...] = ()
    shifts: tuple[Shift, ...] = ()
    repeated: bool = False

    @property
    def alarming(self) -> bool:
        """Tell whether the change fails a run."""
        return self.change in CHANGED or (self.change == "wobble" and self.repeated)

    @property
    def expected(self) -> Entry | None:
        """Return the recorded verdict that the new one is compared with."""
        return self.old or self.elsewhere

    @property
    def goalposts(self) -> tuple[Move, ...]:
        """Return the moves that need a reason."""
        if self.expected is None:
            return ()
        recorded = self.expected.verdict
        return tuple(move for move in self.moves if move.of_goalposts(recorded))

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Return the assertions whose own verdict differs from the expected one."""
        if self.expected is None or self.new is None:
            return ()
        return decisions(self.expected, self.new)

    @property
    def key(self) -> Key:
        entry = self.new or self.old
        assert entry is not None  # compare and diff set at least one side
        return entry.key

    @property
    def headline(self) -> str:
        """Return the comparison as one line: ``"flip: holds -> refuted"``.

        If only one assertion turned: ``"flip: refuted, but assert[0] holds -> refuted"``.
        """
        before, now = "not on record", "not there"
        if self.expected:
            before = self.expected.verdict
        if self.elsewhere:
            before += f" on {self.elsewhere.device}"
        if self.new:
            now = self.new.verdict
        if self.expected is None or self.new is None or self.expected.verdict != now:
            return f"{self.change}: {before} -> {now}{self._by_noise}"
        line = f"{self.change}: {now}"
        if self.elsewhere:
            line += f", as on {self.elsewhere.device}"
        if self.change == "shift":
            line += f", but {max(self.shifts, key=lambda shift: shift.size).text}"
        turned = [decision.text for decision in self.decisions if decision.turned]
        if turned:
            line += f", but {', '.join(turned)}"
        return line

    @property
    def _by_noise(self) -> str:
        if self.change != "wobble" or self.expected is None or self.expected.again is None:
            return ""
        text = f"noise alone would change it with probability {1 - self.expected.again:.2g}"
        if self.repeated:
            text += ", and the run before gave it too"
        return f" ({text})"

    @property
    def text(self) -> str:
        """Return the comparison as several lines: the verdicts, the recorded commit, what moved."""
        lines = [self.headline]
        if self.old:
            lines.append(f"  recorded {_origin(self.old)}: {self.old.reason}")
        if other := self.elsewhere:
            lines.append(
                f"  on {other.device}, recorded {_origin(other)}: {other.verdict}: {other.reason}"
            )
        if self.new:
            lines.append(f"  now: {self.new.reason}")
        if self.expected and self.new and len(self.expected.seeds) != len(self.new.seeds):
            counts = f"{len(self.expected.seeds)} on record, {len(self.new.seeds)} now"
            lines.append(f"  {self.new.replicates}: {counts}")
        for move in self.moves:
            lines.append(f"  {_MOVED[move.way]}: {move.text}")
        for decision in self.decisions:
            lines.append(f"  {decision.text}")
        if self.old and self.new:
            for shift in self.shifts:
                lines.append(f"  {shift.text}")
        return "\n".join(lines)


def compare(expected: Entry | None, new: Entry, noise: NoiseRecord | None = None) -> Comparison:
    """Compare a verdict with the recorded one; see `Ledger.expected`. The result is one of these:

    - `goalposts`: the assertion was loosened, or changed in a way that cannot be ordered, or
      tightened although it is not recorded as holding. This comes before any comparison of
      verdicts, which would be on two different assertions.
    - `weakened`: the verdict says less than before: decided -> inconclusive -> invalid -> error.
    - `flip`: any other change of the verdict. It may be holds <-> refuted, of the claim or of one
      of its assertions, but also inconclusive -> decided. Then the published record is no longer
      true, so the change has to be accepted with a reason.
    - `wobble`: a change of the verdict that noise explains: the recorded verdict was fragile, no
      effect moved by more than two standard errors, and the values are new. Evidence that is judged
      again has no noise.
    - `new`: none of these, and nothing is recorded on this device family.
    - `shift`: the verdict is the same, but an effect moved by more than two standard errors.
    - `drift`: the verdict is the same, but an effect moved by more than a tenth of its standard
      error, or an assertion became decided or undecided.
    - `same`: none of these.

    Args:
        expected: the recorded verdict; None if there is none.
        new: the verdict to compare.
        noise: how far rounding moves the measures, if the values are new ones.
    """
    if expected is None:
        return Comparison(change="new", old=None, new=new)
    moved = moves(expected, new)
    shifted: tuple[Shift, ...] = ()
    if new.verdict != "error":
        shifted = shifts(expected, new, noise)
    change = _change(expected, new, moved, shifted)
    if expected.device == new.device:
        return Comparison(change=change, old=expected, new=new, moves=moved, shifts=shifted)
    if change in ("same", "drift", "shift"):  # values of other devices are not compared
        change = "new"
    return Comparison(change=change, old=None, new=new, elsewhere=expected, moves=moved)


def diff(before: Ledger, after: Ledger) -> list[Comparison]:
    """Compare two ledgers entry by entry, in the order of their keys.

    An entry that `after` lacks is `gone`; only this function returns that change.
    """
    compared: list[Comparison] = []
    for entry in after:
        compared.append(compare(before.expected(entry.key), entry))
    for entry in before:
        if after.get(entry.key) is None:
            compared.append(Comparison(change="gone", old=entry, new=None))
    return sorted(compared, key=lambda comparison: comparison.key)


def _change(old: Entry, new: Entry, moved: Iterable[Move], shifted: Sequence[Shift]) -> Change:
    if any(move.of_goalposts(old.verdict) for move in moved):
        return "goalposts"
    decided = decisions(old, new)
    size = max((shift.size for shift in shifted), default=0.0)
    if old.verdict != new.verdict or any(decision.turned for decision in decided):
        if old.fragile and size <= SHIFT and _drawn_anew(old, new, shifted):
            return "wobble"
        if _WEIGHT[new.verdict] < _WEIGHT[old.verdict]:
            return "weakened"
        return "flip"
    if size > SHIFT:
        return "shift"
    if size > SAME or decided:
        return "drift"
    return "same"


def _drawn_anew(old: Entry, new: Entry, shifted: Iterable[Shift]) -> bool:
    """Tell whether noise may explain a change: every measured value is a new one.

    Noise explains neither an error nor a run that left the finite numbers. Evidence that is judged
    again has the same values, and so no noise; so have effects of which only the interval moved, by
    another noise of the measure in the catalog, say.
    """
    if new.verdict == "error" or old.evidence == new.evidence:
        return False
    if not any(shift.anew for shift in shifted):
        return False
    return all(shift.after is not None and shift.after.n > 0 for shift in shifted)


def _origin(entry: Entry) -> str:
    made = entry.provenance
    edited = " (with uncommitted changes)" if made.edited else ""
    return f"{made.date} {made.place}{edited}, torch {made.torch}"
