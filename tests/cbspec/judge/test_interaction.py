from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from cbspec.judge import Table
from cbspec.kinds import Interaction
from tests.cbspec.judge.arms import CB, DFA, ORACLE, VEC, decided, greater

Tabled = Callable[..., Table]


def test_interaction_is_a_difference_of_differences(table: Table) -> None:
    """Two pairs: the t test of the first difference less the second, on four arms."""
    found = decided(
        Interaction(measure="x", pairs=(("oracle", "vec"), ("cb", "dfa")), margin=0.1), table
    )

    assert ("holds", pytest.approx(greater((ORACLE - VEC) - (CB - DFA), 0.1))) == (
        found.verdict,
        found.p,
    )


def test_interaction_slope_is_least_squares_per_seed(
    tabled: Tabled, rng: np.random.Generator
) -> None:
    """With levels: the t test of the slope that least squares gives each seed."""
    levels = (0.0, 0.5, 0.7, 1.0)
    gains = [level * 0.4 - 0.1 + 0.05 * rng.normal(size=6) for level in levels]
    bases = [rng.normal(size=6) for _ in levels]
    arms = {f"a{i}": base + gain for i, (base, gain) in enumerate(zip(bases, gains, strict=True))}
    arms |= {f"b{i}": base for i, base in enumerate(bases)}
    assertion = Interaction(
        measure="x", pairs=tuple((f"a{i}", f"b{i}") for i in range(4)), levels=levels
    )

    found = decided(assertion, tabled(**arms))

    slopes = np.array(
        [stats.linregress(levels, [gain[seed] for gain in gains]).slope for seed in range(6)]
    )
    assert ("holds", pytest.approx(greater(slopes))) == (found.verdict, found.p)
    assert found.effects[0].estimate == pytest.approx(slopes.mean())


@pytest.mark.parametrize(
    ("direction", "verdict"), [("increasing", "refuted"), ("decreasing", "holds")]
)
def test_interaction_reverses(table: Table, direction: str, verdict: str) -> None:
    """A reversal needs both differences shown, each with its own sign."""
    assertion = Interaction(
        measure="x", pairs=(("dfa", "cb"), ("oracle", "vec")), reverses=True, direction=direction
    )

    found = decided(assertion, table)

    steps = sorted([greater(CB - DFA), greater(ORACLE - VEC)])
    assert verdict == found.verdict
    assert pytest.approx(steps[1] if verdict == "holds" else 2 * steps[0]) == (
        found.p if verdict == "holds" else found.p_against
    )
