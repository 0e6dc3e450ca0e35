import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cbspec.statistics import sign_flip

DIFFERENCES = st.lists(st.integers(-50, 50).map(float), min_size=2, max_size=12).map(np.array)


@pytest.mark.parametrize("n", [2, 5, 8, 11])
def test_agrees_with_scipy(n: int) -> None:
    """The tail is that of SciPy's permutation test over all 2^n flips."""
    differences = np.random.default_rng(n).normal(0.4, 1, n)
    expected = stats.permutation_test(
        (differences,),
        np.sum,
        permutation_type="samples",
        alternative="greater",
        n_resamples=np.inf,
    ).pvalue

    assert expected == pytest.approx(float(sign_flip.tail(differences)), abs=1e-12)


@given(DIFFERENCES)
@settings(max_examples=60)
def test_negation_exchanges_the_tails(differences: np.ndarray) -> None:
    """The two tails share only the flips that give the very sum seen."""
    signs = np.array(np.meshgrid(*[[1, -1]] * differences.size)).reshape(differences.size, -1)
    equal = (differences @ signs == differences.sum()).mean()

    both = sign_flip.tail(differences) + sign_flip.tail(-differences)

    assert 1 + equal == pytest.approx(float(both), abs=1e-12)


def test_least_p() -> None:
    """All differences on one side give 2^-n, all zero give 1."""
    np.testing.assert_array_equal(
        sign_flip.tail(np.array([[0.1, 0.1, 0.1], [0.0, 0.0, 0.0]])), [1 / 8, 1.0]
    )


def test_too_many_seeds_are_refused() -> None:
    """More seeds than can be enumerated are an error that says how many can."""
    with pytest.raises(ValueError, match="at most 40 seeds, not 41"):
        sign_flip.tail(np.ones(41))
