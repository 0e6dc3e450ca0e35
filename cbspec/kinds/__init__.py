"""Assertion kinds: the statements that a claim can make. One module for each kind.

The module has the kind's fields, statistic, power and wording. A project's own kinds are modules
that ``[tool.cbspec] kinds`` names; what they need is exported here.
"""

from cbspec.kinds.all import All
from cbspec.kinds.any import Any
from cbspec.kinds.assertion import Assertion, Measured, Problem, Written
from cbspec.kinds.at_least import AtLeast
from cbspec.kinds.change import larger, more, smaller, unasserted, unordered
from cbspec.kinds.collapse import Collapse
from cbspec.kinds.compound import AnyKind, Compound
from cbspec.kinds.correlation import Correlation
from cbspec.kinds.equivalence import Equivalence
from cbspec.kinds.extremum import Extremum
from cbspec.kinds.figure import Figure
from cbspec.kinds.interaction import Interaction
from cbspec.kinds.iqm import Iqm
from cbspec.kinds.names import (
    Arm,
    Arms,
    Level,
    MeasureKey,
    MeasureName,
    arms_of,
    measures_of,
    measures_of_all,
)
from cbspec.kinds.order import Order
from cbspec.kinds.published import Published
from cbspec.kinds.quantile import Quantile
from cbspec.kinds.range import Range
from cbspec.kinds.rank_trend import RankTrend
from cbspec.kinds.ratio import Ratio
from cbspec.kinds.registry import BUILT_IN, KINDS, hook, load
from cbspec.kinds.share import Share
from cbspec.kinds.sign import Sign
from cbspec.kinds.sooner import Sooner
from cbspec.kinds.stated import Stated
from cbspec.kinds.threshold import Threshold
from cbspec.kinds.trend import Trend
from cbspec.kinds.unpaired import Unpaired
from cbspec.kinds.z import Z
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
    "AtLeast",
    "Collapse",
    "Compound",
    "Contrast",
    "Correlation",
    "Equivalence",
    "Extremum",
    "Figure",
    "Interaction",
    "Iqm",
    "Level",
    "MeasureKey",
    "MeasureName",
    "Measured",
    "Order",
    "Problem",
    "Published",
    "Quantile",
    "Range",
    "RankTrend",
    "Ratio",
    "Share",
    "Sign",
    "Sooner",
    "Stated",
    "Threshold",
    "Trend",
    "Unpaired",
    "Written",
    "Z",
    "arms_of",
    "hook",
    "larger",
    "load",
    "measures_of",
    "measures_of_all",
    "more",
    "smaller",
    "unasserted",
    "unordered",
]
