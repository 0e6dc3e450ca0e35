"""The signs, classes and anchors by which a page names things."""

from __future__ import annotations

from typing import NamedTuple

from cbspec.ledger.entry import FRAGILE


class VerdictSign(NamedTuple):
    """The word, sign and colour that show a verdict."""

    word: str
    sign: str


MARKS: dict[str, VerdictSign] = {
    "holds": VerdictSign("holds", "✓"),
    "refuted": VerdictSign("refuted", "✕"),
    "inconclusive": VerdictSign("inconclusive", "~"),
    "invalid": VerdictSign("invalid", "⊘"),
    "error": VerdictSign("error", "!"),
    "none": VerdictSign("never run", "·"),
}

CHANGES: dict[str, str] = {
    "broken": "no verdict could be reached",
    "flip": "the verdict turned",
    "goalposts": "the assertion was moved",
    "weakened": "the verdict says less than before",
    "shift": "same verdict, and an effect moved further than noise explains",
    "in doubt": "the code changed and the canary differs",
    "judged otherwise": "the recorded values now give another verdict",
    "orphaned": "no claim asks for this verdict any more",
    "canary": "the canary differs from the record",
    "overdue": "the quarantine is over",
    "new": "not on record before",
    "wobble": "another verdict, and no effect moved further than noise explains",
    "drift": "same verdict, other values",
    "superseded": "waits to be run again",
    "unchecked": "nothing checked the verdict on record",
    "never run": "no verdict on record",
    "same": "as recorded",
}
"""What may have become of a claim, in the order in which a reviewer has to see it."""

MEANINGS: dict[str, str] = {
    "holds": "the values show what is claimed, at the claim's alpha",
    "refuted": "they show the opposite, or practical equality where a difference is claimed",
    "inconclusive": "they show neither",
    "invalid": "a control failed or a run diverged, so that the values mean nothing",
    "error": "a stage could not be computed",
    "fragile": f"fresh seeds give the same verdict with a probability below {FRAGILE}",
    "recomputed": "this run computed it",
    "code unchanged": "the code that it uses is the code that the verdict was reached with",
    "canary equal": "the code changed, and computes the same at toy sizes",
    "canary new": "its values at toy sizes are not on record yet",
    "canary differs": "its values at toy sizes are not as recorded",
    "canary error": "its experiment at toy sizes could not be computed",
    "carried over": "the code computes something else, and the verdict stands by a person's word",
    **CHANGES,
}
"""What the words of a page mean, for a reader who has seen no other page."""

URGENT = (
    "broken",
    "flip",
    "goalposts",
    "weakened",
    "shift",
    "in doubt",
    "judged otherwise",
    "orphaned",
    "canary",
    "overdue",
)
"""The changes that fail a run, unless the claim excuses them."""
