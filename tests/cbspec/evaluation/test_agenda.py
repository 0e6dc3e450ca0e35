"""What a run of claims allows its stages."""

import dataclasses

import pytest

from cbspec.evaluation.agenda import Agenda
from cbspec.stage import Call, NoParameters
from tests.support.specimen import STAGE, make_claim

HASTY = dataclasses.replace(STAGE, name="hasty", timeout=2.0)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ([None], {"local_descent": None, "hasty": 2.0}),
        ([5.0], {"local_descent": 5.0, "hasty": 5.0}),
        ([5.0, 1.0], {"local_descent": 5.0, "hasty": 5.0}),
        ([1.0, None], {"local_descent": None, "hasty": 2.0}),
        ([5.0, None], {"local_descent": None, "hasty": 5.0}),
    ],
)
def test_the_most_patient_claim_limits_a_stage(limits, expected):
    """A claim's limit takes the place of the catalog's, and fails no other claim."""
    calls = {stage.name: Call(stage, NoParameters()) for stage in (STAGE, HASTY)}
    claims = {}
    for number, limit in enumerate(limits):
        claims[str(number)] = make_claim(id=str(number), arms=calls, timeout=limit)

    found = Agenda(claims, {}, {}).limits()

    assert {name: found[call.digest] for name, call in calls.items()} == expected
