"""Continuous integration for research findings: YAML claims become a plan of stages, measurements and statistical verdicts.

`Project` is the way in. Nothing here imports torch or an engine before something is computed.
"""

from cbspec.errors import CbspecError
from cbspec.project import Project

__all__ = ["CbspecError", "Project"]
