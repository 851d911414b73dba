import numpy as np
import pytest

from darkaon.constants import M_KAON, M_PION
from darkaon.simulation.digamma import R2_PI0, Z_MAX, digamma_spectrum, loop

Z = np.linspace(1e-6, Z_MAX, 200_001)


@pytest.mark.parametrize("c_hat", [-2.0, 0.0, 1.0, 1.72])
def test_branching_ratio_of_ecker_pich_de_rafael(c_hat):
    """B = (5.26 + 1.64 c + 0.32 c^2 + 0.49) 1e-7; 9.6e-7 at c^ = 1.72, as measured (9.61e-7)."""
    total = np.trapezoid(digamma_spectrum(Z, c_hat), Z)
    assert total == pytest.approx((5.26 + 1.64 * c_hat + 0.32 * c_hat**2 + 0.49) * 1e-7, rel=0.03)


def test_default_is_the_measured_branching_ratio():
    assert np.trapezoid(digamma_spectrum(Z), Z) == pytest.approx(9.61e-7, rel=0.02)


def test_loop_limits():
    assert loop(1e-3) == pytest.approx(-1e-3 / 12, rel=1e-3)  # F(x) -> -x/12
    assert loop(4.0) == pytest.approx(1 - np.pi**2 / 4)
    assert loop(4.0 + 1e-9) == pytest.approx(loop(4.0), abs=1e-3)
    assert loop(3.9).imag == 0
    assert abs(loop(5.0).imag) > 0


def test_the_spectrum_rises_at_the_two_pion_threshold():
    low, peak = digamma_spectrum([(0.215 / M_KAON) ** 2, (0.285 / M_KAON) ** 2])
    assert peak > 3 * low


def test_nothing_outside_and_at_the_pi0():
    assert np.all(digamma_spectrum([-0.1, 0.0, R2_PI0, Z_MAX, 0.9]) == 0)
    assert pytest.approx((1 - M_PION / M_KAON) ** 2) == Z_MAX
