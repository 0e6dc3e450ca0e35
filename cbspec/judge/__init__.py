"""The judge: it turns the values of a claim into findings, and these into a verdict.

`README.md` in this folder states every rule, its reason, and the noise for which error rates hold.
Start with `verdict.py`; `decision.py` decides a single assertion.
"""

from cbspec.judge.again import with_again
from cbspec.judge.escalation import alpha_at, next_analysis
from cbspec.judge.power import lint
from cbspec.judge.verdict import judge
from cbspec.statistics.columns import table_of
from cbspec.statistics.sample import NoColumn, Sample, Table

__all__ = [
    "NoColumn",
    "Sample",
    "Table",
    "alpha_at",
    "judge",
    "lint",
    "next_analysis",
    "table_of",
    "with_again",
]
