"""Continuous integration for research findings: YAML claims become a plan of stages, measurements
and verdicts.

`Project` is the way in. The package knows no engine, and imports torch only to compute with one.
"""

import atexit
import gc

from cbspec.errors import CbspecError
from cbspec.project import Project

__version__ = "0.1.0"
__all__ = ["CbspecError", "Project", "__version__"]

# msgspec's Meta objects can crash the collection that ends the interpreter (msgspec 717), which
# would turn a run that is well into exit status 139. What is frozen is left to the system.
atexit.register(gc.freeze)
