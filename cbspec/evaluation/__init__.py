"""A claim from its plan to its comparison with the record: interim analyses, canary, checks of what is not recomputed, adoption."""

from cbspec.evaluation.evaluation import Evaluation

__all__ = ["Evaluation"]
