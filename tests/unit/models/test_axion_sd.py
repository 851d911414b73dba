import pytest
from numpy.testing import assert_allclose

from darkaon.models.axion_sd import Options, build

PROCESS = "K+ -> pi+ pi0 X"


@pytest.mark.parametrize(("mass", "value", "digit"), [(0, 1.01e10, 1e8), (50, 7.1e9, 1e8), (100, 2.56e9, 1e7)])
def test_branching_ratio_times_scale_squared(mass, value, digit):
    assert_allclose(build(Options()).production[PROCESS](mass, 1.0), value, rtol=0, atol=digit)


def test_closed_above_the_end_point():
    rate = build(Options()).production[PROCESS]
    assert rate(218.0, 1.0) > 0 and rate(220.0, 1.0) == 0
