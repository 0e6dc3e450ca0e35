"""The content of a ledger file: the shape that it has, checked."""

from __future__ import annotations

import msgspec

from cbspec.committed import decode, place
from cbspec.errors import LedgerError
from cbspec.kinds import hook
from cbspec.ledger.entry import Entry
from cbspec.ledger.migration import STEPS, VERSION
from cbspec.ledger.withdrawn import Withdrawn


class Content(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file: a version, which tells the shape of the rest, the entries, and what was
    withdrawn.
    """

    version: int
    entries: tuple[Entry, ...]
    withdrawn: tuple[Withdrawn, ...] = ()


def parse(text: str, name: str) -> Content:
    """Return the content of a ledger's text, of an earlier version too; `name` is what errors call
    the file.

    Raises:
        LedgerError: as `cbspec.committed.decode`, and for a second entry of one key.
    """
    content = decode(text, name, Content, version=VERSION, noun="ledger", steps=STEPS, hook=hook)
    seen = set()
    for index, entry in enumerate(content.entries):
        if entry.key in seen:
            where = place(text, name, f"$.entries[{index}]")
            raise LedgerError(f"{where}: a second entry for {entry.key}; keep one")
        seen.add(entry.key)
    return content
