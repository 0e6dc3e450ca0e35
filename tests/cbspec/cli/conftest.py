import pytest


@pytest.fixture
def doubtful(laboratory):
    """The project with a claim that three seeds leave open, and two more that it may draw."""
    order = "{kind: order, measure: height, arms: [dark, bright], direction: ascending}"
    laboratory.edit(
        "claims/phase1/1.a.yaml",
        order,
        "{kind: threshold, measure: height, arms: [bright], above: 24.0}",
    )
    laboratory.edit("claims/phase1/1.a.yaml", "  dark: {light: 2.0}\n", "")
    laboratory.edit("claims/phase1/1.a.yaml", "{dark: 6.0, bright: 24.0}", "{bright: 24.0}")
    return laboratory
