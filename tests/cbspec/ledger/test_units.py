from __future__ import annotations

import pytest

from cbspec.ledger import Evidence
from cbspec.ledger.units import differing, other_units, recorded_units
from cbspec.model.values import Values

VALUES = Values(seeds=(1,), arms={"vec": {"gamma": (0.5,), "rho": (0.25,)}})
PRESENT = {"gamma": "percent", "rho": "correlation"}


def evidence(**units):
    """Evidence of two measures, with their units unless it is old."""
    return Evidence(claim="6A.a", scale="quick", device="cpu", values=VALUES, units=units)


@pytest.mark.parametrize(
    ("units", "known"),
    [
        ({"gamma": "cosine", "rho": "share"}, {"gamma": "cosine", "rho": "share"}),
        ({}, {"gamma": "cosine", "rho": "correlation"}),
    ],
)
def test_recorded_values_have_the_recorded_unit(entry, units, known):
    """It is that of the evidence, and of old evidence that of the effects on record."""
    assert recorded_units(entry(), evidence(**units), PRESENT) == known


def test_a_quotient_does_not_tell_the_unit_of_its_measure(entry, judgement, finding, effect):
    """A ratio on record has a unit of its own, so the present unit of the measure is shown."""
    quotient = finding(effects=(effect(label="vec / dfa", unit="ratio"),))
    recorded = entry(judgement=judgement(findings=(quotient,)))

    assert recorded_units(recorded, evidence(), PRESENT) == PRESENT


def test_another_quantity_may_have_another_unit(entry, judgement, finding, effect):
    """A ratio in the place of a difference is no changed unit."""
    quotient = finding(effects=(effect(label="vec / dfa", unit="ratio"),))

    assert other_units(entry(), entry(judgement=judgement(findings=(quotient,)))) == ()


def test_units_that_are_unknown_do_not_differ():
    """Only a measure whose unit is known on both sides can have another one."""
    (other,) = differing({"gamma": "", "rho": "share"}, {"gamma": "percent"})

    assert other.text == "gamma was in no unit and is in percent"
