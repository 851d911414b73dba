"""Decays in flight that still seem to come from one vertex."""

import numpy as np
import pytest

from darkaon.sensitivity.lifetime import vertex_factors
from darkaon.simulation.displaced import hidden_lifetimes, largest_distance
from darkaon.simulation.experiment import NA62

MASS = np.linspace(215.3, 326.7, 60)


def test_distance_of_lines_from_their_common_point():
    x, y, z = np.eye(3)[:, :, None]
    crossing = largest_distance([0 * x, 0 * x, 0 * x], [x, y, z])
    assert crossing == pytest.approx(0, abs=1e-12)
    # two lines along x and y, 2 apart in z, and one along z through both: the common point is in the middle
    assert largest_distance([-z, z, 0 * z], [x, y, z])[0] == pytest.approx(1.0)
    assert largest_distance([-3 * z, 3 * z, 0 * z], [x, y, z])[0] == pytest.approx(3.0)  # in proportion


def test_near_the_threshold_a_longer_flight_is_hidden():
    rng = np.random.default_rng(1)
    times = [np.median(hidden_lifetimes(rng, mass, 20_000, NA62)) for mass in (214.0, 230.0, 270.0)]
    assert times[0] > 1.5 * times[1] > 1.5 * times[2]


def test_tau0_by_mass_is_a_prediction_with_the_mean_that_was_asked_for():
    tau = np.array([0.0, 1.0, 100.0])
    factors = vertex_factors(tau, MASS, 0.07)
    assert np.all(factors[0] == 1)
    tau0 = -np.log1p(-factors[1])
    assert np.mean(tau0) == pytest.approx(0.07, rel=0.01)
    np.testing.assert_allclose(-100 * np.log1p(-factors[2]), tau0, rtol=0.1)  # the form of eq. 3.1 nearly holds
    # what the published curves imply, which nothing here has seen
    implied = np.array([[217, 0.153], [230, 0.0923], [240, 0.0791], [260, 0.0648], [285, 0.0517], [325, 0.0626]])
    ratio = np.interp(implied[:, 0], MASS, tau0) / implied[:, 1]
    assert np.all((ratio > 0.75) & (ratio < 1.15)), ratio
