"""A claim over runs of their own whose arms have long names that differ in the middle or at an end."""

from __future__ import annotations

from cbspec.kinds import Unpaired
from cbspec.ledger import Entry
from cbspec.model.values import Values
from cbspec.report.about import about
from cbspec.report.html.subject import Subject
from tests.support.specimen import (
    make_claim,
    make_effect,
    make_entry,
    make_finding,
    make_judgement,
)

NAMES = ("transformer_with_rotary_positions_small", "transformer_with_rotary_positions_large")
VALUES = Values(
    seeds=(1, 2, 3, 4),
    arms={
        NAMES[0]: {"gamma": (0.5, None, 0.75, 1.0)},
        NAMES[1]: {"gamma": (0.125, 0.25, None, None)},
    },
    own={NAMES[0]: 4, NAMES[1]: 2},
)
KIND = Unpaired(measure="gamma", arms=NAMES, above=0.0)


def apart_subject(name: str) -> Subject:
    """Return the subject of a claim, of which 1.b has no verdict and no value."""
    claim = make_claim(id=name, title=f"Size pays {name}", assertions=(KIND,))
    entries: tuple[Entry, ...] = ()
    if name != "1.b":
        effect = make_effect(
            label=" - ".join(NAMES), estimate=0.375, low=-0.0123, high=0.5512, reported=0.3
        )
        judgement = make_judgement(claim=name, findings=(make_finding(effects=(effect,)),))
        entries = (make_entry(claim=claim, judgement=judgement),)
    return Subject(
        id=name,
        title=claim.title,
        phase="1",
        about=about(claim),
        entries=entries,
        values={entry.key: VALUES for entry in entries},
    )
