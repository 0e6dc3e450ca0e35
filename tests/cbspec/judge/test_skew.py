import numpy as np
import pytest
from scipy import integrate, special

from cbspec.statistics import skew, student


@pytest.mark.parametrize("t", [0.5, 2.0, 6.0, 30.0])
def test_closed_form_of_two_seeds(t: float) -> None:
    """For n = 2 the share's r is uniform, so the tail is one integral over it."""
    expected, _ = integrate.quad(lambda r: special.gammainc(2, 2 / (1 + t * r)), 0, 1)

    assert expected == pytest.approx(float(skew.tail(np.array(t), 2)), rel=0.01)


@pytest.mark.parametrize("n", [3, 5, 12])
def test_agrees_with_drawn_noise(n: int) -> None:
    """The tail is the rate at which exponential samples reach the statistic."""
    drawn = np.random.default_rng(n).exponential(size=(200_000, n))
    t = (1 - drawn.mean(axis=1)) / (drawn.std(axis=1, ddof=1) / np.sqrt(n))
    at = np.array([1.0, 2.0, 4.0])

    expected = np.array([(t >= each).mean() for each in at])

    np.testing.assert_allclose(skew.tail(at, n), expected, rtol=0.03)


def test_student_alone_would_err() -> None:
    """What the guard is for: at Student's own 5 % point exponential noise exceeds three seeds'
    bound 16 % of the time.
    """
    t = np.array(student.critical(0.05, 3, guarded=False))

    assert float(skew.tail(t, 3)) == pytest.approx(0.164, abs=0.003)


@pytest.mark.parametrize("n", [2, 3, 6, 40, 60])
def test_critical_inverts_the_tail(n: int) -> None:
    """The critical value's tail is the level it was asked for."""
    for alpha in (0.05, 0.01):
        assert float(skew.tail(np.array(skew.critical(alpha, n)), n)) == pytest.approx(
            alpha, rel=1e-6
        )


def test_falls_with_statistic_and_seeds() -> None:
    """More distance or more seeds never make the guard laxer."""
    t = np.geomspace(0.7, 100, 40)
    tails = np.array([skew.tail(t, n) for n in range(2, 41)])

    assert (np.diff(tails, axis=1) < 0).all()
    assert (np.diff(tails[:, t > 1], axis=0) < 0).all()


def test_leaves_the_wrong_side_to_student() -> None:
    """At or below zero, and without any spread, the guard says nothing."""
    np.testing.assert_array_equal(skew.tail(np.array([-3.0, 0.0, np.inf]), 4), [0, 0, 0])
