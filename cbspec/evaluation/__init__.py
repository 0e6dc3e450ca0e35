"""A claim from its plan to its comparison with the record: interim analyses, canary, checks of the
record, adoption.
"""

from cbspec.evaluation.evaluation import Evaluation

__all__ = ["Evaluation"]
