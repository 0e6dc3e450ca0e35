"""Continuous integration for research findings: YAML claims become a plan of stages, measurements
and verdicts.

`Project` is the way in. The package knows no engine, and imports torch only to compute with one.
"""

from cbspec.errors import CbspecError
from cbspec.project import Project

__version__ = "0.1.0"
__all__ = ["CbspecError", "Project", "__version__"]
