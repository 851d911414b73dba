import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, kstest

from darkaon.constants import M_KAON, M_MUON, M_PION
from darkaon.errors import InputError
from darkaon.kinematics import boost, mass, momentum
from darkaon.models.dark_photon import Options, dilepton_spectrum
from darkaon.simulation.decay import directions
from darkaon.simulation.decays import signal, standard_model
from darkaon.simulation.digamma import Z_MAX, digamma_spectrum
from darkaon.simulation.kaon_pion import pi_mumu

N = 100_000


@pytest.fixture(scope="module")
def tracks():
    return pi_mumu(np.random.default_rng(5), N)


def test_four_momentum_is_conserved(tracks):
    total = sum(tracks)
    np.testing.assert_allclose(total[0], M_KAON, rtol=1e-12)
    np.testing.assert_allclose(total[1:], 0, atol=1e-12)
    for track, m in zip(tracks, (M_PION, M_MUON, M_MUON), strict=True):
        np.testing.assert_allclose(mass(track), m, rtol=1e-9)


@settings(max_examples=20)
@given(st.floats(211.5, 354.0))
def test_signal_closed_forms(mass_MeV):
    pion, plus, minus = signal("K+ -> pi+ X", "mumu", mass_MeV, "test").draw(np.random.default_rng(1), 50)
    m = mass_MeV * 1e-3
    np.testing.assert_allclose((pion + plus + minus)[0], M_KAON, rtol=1e-12)
    np.testing.assert_allclose(mass(plus + minus), m, rtol=1e-9)
    # E_pi = (m_K^2 + m_pi^2 - m_X^2) / (2 m_K)
    np.testing.assert_allclose(pion[0], (M_KAON**2 + M_PION**2 - m**2) / (2 * M_KAON), rtol=1e-12)
    # each muon has half of the mass of X in its rest frame
    x = plus + minus
    back = boost(plus, np.concatenate([x[:1], -x[1:]]), m)
    np.testing.assert_allclose(back[0], m / 2, rtol=1e-9)


def test_spectrum_follows_dgamma_dz(tracks):
    z = (mass(tracks[1] + tracks[2]) / M_KAON) ** 2
    edges = np.linspace((2 * M_MUON / M_KAON) ** 2, (1 - M_PION / M_KAON) ** 2, 41)
    fine = np.linspace(0, 1, 201)[:, None] * np.diff(edges) + edges[:-1]
    expected = np.trapezoid(dilepton_spectrum(fine, M_MUON, Options(invisible=False)), fine, axis=0)
    expected *= N / expected.sum()
    observed, _ = np.histogram(z, edges)
    assert chi2.sf(np.sum((observed - expected) ** 2 / expected), 39) > 0.01


def test_the_spectrum_is_not_phase_space(tracks):
    # the form factor pulls the mean of z up from phase space alone
    edges = np.linspace((2 * M_MUON / M_KAON) ** 2, (1 - M_PION / M_KAON) ** 2, 5001)
    z = (edges[1:] + edges[:-1]) / 2
    weight = dilepton_spectrum(z, M_MUON, Options(invisible=False))
    flat = dilepton_spectrum(z, M_MUON, Options(invisible=False, b_plus=0.0))
    mean = (mass(tracks[1] + tracks[2]) ** 2 / M_KAON**2).mean()
    error = np.std(z) / np.sqrt(N)
    assert mean == pytest.approx(np.average(z, weights=weight), abs=3 * error)
    assert mean > np.average(z, weights=flat) + 10 * error


def helicity_cosine(tracks):
    pion, plus, minus = tracks
    pair = plus + minus
    inverse = np.concatenate([pair[:1], -pair[1:]])
    in_pair = boost(plus, inverse, mass(pair))
    return -np.sum(in_pair[1:] * pion[1:], axis=0) / (momentum(in_pair) * momentum(pion)), mass(pair)


def test_muons_of_a_virtual_photon_are_longitudinal(tracks):
    cosine, m = helicity_cosine(tracks)
    beta2 = 1 - (2 * M_MUON / m) ** 2
    # <cos^2> of 1 - beta^2 cos^2 is (1/3 - beta^2/5) / (1 - beta^2/3)
    expected = (1 / 3 - beta2 / 5) / (1 - beta2 / 3)
    assert np.mean(cosine**2 - expected) == pytest.approx(0, abs=3.5 * np.std(cosine**2) / np.sqrt(N))
    assert abs(np.mean(cosine)) < 4 / np.sqrt(3 * N)


def test_muons_of_x_are_isotropic():
    cosine, _ = helicity_cosine(signal("K+ -> pi+ X", "mumu", 300.0, "test").draw(np.random.default_rng(7), 20_000))
    assert kstest(cosine, "uniform", args=(-1, 2)).pvalue > 0.01


def test_directions_are_isotropic_unit_vectors():
    d = directions(np.random.default_rng(1), 20_000)
    np.testing.assert_allclose(np.sum(d * d, axis=0), 1, rtol=1e-12)
    for component in d:
        assert kstest(component, "uniform", args=(-1, 2)).pvalue > 0.01


@pytest.mark.parametrize("mass_MeV", [211.0, 354.2, 0.0])
def test_a_mass_that_cannot_be(mass_MeV):
    with pytest.raises(InputError, match=r"x.yaml: X of .* cannot be simulated; .* between 211.32 and 354.11 MeV"):
        signal("K+ -> pi+ X", "mumu", mass_MeV, "x.yaml")


def test_unknown_names():
    with pytest.raises(InputError, match=r"x.yaml: .* the decay 'pi_mumuu'; did you mean 'pi_mumu'"):
        standard_model("pi_mumuu", "x.yaml")
    with pytest.raises(InputError, match="no simulation of 'ee'"):
        signal("K+ -> pi+ X", "ee", 250.0, "x.yaml")


@pytest.mark.parametrize("name", ["pi_gammagamma", "pi_gammagamma_flat"])
def test_photons_carry_what_the_pion_leaves(name):
    pion, *photons = standard_model(name, "test").draw(np.random.default_rng(2), 2000)
    np.testing.assert_allclose(sum([pion, *photons])[0], M_KAON, rtol=1e-12)
    np.testing.assert_allclose(mass(pion), M_PION, rtol=1e-9)
    for photon in photons:
        np.testing.assert_allclose(photon[0], momentum(photon), rtol=1e-9)


def test_digamma_spectrum_follows_dgamma_dz():
    tracks = standard_model("pi_gammagamma", "test").draw(np.random.default_rng(3), N)
    z = (mass(tracks[1] + tracks[2]) / M_KAON) ** 2
    edges = np.concatenate([[0, 0.09], np.linspace(0.2, 0.51, 20), [Z_MAX]])
    fine = np.linspace(0, 1, 401)[:, None] * np.diff(edges) + edges[:-1]
    expected = np.trapezoid(digamma_spectrum(fine), fine, axis=0)
    expected *= N / expected.sum()
    observed, _ = np.histogram(z, edges)
    large = expected > 5
    assert chi2.sf(np.sum(((observed - expected) ** 2 / expected)[large]), large.sum() - 1) > 0.01


def test_signal_photons_have_the_mass_of_x():
    _, *photons = signal("K+ -> pi+ X", "gammagamma", 250.0, "test").draw(np.random.default_rng(4), 100)
    np.testing.assert_allclose(mass(sum(photons)), 0.25, rtol=1e-9)
