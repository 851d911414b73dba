import numpy as np
import pytest

from darkaon.statistics import on_off
from darkaon.statistics.limits import set_limits


def test_reference_values_of_z_bi():
    z = on_off.z_bi(np.array([150.0, 17.0]), np.array([100.0, 40.11]), np.array([1.0, 10.56]))
    assert z == pytest.approx([3.1080, 4.458], rel=1e-4)


def test_limits_from_a_sideband_are_those_of_its_background():
    # +-9 sigma without +-1 sigma: tau = 8
    limit = on_off.limits(np.array([12.0]), np.array([80.0]), np.array([8.0]))
    assert set_limits(12, 10.0, np.sqrt(80) / 8, method="on_off").observed == pytest.approx(limit, rel=1e-9)


def test_an_empty_sideband_has_a_limit():
    assert np.isfinite(on_off.limits(np.array([3.0]), np.array([0.0]), np.array([8.0]))[0])
