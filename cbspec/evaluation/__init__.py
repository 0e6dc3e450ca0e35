"""Evaluation: one claim from its plan to the comparison of its verdict with the ledger.

On the way are interim analyses, canaries, the checks of recorded verdicts that are not recomputed,
and the adoption of results of earlier code. `Evaluation` is the face; `interim.py` has the core.
"""

from cbspec.evaluation.evaluation import Evaluation

__all__ = ["Evaluation"]
