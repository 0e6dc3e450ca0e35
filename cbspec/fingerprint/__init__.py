"""The code fingerprint: what a stage's implementation reaches inside the project, read from the
source alone, and checked by what a run was seen to load.

What counts: every module that the implementation can import (`closure`), of each all that acts
when it is imported, in its order (`order`), and each definition that is named (`canonical` tells
whether it changed).
"""

from cbspec.fingerprint.change import Change, changes
from cbspec.fingerprint.code import Code
from cbspec.fingerprint.definitions import Fingerprint
from cbspec.fingerprint.loaded import Loaded
from cbspec.fingerprint.parsed import Parsed
from cbspec.fingerprint.signature import Watch

__all__ = ["Change", "Code", "Fingerprint", "Loaded", "Parsed", "Watch", "changes"]
