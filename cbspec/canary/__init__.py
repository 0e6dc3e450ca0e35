"""The canary on record: every claim's figures at toy sizes, the tolerances they are held to, and
the comparison with a run's.
"""

from cbspec.canary.comparison import CanaryCheck, Difference, compared
from cbspec.canary.record import Calibration, CanaryRecord, Figures, Platform, Tolerance, Unheld

__all__ = [
    "Calibration",
    "CanaryCheck",
    "CanaryRecord",
    "Difference",
    "Figures",
    "Platform",
    "Tolerance",
    "Unheld",
    "compared",
]
