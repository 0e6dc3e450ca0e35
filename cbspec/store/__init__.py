"""Content-addressed results that many processes share and that no kill, full disk or flipped bit can corrupt."""

from cbspec.store.entry import ADOPTED, Damage, Entry, LostEntry
from cbspec.store.lock import Lock, Locks
from cbspec.store.store import Holding, Store

__all__ = ["ADOPTED", "Damage", "Entry", "Holding", "Lock", "Locks", "LostEntry", "Store"]
