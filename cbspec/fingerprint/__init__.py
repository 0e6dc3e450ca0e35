"""The code fingerprint: a digest of all project code that a stage's implementation reaches.

It is found by reading the source; nothing is imported. Three things count: every module that the
implementation can import (`closure.py`), what each of them does when it is imported, in its order
(`order.py`), and every definition that is named (`canonical.py` tells whether one changed). What a
process was then seen to load is compared with this (`loaded.py`).
"""

from cbspec.fingerprint.change import Change, changes
from cbspec.fingerprint.code import Code
from cbspec.fingerprint.definitions import Fingerprint
from cbspec.fingerprint.loaded import Loaded
from cbspec.fingerprint.parsed import Parsed
from cbspec.fingerprint.signature import Watch

__all__ = ["Change", "Code", "Fingerprint", "Loaded", "Parsed", "Watch", "changes"]
