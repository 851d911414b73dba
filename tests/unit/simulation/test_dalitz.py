import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, kstest

from darkaon.constants import ALPHA, M_ELECTRON, M_KAON, M_MUON, M_PI0, M_PION
from darkaon.errors import InputError
from darkaon.kinematics import boost, mass, mass_squared
from darkaon.models.rates import momentum
from darkaon.simulation import dalitz
from darkaon.simulation.decays import signal, standard_model

N = 60_000


@pytest.fixture(scope="module")
def events():
    """Decay -> charged particle, e+, e-, photon."""
    names = ("pi_pi0_dalitz", "pi0_mu_nu_dalitz")
    return {name: standard_model(name, "test").draw(np.random.default_rng(3), N) for name in names}


def integral(high=M_PI0):
    q = np.geomspace(2 * M_ELECTRON, high, 100_001)
    return np.trapezoid(2 * q**2 * dalitz.dalitz_spectrum(q**2), np.log(q))


def test_the_conversion_rate_is_that_of_kroll_and_wada(monkeypatch):
    """Gamma(gamma e e)/Gamma(gamma gamma) = alpha/(3 pi) (4 ln(m_pi0/m_e) - 7) = 0.01185 without a form factor."""
    with_slope = integral()
    monkeypatch.setattr(dalitz, "SLOPE", 0.0)
    assert integral() == pytest.approx(ALPHA / (3 * np.pi) * (4 * np.log(M_PI0 / M_ELECTRON) - 7), rel=1e-4)
    assert integral() == pytest.approx(0.01185, abs=5e-6)
    assert 1.001 < with_slope / integral() < 1.01  # the form factor pulls where hardly anything is


def test_masses_follow_the_spectrum(events):
    total = integral()
    for charged, plus, minus, photon in events.values():
        np.testing.assert_allclose(mass(plus + minus + photon), M_PI0, rtol=1e-9)
        edges = np.geomspace(2 * M_ELECTRON, 0.999 * M_PI0, 31)
        expected = np.diff([integral(edge) for edge in edges]) / total * N
        observed, _ = np.histogram(mass(plus + minus), edges)
        assert chi2.sf(np.sum((observed - expected) ** 2 / expected), 30) > 0.01
        assert len(charged[0]) == N


def test_four_momentum_is_conserved_and_every_particle_on_its_shell(events):
    for name, own in (("pi_pi0_dalitz", M_PION), ("pi0_mu_nu_dalitz", M_MUON)):
        tracks = events[name]
        for track, m in zip(tracks, (own, M_ELECTRON, M_ELECTRON, 0.0), strict=True):
            np.testing.assert_allclose(mass_squared(track), m**2, atol=1e-12)
        missing = -np.sum(tracks, axis=0)
        missing[0] += M_KAON
        np.testing.assert_allclose(mass_squared(missing), 0.0, atol=1e-12)  # nothing, or the neutrino
    np.testing.assert_allclose(np.sum(events["pi_pi0_dalitz"], axis=0)[1:], 0.0, atol=1e-12)
    assert np.all(missing[0] > -1e-12) and missing[0].mean() > 0.05


def test_muon_and_pi0_follow_the_known_spectrum_of_kl3():
    """dGamma/dt ~ p^3 (1 - m^2/t)^2 [(1 + m^2/2t) f_+^2 + 3 m^2 (m_K^2 - m_pi^2)^2 f_0^2/(8 t m_K^2 p^2)].

    An independent form of the density over both energies, summed over that of the muon.
    """
    t = np.linspace(M_MUON**2 + 1e-4, (M_KAON - M_PI0) ** 2 - 1e-4, 40)
    pion = (M_KAON**2 + M_PI0**2 - t) / (2 * M_KAON)
    muon = np.linspace(M_MUON, 0.27, 40_001)
    ours = np.array([np.trapezoid(dalitz.kl3_density(muon, e), muon) for e in pion])
    p, x = np.sqrt(pion**2 - M_PI0**2), t / M_PION**2
    plus, zero = 1 + dalitz.LAMBDA_PLUS * x, 1 + dalitz.LAMBDA_0 * x
    scalar = 3 * M_MUON**2 * (M_KAON**2 - M_PI0**2) ** 2 / (8 * t * M_KAON**2 * p**2)
    known = p**3 * (1 - M_MUON**2 / t) ** 2 * ((1 + M_MUON**2 / (2 * t)) * plus**2 + scalar * zero**2)
    np.testing.assert_allclose(ours / known, np.full(40, np.mean(ours / known)), rtol=2e-3)


