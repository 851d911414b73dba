import numpy as np
import pytest

from darkaon.statistics.limits import set_limits
from darkaon.statistics.treatments import TREATMENTS, no_subtraction


@pytest.mark.parametrize(("n", "limit"), [(0, 2.3026), (1, 3.8897), (2, 5.3223), (3, 6.6808), (12, 17.7816)])
def test_classical_limits_without_background(n, limit):
    assert no_subtraction(n, 0.90)[0] == pytest.approx(limit, abs=1e-4)


def test_it_is_above_every_limit_that_subtracts():
    n = np.arange(20)
    assert np.all(TREATMENTS["no_subtraction"](n, 0.90) >= set_limits(n, 3.0, 1.0).observed - 1e-9)


def test_koto_2021():
    """SES 9.33e-10 and no event: B(KL -> pi0 nu nu) < 2.2e-9 (published)."""
    assert 9.33e-10 * no_subtraction(0, 0.90)[0] == pytest.approx(2.15e-9, rel=0.002)
