"""Measurements become findings, findings a judgement: statistics over training seeds, by SciPy.

`README.md` beside this file states what is done and why, and for which noise the error rates hold.
"""

from cbspec.judge.again import with_again
from cbspec.judge.decision import decide
from cbspec.judge.escalation import alpha_at, next_analysis
from cbspec.judge.power import lint
from cbspec.judge.verdict import judge
from cbspec.statistics.sample import NoColumn, Sample, Table, Unmeasured, table_of

__all__ = [
    "NoColumn",
    "Sample",
    "Table",
    "Unmeasured",
    "alpha_at",
    "decide",
    "judge",
    "lint",
    "next_analysis",
    "table_of",
    "with_again",
]
