"""Measurements become findings, findings a judgement: statistics over training seeds, by SciPy.

What is promised: `holds` and `refuted` each err in at most alpha of the cases, and intervals cover.
For comparisons between arms (differences, strict trends, interactions) under normal noise, and
under noise that is skewed alike in all arms; for trends by ranks where it is also alike and
independent in all arms (`cbspec.statistics.page`); for sums that pairing does not make symmetric
(one arm against a constant, collapse, ratio) under normal noise and noise skewed up to the
exponential, at the price of power (`cbspec.statistics.skew`). ``python -m tests.bench.statistics``
prints the rates.
"""

from cbspec.judge.decision import decide
from cbspec.judge.escalation import alpha_at, next_analysis
from cbspec.judge.power import lint
from cbspec.judge.verdict import judge
from cbspec.statistics.sample import Sample, Table, Unmeasured, table_of

__all__ = [
    "Sample",
    "Table",
    "Unmeasured",
    "alpha_at",
    "decide",
    "judge",
    "lint",
    "next_analysis",
    "table_of",
]
