"""What a run says of claims whose stage fails for one seed, in real pytest processes."""

import pytest

from tests.support.claim_text import LIGHT
from tests.support.laboratory import outcomes

WEIGHT = (
    LIGHT.replace("height", "weight")
    .replace("experiment: plant", "experiment: {stage: weigh, plant: plant}")
    .replace("{light: 2.0}", "{plant: {light: 2.0}}")
    .replace("{light: 8.0}", "{plant: {light: 8.0}}")
)
BAD, GOOD = "seeds: [1, 2, 3]\n", "seeds: [1, 2, 4]\n"
WITHERING = """\
                if replica.seed == 3:
                    raise RuntimeError("the plant withered")
"""


@pytest.fixture
def withering(project):
    """A project whose plants raise at seed 3, after seeds 1 and 2 of the same job are stored."""
    noise = "                noise = "
    project.edit("lab/catalog.py", noise, WITHERING + noise)
    return project


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_seed_that_fails_is_an_error_where_it_is_needed(withering, workers):
    """The claim that needs the seed names it and its stage, the other has its verdict."""
    withering.claim("all.yaml", WEIGHT + BAD)
    withering.claim("healthy.yaml", WEIGHT + GOOD, id="1.b")

    status, output = withering.pytest("-n", workers)

    reasons = {record.claim: record.judgement.reason for record in withering.report.records}
    raised = "RuntimeError: the plant withered (lab/catalog.py:"
    assert (status, outcomes(output)) == (1, "1 failed, 1 passed")
    assert withering.verdicts() == {"1.a": "error", "1.b": "holds"}
    assert reasons["1.a"].startswith(f"grow@3 seed 3 could not be computed: {raised}")
    assert f"and 1 more: failed, its 3 replicas are computed one by one ({raised}" in output


@pytest.mark.usefixtures("inline")
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_seed_that_fails_keeps_no_stored_one_waiting(withering, workers):
    """Where the plants of good seeds are stored from an earlier run, the verdicts are the same."""
    broken = WEIGHT.replace("weigh, plant: ", "weigh, broken: true, plant: ")
    withering.claim("healthy.yaml", broken + GOOD)
    withering.run()
    withering.claim("all.yaml", WEIGHT + BAD)
    withering.claim("healthy.yaml", WEIGHT + GOOD, id="1.b")

    status, _ = withering.pytest("-n", workers)

    assert status == 1
    assert withering.verdicts() == {"1.a": "error", "1.b": "holds"}
