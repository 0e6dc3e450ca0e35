"""The assertion kinds: one module for each, with its fields, statistic, power and words.

What a module of another project's kinds needs is exported here; ``[tool.cbspec] kinds`` names
such modules.
"""

from cbspec.kinds.all import All
from cbspec.kinds.any import Any
from cbspec.kinds.assertion import AnyKind, Assertion, Measured, Problem, Written
from cbspec.kinds.change import larger, more, smaller, unasserted, unordered
from cbspec.kinds.collapse import Collapse
from cbspec.kinds.compound import Compound
from cbspec.kinds.equivalence import Equivalence
from cbspec.kinds.extremum import Extremum
from cbspec.kinds.figure import Figure
from cbspec.kinds.interaction import Interaction
from cbspec.kinds.names import Arm, Arms, Level, MeasureKey, MeasureName, arms_of, measures_of
from cbspec.kinds.order import Order
from cbspec.kinds.range import Range
from cbspec.kinds.ratio import Ratio
from cbspec.kinds.registry import BUILT_IN, KINDS, hook, load
from cbspec.kinds.sign import Sign
from cbspec.kinds.threshold import Threshold
from cbspec.kinds.trend import Trend
from cbspec.statistics.contrast import Contrast

__all__ = [
    "BUILT_IN",
    "KINDS",
    "All",
    "Any",
    "AnyKind",
    "Arm",
    "Arms",
    "Assertion",
    "Collapse",
    "Compound",
    "Contrast",
    "Equivalence",
    "Extremum",
    "Figure",
    "Interaction",
    "Level",
    "MeasureKey",
    "MeasureName",
    "Measured",
    "Order",
    "Problem",
    "Range",
    "Ratio",
    "Sign",
    "Threshold",
    "Trend",
    "Written",
    "arms_of",
    "hook",
    "larger",
    "load",
    "measures_of",
    "more",
    "smaller",
    "unasserted",
    "unordered",
]
