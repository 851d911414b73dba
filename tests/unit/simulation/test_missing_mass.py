"""Physics of the missing mass: tracks through beam and detector, back to (P_K - P_pi)^2."""

import numpy as np
import pytest

from darkaon.config.slots.background import Tails, Uniform
from darkaon.constants import M_KAON, M_PI0, M_PION
from darkaon.events.quantities import Values
from darkaon.kinematics import boost, mass_squared
from darkaon.simulation.beam import parents
from darkaon.simulation.decays import signal
from darkaon.simulation.experiment import NA62, experiment
from darkaon.simulation.kaon_pion import background, nunu_spectrum, pi_nunu
from darkaon.simulation.samples import background_sample, signal_sample, simulate

APPARATUS = experiment("na62", 0.75, "x")  # config/searches/na62_kpix_invisible.yaml
PERFECT = experiment("na62", 0.0, "x")


def tracks(columns):
    return {name: values for name, values in columns.items() if name.startswith(("beam_", "track1_"))}


def test_the_pi0_peaks_at_its_mass():
    """sigma(m_miss^2) = 1.0e-3 GeV^2 at K -> pi pi0, arXiv:2507.17286."""
    columns = simulate(
        np.random.default_rng(1), signal("K+ -> pi+ X", "invisible", 1e3 * M_PI0, "x"), 100_000, APPARATUS
    )
    fast = (columns["track1_momentum"] > 15) & (columns["track1_momentum"] < 45)
    value = Values(tracks(columns)).number("missing_mass_squared")[fast]
    assert value.mean() == pytest.approx(M_PI0**2, abs=5e-5)
    assert value.std() == pytest.approx(1.0e-3, rel=0.05)


def test_nothing_is_lost_without_resolution():
    columns = simulate(np.random.default_rng(1), signal("K+ -> pi+ X", "invisible", 200.0, "x"), 10_000, PERFECT)
    np.testing.assert_allclose(Values(tracks(columns)).number("missing_mass_squared"), 0.04, atol=1e-11)


def test_slopes_in_float32_are_enough():
    columns = simulate(np.random.default_rng(1), signal("K+ -> pi+ X", "invisible", 200.0, "x"), 10_000, PERFECT)
    stored = {name: values.astype(np.float32).astype(float) for name, values in tracks(columns).items()}
    np.testing.assert_allclose(Values(stored).number("missing_mass_squared"), 0.04, atol=5e-6)


def test_the_flight_of_x():
    """Path to the end of the detector over momentum, from the true four-momenta."""
    columns = simulate(np.random.default_rng(1), signal("K+ -> pi+ X", "invisible", 250.0, "x"), 10_000, PERFECT)
    p = [columns[f"beam_{n}"] - 0 for n in ("momentum", "slope_x", "slope_y")]
    pi = [columns[f"track1_{n}"] for n in ("momentum", "slope_x", "slope_y")]
    z = [m / np.sqrt(1 + x * x + y * y) for m, x, y in (p, pi)]
    vector = np.stack([z[0] * p[1] - z[1] * pi[1], z[0] * p[2] - z[1] * pi[2], z[0] - z[1]])
    momentum = np.sqrt(np.sum(vector**2, axis=0))
    path = (NA62.exit_z - columns["vertex_z"]) * momentum / vector[2]
    np.testing.assert_allclose(columns["x_flight_m_per_GeV"], path / momentum, rtol=1e-9)
    assert 1.0 < np.median(columns["x_flight_m_per_GeV"]) < 4.0


@pytest.mark.parametrize("mass", [0.0, 350.0])
def test_the_whole_range_of_masses(mass):
    columns = signal_sample(
        np.random.default_rng(1), {mass: signal("K+ -> pi+ X", "invisible", mass, "x")}, 2000, APPARATUS
    )
    assert (
        len(columns["x_mass_MeV"]) > 500 and np.isfinite(Values(tracks(columns)).number("missing_mass_squared")).all()
    )


def recoil_squared(draw, n=200_000):
    rng = np.random.default_rng(2)
    kaon = parents(rng, NA62.beam, M_KAON, n).momentum
    return mass_squared(kaon - boost(draw(rng, n)[0], kaon, M_KAON))


def test_pi_nunu_follows_its_spectrum():
    """Shares of R1 and R2 in q^2 are the integrals of dGamma/dq^2."""
    q2 = recoil_squared(pi_nunu)
    edge = np.linspace(0, (M_KAON - M_PION) ** 2, 100_001)
    density = nunu_spectrum((edge[1:] + edge[:-1]) / 2)
    for low, high in ((0, 0.010), (0.026, 0.068)):
        share = density[(edge[1:] > low) & (edge[1:] <= high)].sum() / density.sum()
        assert np.mean((q2 > low) & (q2 < high)) == pytest.approx(share, abs=0.005)


def test_spectra_of_backgrounds():
    flat = recoil_squared(background(Uniform(kind="uniform")).draw)
    assert np.mean((flat > 0.026) & (flat < 0.068)) == pytest.approx(0.042 / 0.11, abs=0.005)
    tails = recoil_squared(background(Tails(kind="tails", peak_GeV2=0.018, scale_GeV2=0.01)).draw)
    above = tails[tails > 0.018] - 0.018
    assert np.mean(above < 0.01) == pytest.approx((1 - np.exp(-1)) / (1 - np.exp(-8.2)), abs=0.005)
    below = 0.018 - tails[tails < 0.018]
    assert np.mean(below < 0.01) == pytest.approx((1 - np.exp(-1)) / (1 - np.exp(-2.8)), abs=0.007)


def test_components_know_their_place():
    decays = [background(Uniform(kind="uniform")), signal("K+ -> pi+ X", "invisible", 0.0, "x")]
    columns = background_sample(np.random.default_rng(1), decays, 1000, APPARATUS)
    assert set(columns["component"]) == {0.0, 1.0} and len(columns["component"]) == len(columns["beam_momentum"])
