"""The arms that the tests of the assertion kinds judge, and SciPy's figures of them."""

import warnings
from collections.abc import Mapping

import numpy as np
from scipy import stats

from cbspec.judge import Table
from cbspec.judge.decision import conclude, weigh
from cbspec.kinds import Assertion
from cbspec.model.finding import Finding
from cbspec.stage import Measure
from cbspec.statistics import skew
from cbspec.statistics.evidence import Level
from cbspec.statistics.sample import Measurements

_DRAWN = np.random.default_rng(1963)
DFA, CB, VEC, ORACLE = (
    mean + spread * _DRAWN.normal(size=6)
    for mean, spread in ((0.01, 0.04), (0.12, 0.06), (0.38, 0.09), (1, 0.05))
)


def greater(values: np.ndarray, bound: float = 0.0) -> float:
    """SciPy's one-sided p of a mean above the bound."""
    return float(stats.ttest_1samp(values, bound, alternative="greater").pvalue)


def guarded(values: np.ndarray, bound: float = 0.0) -> float:
    """The same with ``test: robust``: not below the p under exponential noise."""
    t = stats.ttest_1samp(values, bound).statistic
    return max(greater(values, bound), float(skew.tail(np.array(t), len(values))))


def decide(
    assertion: Assertion,
    table: Table,
    *,
    alpha: float,
    measures: Mapping[str, Measure] | None = None,
    reported: Mapping[str, Mapping[str, float]] | None = None,
) -> Finding:
    """Decide one assertion by itself, at a single analysis.

    Args:
        alpha: the error rate of `holds` and of `refuted`, for an assertion without its own.
        measures: measure -> its declaration in the catalog.
        reported: measure -> arm -> the memo's value.
    """
    level = assertion.alpha_or(alpha)
    weighed = weigh(assertion, Measurements(table, measures or {}, reported or {}), level)
    return conclude(weighed, Level(shown=level, refuted=level), key="", kind=assertion.kind)


def decided(assertion: Assertion, table: Table) -> Finding:
    return decide(assertion, table, alpha=0.05)


def quiet(
    assertion: Assertion, table: Table, measures: dict[str, Measure] | None = None
) -> Finding:
    """The finding; a warning of whatever kind is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return decide(assertion, table, alpha=0.05, measures=measures)
