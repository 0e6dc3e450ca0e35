"""Finding the assertions that two entries decided differently."""

from __future__ import annotations

import msgspec

from cbspec.ledger.entry import Entry
from cbspec.model.finding import Verdict


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """An assertion whose own verdict has changed; None on a side where it was not reached."""

    key: str
    before: Verdict | None
    after: Verdict | None

    @property
    def turned(self) -> bool:
        """Tell whether the assertion turned from shown to its opposite, or back."""
        return {self.before, self.after} == {"holds", "refuted"}

    @property
    def text(self) -> str:
        """Return the change as text: ``"assert[0] holds -> refuted"``."""
        return f"{self.key} {self.before or 'undecided'} -> {self.after or 'undecided'}"


def decisions(old: Entry, new: Entry) -> tuple[Decision, ...]:
    """Return the assertions that both entries make and decided differently.

    If one of the entries is an error, there are none, because an error decides nothing.
    """
    if new.verdict == "error":
        return ()
    differing = []
    for now in new.recorded:
        was = old.asserting(now.terms)
        if was and was.verdict != now.verdict:
            differing.append(Decision(key=now.key, before=was.verdict, after=now.verdict))
    return tuple(differing)