def test_no_density_of_kl3_is_above_the_bound_of_the_rejection(events):
    grid = np.meshgrid(np.linspace(M_MUON, 0.26, 600), np.linspace(M_PI0, 0.27, 600))
    density = dalitz.kl3_density(*grid)
    assert 0.95 * dalitz.LARGEST_KL3 < density.max() <= dalitz.LARGEST_KL3 and density.min() >= 0
    muon, *rest = events["pi0_mu_nu_dalitz"]
    weight = density / density.sum()
    for seen, axis in ((muon[0], 0), (np.sum(rest, axis=0)[0], 1)):
        assert seen.mean() == pytest.approx(np.sum(weight * grid[axis]), abs=5 * seen.std() / np.sqrt(N) + 2e-5)


def test_the_pair_is_that_of_a_transverse_photon(events):
    """1 + cos^2 around its flight direction where electrons are light: mean of cos^2 is 0.4, and 1/3 if isotropic."""
    _, plus, minus, photon = events["pi_pi0_dalitz"]
    pi0, pair = plus + minus + photon, plus + minus
    at_rest = np.concatenate([pi0[:1], -pi0[1:]])
    plus, pair = boost(plus, at_rest, M_PI0), boost(pair, at_rest, M_PI0)
    m = mass(pair)
    inside = boost(plus, np.concatenate([pair[:1], -pair[1:]]), m)[1:]
    heavy = m > 0.02
    cosine = np.sum(inside * pair[1:], axis=0) / np.sqrt(np.sum(inside**2, axis=0) * np.sum(pair[1:] ** 2, axis=0))
    assert np.mean(cosine[heavy] ** 2) == pytest.approx(0.4, abs=5 * 0.3 / np.sqrt(heavy.sum()))
    assert kstest((cosine[heavy] ** 3 + 3 * cosine[heavy] + 4) / 8, "uniform").pvalue > 0.01


@settings(max_examples=15, deadline=None)
@given(st.floats(1.1, 134.0), st.sampled_from(["pi_pi0", "pi0_mu_nu"]))
def test_the_dark_photon_has_its_mass_and_the_photon_the_rest(mass_MeV, channel):
    m = mass_MeV * 1e-3
    decay = signal("pi0 -> gamma X", "ee", mass_MeV, "test", channel)
    _, plus, minus, photon = decay.draw(np.random.default_rng(1), 50)
    np.testing.assert_allclose(mass(plus + minus), m, rtol=1e-6)
    pi0 = plus + minus + photon
    at_rest = boost(photon, np.concatenate([pi0[:1], -pi0[1:]]), M_PI0)
    np.testing.assert_allclose(at_rest[0], momentum(M_PI0, 0.0, np.array(m)), rtol=1e-9)


def test_channels_are_asked_for_by_name():
    for channel, message in (("pi0_e_nu", "did you mean 'pi0_mu_nu'"), ("", "no simulation of ''")):
        with pytest.raises(InputError, match=rf"x.yaml: normalisation.channels: .*{message}"):
            signal("pi0 -> gamma X", "ee", 50.0, "x.yaml", channel)
    with pytest.raises(InputError, match=r"between 1\.02 and 134\.98 MeV"):
        signal("pi0 -> gamma X", "ee", 135.0, "x.yaml", "pi_pi0")
