import inspect

import numpy as np
import pytest

from darkaon.constants import M_KAON
from darkaon.events.observables import (
    cluster_distance,
    dielectron_mass,
    digamma_mass,
    dimuon_mass,
    gamma_dielectron_mass,
    kaon_mass,
    least_cluster_energy,
    momentum_balance,
)
from darkaon.events.quantities import Values
from darkaon.kinematics import Track
from darkaon.simulation.decays import STANDARD_MODEL, signal
from darkaon.simulation.experiment import experiment
from darkaon.simulation.samples import simulate

PERFECT = experiment("na62", 0.0, "x")


def call(function, columns):
    return Values(columns).number(function.__name__)


@pytest.fixture
def perfect():
    return simulate(np.random.default_rng(2), signal("K+ -> pi+ X", "mumu", 260.0, "test"), 3000, PERFECT)


def test_an_unsmeared_signal_has_the_masses_it_was_made_with(perfect):
    np.testing.assert_allclose(call(dimuon_mass, perfect), 260.0, rtol=1e-9)
    np.testing.assert_allclose(call(kaon_mass, perfect), M_KAON * 1e3, rtol=1e-9)


def test_units_are_mev_for_masses_and_gev_for_the_balance(perfect):
    # tracks nearly parallel: the sum of magnitudes exceeds the kaon's momentum by some MeV only
    balance = call(momentum_balance, perfect)
    assert np.all(balance > 0) and np.all(balance < 0.03)


def test_the_pion_is_track_1(perfect):
    swapped = dict(perfect)
    for part in ("momentum", "slope_x", "slope_y"):
        swapped[f"track1_{part}"], swapped[f"track2_{part}"] = perfect[f"track2_{part}"], perfect[f"track1_{part}"]
    assert abs(call(kaon_mass, swapped) - M_KAON * 1e3).max() > 1
    # the muons may be swapped
    swapped = dict(perfect)
    for part in ("momentum", "slope_x", "slope_y"):
        swapped[f"track2_{part}"], swapped[f"track3_{part}"] = perfect[f"track3_{part}"], perfect[f"track2_{part}"]
    np.testing.assert_allclose(call(dimuon_mass, swapped), 260.0, rtol=1e-9)


def test_standard_model_events_fill_the_kinematic_range():
    columns = simulate(np.random.default_rng(2), STANDARD_MODEL["pi_mumu"], 20_000, PERFECT)
    mass = call(dimuon_mass, columns)
    assert 211.3 < mass.min() < 214 and 350 < mass.max() < 354.11
    np.testing.assert_allclose(call(kaon_mass, columns), M_KAON * 1e3, rtol=1e-9)


def test_photons_seen_by_the_pion_and_by_the_calorimeter():
    columns = simulate(np.random.default_rng(2), signal("K+ -> pi+ X", "gammagamma", 260.0, "test"), 3000, PERFECT)
    np.testing.assert_allclose(call(digamma_mass, columns), 260.0, atol=1e-6)
    # two photons of a mass m: E1 E2 angle^2 = m^2, by energies and positions (LKr plane at 241.1 m)
    e1, e2 = columns["cluster1_energy"], columns["cluster2_energy"]
    angle = call(cluster_distance, columns) / (241.1 - columns["vertex_z"])
    assert np.median(np.sqrt(e1 * e2) * angle) == pytest.approx(0.260, rel=0.01)
    assert np.all(call(least_cluster_energy, columns) <= e1) and np.all(call(least_cluster_energy, columns) <= e2)


def test_a_dark_photon_and_the_pi0_that_it_is_from():
    """The electrons alone and with the photon from their vertex; exact but for the calorimeter: 4 % at 1 GeV."""
    decay = signal("pi0 -> gamma X", "ee", 60.0, "test", "pi0_mu_nu")
    columns = simulate(np.random.default_rng(2), decay, 20_000, experiment("na48_2", 0.0, "x"))
    tracks = {
        f"track{k}": Track(columns[f"track{k}_{part}"] for part in ("momentum", "slope_x", "slope_y")) for k in (2, 3)
    }
    np.testing.assert_allclose(dielectron_mass(**tracks), 60.0, rtol=1e-6)
    rest = inspect.signature(gamma_dielectron_mass).parameters.keys() - tracks.keys()
    pi0 = gamma_dielectron_mass(**tracks, **{name: columns[name] for name in rest})
    assert np.median(pi0) == pytest.approx(134.98, abs=0.15) and np.quantile(np.abs(pi0 - 134.98), 0.683) < 3
