"""Explaining results: whether those of a claim are current, stale or missing, and why."""

from cbspec.explain.cause import Cause
from cbspec.explain.edits import Recorded, edits_since
from cbspec.explain.explanation import Explanation, StageState, explain
from cbspec.explain.history import History
from cbspec.explain.past import Past
from cbspec.explain.standing import Standings, State
from cbspec.explain.trail import Trail

__all__ = [
    "Cause",
    "Explanation",
    "History",
    "Past",
    "Recorded",
    "StageState",
    "Standings",
    "State",
    "Trail",
    "edits_since",
    "explain",
]
