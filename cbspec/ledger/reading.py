"""Reading the content of a ledger file, and checking its shape."""

from __future__ import annotations

import msgspec

from cbspec.committed import decode, place
from cbspec.errors import LedgerError
from cbspec.kinds import hook
from cbspec.ledger.entry import Entry
from cbspec.ledger.migration import STEPS, VERSION
from cbspec.ledger.withdrawn import Withdrawn


class Content(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of the file: the version of its shape, the entries, and withdrawn verdicts."""

    version: int
    entries: tuple[Entry, ...]
    withdrawn: tuple[Withdrawn, ...] = ()


def parse(text: str, name: str) -> Content:
    """Parse the text of a ledger of this version or an earlier one.

    Args:
        text: the text.
        name: the name of the file, for errors.

    Raises:
        LedgerError: the text is damaged (see `cbspec.committed.decode`), or has a key twice.
    """
    content = decode(text, name, Content, version=VERSION, noun="ledger", steps=STEPS, hook=hook)
    seen = set()
    for index, entry in enumerate(content.entries):
        if entry.key in seen:
            where = place(text, name, f"$.entries[{index}]")
            raise LedgerError(f"{where}: a second entry for {entry.key}; keep one")
        seen.add(entry.key)
    return content
