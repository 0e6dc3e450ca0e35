"""Editing the ledger, by one process at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cbspec.errors import LedgerError
from cbspec.ledger.ledger import Ledger
from cbspec.store import Locks

# Beside the ledger and not in the store, so that processes with different stores share it
LOCK = ".record"


@contextmanager
def editing(ledger: Path) -> Iterator[Ledger]:
    """Yield the ledger from disk, to be changed, while other processes wait to change it.

    Raises:
        LedgerError: the ledger is damaged, or its folder cannot be written.
        StoreError: another process does not release the lock.
    """
    with ExitStack() as held:
        try:
            held.enter_context(Locks(ledger.parent).take(LOCK))
        except OSError as error:
            reason = error.strerror or error
            raise LedgerError(f"{ledger.parent} cannot be written: {reason}") from error
        yield Ledger.load(ledger)
