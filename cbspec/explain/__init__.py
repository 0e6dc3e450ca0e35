"""Explaining results: whether those of a claim are current, stale or missing, and why."""

from cbspec.explain.cause import Cause
from cbspec.explain.edits import Recorded, edits_since
from cbspec.explain.explanation import Explanation, StageState, explain
from cbspec.explain.history import History
from cbspec.explain.standing import Standings, State

__all__ = [
    "Cause",
    "Explanation",
    "History",
    "Recorded",
    "StageState",
    "Standings",
    "State",
    "edits_since",
    "explain",
]
