import numpy as np
import pytest
from scipy.integrate import dblquad

from darkaon.config.schema import PositiveQuantity
from darkaon.config.slots.lifetime import EscapeLaw, StableLaw
from darkaon.constants import SPEED_OF_LIGHT_M_PER_NS
from darkaon.sensitivity.lifetime import escape_probability, lifetime_factors

CUTS = (25.0, 40.0)


def law(**keys):
    return EscapeLaw(kind="escape", values_ns=(0.1, 1, 5, np.inf), **keys)


@pytest.mark.parametrize(("mass", "tau"), [(135.0, 1.0), (135.0, 0.1), (110.0, 5.0), (1.0, 0.2)])
def test_mean_over_position_and_momentum(mass, tau):
    def probability(p, z):
        return np.exp(-(241 - z) * mass * 1e-3 / (p * SPEED_OF_LIGHT_M_PER_NS * tau))

    expected = dblquad(probability, 105, 165, 35, 50, epsabs=0, epsrel=1e-10)[0] / (60 * 15)
    assert escape_probability(np.array([mass]), np.array([tau]), CUTS)[0, 0] == pytest.approx(expected, rel=1e-9)


def test_stable_and_massless_x_escape():
    assert escape_probability(np.array([0.0, 135.0]), np.array([np.inf]), CUTS).tolist() == [[1.0, 1.0]]
    assert escape_probability(np.array([0.0]), np.array([0.1]), CUTS)[0, 0] == 1.0
    lifetimes, factors = lifetime_factors(StableLaw(kind="stable"), np.array([1.0, 2.0]))
    assert lifetimes.tolist() == [np.inf] and factors.tolist() == [[1.0, 1.0]]


def test_laws():
    mass = np.array([120.0, 140.0])
    two = PositiveQuantity(value=2.2, source="s", status="derived")
    tau, factors = lifetime_factors(law(delay_ns=two), mass)
    np.testing.assert_allclose(factors, np.exp(-2.2 / tau)[:, None] * [1, 1])
    tau, factors = lifetime_factors(law(kappa_m_per_GeV=two), mass)
    np.testing.assert_allclose(factors, np.exp(-2.2 * mass * 1e-3 / (SPEED_OF_LIGHT_M_PER_NS * tau[:, None])))
    tau, factors = lifetime_factors(law(pion_momentum_GeV=CUTS), mass)
    assert np.all(np.diff(factors, axis=0) > 0) and np.all(np.diff(factors[:-1], axis=1) < 0)
    # kappa of physics.md section 8: about 2.4 m/GeV from the geometry
    kappa = -np.log(factors[1]) * SPEED_OF_LIGHT_M_PER_NS / (mass * 1e-3)
    assert np.all((kappa > 2.2) & (kappa < 2.6))
