"""Back ends: the places where jobs are computed. One module or package for each."""

from cbspec.execution.backends.backend import Backend, Workers, Workplace
from cbspec.execution.backends.inline import Inline
from cbspec.execution.backends.local import Local
from cbspec.execution.backends.registry import BUILT_IN, chosen, load, named
from cbspec.execution.computing import compute
from cbspec.execution.task import StageTask, TaskOutcome

__all__ = [
    "BUILT_IN",
    "Backend",
    "Inline",
    "Local",
    "StageTask",
    "TaskOutcome",
    "Workers",
    "Workplace",
    "chosen",
    "compute",
    "load",
    "named",
]
