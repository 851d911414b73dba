import numpy as np
import pytest
from scipy.stats import poisson

from darkaon.statistics.limits import set_limits
from darkaon.statistics.treatments import TREATMENTS, cousins_highland, no_subtraction


@pytest.mark.parametrize(("n", "limit"), [(0, 2.3026), (1, 3.8897), (2, 5.3223), (3, 6.6808), (12, 17.7816)])
def test_classical_limits_without_background(n, limit):
    assert no_subtraction(n, 0.90)[0] == pytest.approx(limit, abs=1e-4)


def test_it_is_above_every_limit_that_subtracts():
    n = np.arange(20)
    assert np.all(TREATMENTS["no_subtraction"](n, 0.90, 0.0) >= set_limits(n, 3.0, 1.0).observed - 1e-9)


@pytest.mark.parametrize("level", [0.90, 0.95])
@pytest.mark.parametrize(("n", "r"), [(0, 0.09), (3, 0.09), (3, 0.03), (10, 0.06)])
def test_cousins_highland_is_the_average_over_a_gaussian_sensitivity(level, n, r):
    """P(N <= n) averaged over the sensitivity is 1 - level, to the next order (r^4)."""
    limit = cousins_highland(n, level, r)[0]
    z, weights = np.polynomial.hermite_e.hermegauss(60)
    averaged = np.average(poisson.cdf(n, limit * np.maximum(1 + r * z, 0)), weights=weights)
    shift = no_subtraction(n, level)[0] - limit
    slope = -poisson.pmf(n, limit)  # of the cumulative probability in the mean
    assert shift < 0
    assert averaged - (1 - level) == pytest.approx(0, abs=0.1 * abs(shift * slope))


def test_koto_2021():
    """SES 9.33(84)e-10 and no event: B(KL -> pi0 nu nu) < 2.2e-9 (published, with the error of the SES)."""
    assert 9.33e-10 * no_subtraction(0, 0.90)[0] == pytest.approx(2.15e-9, rel=0.002)
    assert 9.33e-10 * cousins_highland(0, 0.90, 0.84 / 9.33)[0] == pytest.approx(2.17e-9, rel=0.002)
