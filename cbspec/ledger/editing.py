"""Changing the record: one process at a time, whatever store each of them works with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cbspec.errors import LedgerError
from cbspec.ledger.ledger import Ledger
from cbspec.store import Locks

LOCK = ".record"  # beside the ledger, so that everyone who writes there meets it


@contextmanager
def editing(ledger: Path) -> Iterator[Ledger]:
    """Yield the ledger as it is on disk, to be changed; whoever else wants to change it waits.

    Raises:
        LedgerError: the ledger is damaged, or its folder cannot be written to.
        StoreError: another process holds on to it.
    """
    with ExitStack() as held:
        try:
            held.enter_context(Locks(ledger.parent).take(LOCK))
        except OSError as error:
            reason = error.strerror or error
            raise LedgerError(f"{ledger.parent} cannot be written: {reason}") from error
        yield Ledger.load(ledger)
