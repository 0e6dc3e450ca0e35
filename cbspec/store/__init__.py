"""Content-addressed results that many processes share and that no kill, full disk or flipped bit
can corrupt.
"""

from cbspec.store.collection import Holding
from cbspec.store.difference import differences
from cbspec.store.entry import ADOPTED, Damage, LostEntry, StoredResult
from cbspec.store.lock import Lock, Locks, file_name
from cbspec.store.store import Store

__all__ = [
    "ADOPTED",
    "Damage",
    "Holding",
    "Lock",
    "Locks",
    "LostEntry",
    "Store",
    "StoredResult",
    "differences",
    "file_name",
]
