"""The store: results under the hash of all that they depend on, shared by many processes.

A killed process, a full disk or a flipped bit may lose a result, but never yields a wrong one.
Layout under the root::

    entries/ab/abcdef.../record.json           measures, series, provenance, under its own checksum
    entries/ab/abcdef.../tensors.safetensors   what later stages take as input
    code/DIGEST.json                           the definitions behind a code fingerprint
    packages/DIGEST.json                       every installed package with its version
    loaded/STAGE/FILE.json                     a file that a stage was seen to load
    rates/STAGE.DEVICE.json                    seconds and cost of the newest results, for forecasts
    shares/DEVICE.json                         how much of a device's memory jobs held, to pack them
    locks/, tmp/                               of running processes; swept when these are gone
    quarantine/                                damaged entries, to look at; emptied by `Store.gc`

Start with `store.py`, the face; `entry.py` and `record.py` say what one result is.
"""

from cbspec.store.arrival import Expected
from cbspec.store.difference import differences
from cbspec.store.entry import ADOPTED, Damage, LostEntry, StoredResult
from cbspec.store.lock import Lock, Locks, file_name
from cbspec.store.parcel import EntryBytes, admit, entry_bytes
from cbspec.store.record import plain
from cbspec.store.remote import Remote
from cbspec.store.shares import Shares
from cbspec.store.store import Store
from cbspec.store.transfer import Moved, Pull, Push

__all__ = [
    "ADOPTED",
    "Damage",
    "EntryBytes",
    "Expected",
    "Lock",
    "Locks",
    "LostEntry",
    "Moved",
    "Pull",
    "Push",
    "Remote",
    "Shares",
    "Store",
    "StoredResult",
    "admit",
    "differences",
    "entry_bytes",
    "file_name",
    "plain",
]
