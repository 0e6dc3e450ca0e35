"""Canaries on record: every claim's values at toy sizes, their tolerances, and the comparison.

The tolerances are derived from values that were measured on several platforms (`calibration.py`).
"""

from cbspec.canary.comparison import (
    UNHELD,
    CanaryCheck,
    Difference,
    another_experiment,
    compared,
)
from cbspec.canary.record import Calibration, CanaryRecord, Figures, Platform, Tolerance, Unheld

__all__ = [
    "UNHELD",
    "Calibration",
    "CanaryCheck",
    "CanaryRecord",
    "Difference",
    "Figures",
    "Platform",
    "Tolerance",
    "Unheld",
    "another_experiment",
    "compared",
]
