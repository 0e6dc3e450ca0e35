"""The ledger: recorded verdicts, their evidence, and how a new verdict compares with them.

Every change of the ledger is made on purpose: `acceptance.py` records verdicts, `withdrawal.py`
withdraws them, and `doubt.py` marks those whose canary has changed.
"""

from cbspec.ledger.acceptance import accept, take_judged_anew
from cbspec.ledger.comparison import CHANGED, Comparison, compare, diff
from cbspec.ledger.doubt import carry_over, reunite, set_apart, supersede
from cbspec.ledger.entry import (
    Acceptance,
    Device,
    Entry,
    Key,
    Provenance,
)
from cbspec.ledger.evidence import Evidence, EvidenceFolder
from cbspec.ledger.ledger import Ledger
from cbspec.ledger.measured_noise import MeasureNoise, NoiseRecord
from cbspec.ledger.noise import drawn, expected_changes, likeliest
from cbspec.ledger.outcome import Outcome, outcome
from cbspec.ledger.provenance import provenance, today
from cbspec.ledger.recorded import RecordedAssertion, RecordedEffect
from cbspec.ledger.recording import entry_of, seeds_taken
from cbspec.ledger.severity import excuse, overdue, settled
from cbspec.ledger.status import Standing, status
from cbspec.ledger.withdrawal import orphaned, withdraw
from cbspec.ledger.withdrawn import Withdrawn

__all__ = [
    "CHANGED",
    "Acceptance",
    "Comparison",
    "Device",
    "Entry",
    "Evidence",
    "EvidenceFolder",
    "Key",
    "Ledger",
    "MeasureNoise",
    "NoiseRecord",
    "Outcome",
    "Provenance",
    "RecordedAssertion",
    "RecordedEffect",
    "Standing",
    "Withdrawn",
    "accept",
    "carry_over",
    "compare",
    "diff",
    "drawn",
    "entry_of",
    "excuse",
    "expected_changes",
    "likeliest",
    "orphaned",
    "outcome",
    "overdue",
    "provenance",
    "reunite",
    "seeds_taken",
    "set_apart",
    "settled",
    "status",
    "supersede",
    "take_judged_anew",
    "today",
    "withdraw",
]
