import math

import numpy as np
import pytest
from scipy import integrate, stats

from cbspec.statistics import student

ONE_SIDED = {"low": 0.0, "high": math.inf}


@pytest.mark.parametrize("n", [2, 3, 5, 10, 30])
@pytest.mark.parametrize("effect", [0.2, 1.0, 2.5])
def test_power_is_the_noncentral_t(n: int, effect: float) -> None:
    """One-sided power is the tail of the noncentral t beyond the critical value, on either side."""
    expected = stats.nct.sf(stats.t.ppf(0.95, n - 1), n - 1, effect * math.sqrt(n))

    assert expected == pytest.approx(student.power(effect, 1, n, 0.05, **ONE_SIDED), abs=1e-4)
    assert expected == pytest.approx(
        student.power(-effect, 1, n, 0.05, low=-math.inf, high=0), abs=1e-4
    )


@pytest.mark.parametrize("n", [3, 8, 20])
def test_power_of_two_one_sided_tests(n: int) -> None:
    """Equivalence power is the integral over the sample variance (Phillips 1990), here by adaptive
    quadrature.
    """
    margin, critical = 1.5, stats.t.ppf(0.95, n - 1)

    def inside(variance: float) -> float:
        room = margin * math.sqrt(n) - critical * math.sqrt(variance / (n - 1))
        shown = stats.norm.cdf(room - 0.3 * math.sqrt(n)) - stats.norm.cdf(
            -room - 0.3 * math.sqrt(n)
        )
        return max(shown, 0.0) * stats.chi2.pdf(variance, n - 1)

    widest = (n - 1) * n * (margin / critical) ** 2
    expected, _ = integrate.quad(inside, 0, widest, limit=200)

    assert expected == pytest.approx(
        student.power(0.3, 1, n, 0.05, low=-margin, high=margin), abs=2e-3
    )


def test_published_sample_sizes() -> None:
    """One-sided paired tests at 0.05 with power 0.8 need 156, 27 and 12 seeds for Cohen's small,
    medium and large effects.
    """
    needed = [student.needed(d, 1, 0.05, **ONE_SIDED, guarded=False) for d in (0.2, 0.5, 0.8)]

    assert needed == [156, 27, 12]


def test_never_enough() -> None:
    """No number of seeds shows an effect that lies on the bound, or one too small for any."""
    assert student.needed(0.0, 1, 0.05, **ONE_SIDED, guarded=False) is None
    assert student.needed(1e-3, 1, 0.05, **ONE_SIDED, guarded=True) is None


def test_without_spread_two_seeds_are_enough() -> None:
    """A constant inside the bounds needs the two seeds that show it to be one."""
    assert student.needed(0.5, 0.0, 0.05, **ONE_SIDED, guarded=True) == 2


@pytest.mark.parametrize("guarded", [False, True])
def test_critical_inverts_the_tail(guarded: bool) -> None:
    """The p of the critical value is the level, guarded or not."""
    for n in (2, 3, 12):
        critical = student.critical(0.02, n, guarded=guarded)

        assert float(student.tail(np.array(critical), n, guarded=guarded)) == pytest.approx(
            0.02, rel=1e-5
        )
