import numpy as np
import pytest
from numpy.testing import assert_allclose

from darkaon.constants import ALPHA, G_FERMI, M_ELECTRON, M_KAON, M_MUON, M_PION, SPEED_OF_LIGHT_M_PER_NS, WIDTH_KAON
from darkaon.models.dark_photon import (
    Options,
    build,
    dilepton_spectrum,
    form_factor,
    lepton_width,
    pion_loop,
    pion_width,
)

BC2 = build(Options(invisible=True))
BC1 = build(Options(invisible=False))


@pytest.mark.parametrize(
    ("z", "value", "digit"), [(0, -0.575, 1e-3), (0.1, -0.65727, 1e-5), (0.2, -0.75221, 1e-5), (0.3, -0.87153, 1e-5)]
)
def test_form_factor(z, value, digit):
    w = form_factor(np.array([z]), Options(invisible=True))[0] / (G_FERMI * M_KAON**2)
    assert_allclose(w, value, rtol=0, atol=digit)


@pytest.mark.parametrize(
    ("mass", "value", "digit"),
    [(10, 5.80e-7, 1e-9), (100, 5.50e-5, 1e-7), (200, 1.73e-4, 1e-6), (300, 1.58e-4, 1e-6)],
)
def test_kaon_branching_ratio(mass, value, digit):
    assert_allclose(BC2.production["K+ -> pi+ X"](mass, 1.0), value, rtol=0, atol=digit)


@pytest.mark.parametrize(("lepton", "value", "digit"), [(M_MUON, 8.86e-8, 1e-10), (M_ELECTRON, 2.98e-7, 1e-9)])
def test_standard_model_rates_from_the_same_form_factor(lepton, value, digit):
    z = np.geomspace((2 * lepton / M_KAON) ** 2 * (1 + 1e-12), (1 - M_PION / M_KAON) ** 2, 20001)
    rate = dilepton_spectrum(z, lepton, Options(invisible=True))
    assert_allclose(np.trapezoid(rate, z) / WIDTH_KAON, value, rtol=0, atol=digit)


@pytest.mark.parametrize(
    ("mass", "metres", "digit"), [(10, 4.06e-2, 1e-4), (50, 1.62e-3, 1e-5), (100, 0.41e-3, 1e-5)]
)
def test_mean_path_at_50_gev(mass, metres, digit):
    path = BC1.lifetime_ns(mass, 1e-3) * SPEED_OF_LIGHT_M_PER_NS * 50e3 / mass
    assert_allclose(path, metres, rtol=0, atol=digit)


def test_pion_loop_series_joins_the_closed_form():
    z = np.array([0.999e-3, 1.001e-3]) * (M_PION / M_KAON) ** 2
    below, above = pion_loop(z)
    assert_allclose(below, above, rtol=5e-3)
    at_threshold = 4 * (M_PION / M_KAON) ** 2
    assert_allclose(*pion_loop(np.array([at_threshold * (1 - 1e-9), at_threshold * (1 + 1e-9)])), rtol=1e-3)


def test_ranges():
    mass = np.array([0.0, 134.9, 135.1, 354.0, 354.2])
    assert list(BC1.production["K+ -> pi+ X"](mass, 1e-3) > 0) == [False, True, True, True, False]
    assert list(BC1.production["pi0 -> gamma X"](mass, 1e-3) > 0) == [True, True, False, False, False]
    assert BC1.lifetime_ns(0.5, 1e-3) == np.inf
    assert_allclose(BC1.decays["ee"](1.1, 1.0), 1)
    assert set(BC2.decays) == {"invisible"} and np.all(np.isinf(BC2.lifetime_ns(mass, 1.0)))


@pytest.mark.parametrize(
    ("correlation", "band"),
    [(-0.956, [3.68, 1.82, 0.99, 1.03]), (-0.972, [3.67, 1.75, 0.84, 0.89]), (0.0, [4.27, 4.10, 4.15, 4.12])],
)
def test_band_is_that_of_the_form_factor(correlation, band):
    model = build(Options(invisible=True, ab_correlation=correlation))
    low, high = model.theory_factors("K+ -> pi+ X", np.array([100.0, 200.0, 250.0, 300.0]))
    assert_allclose(high - 1, np.array(band) / 100, rtol=0.02)
    assert_allclose(1 - low, high - 1)
    assert_allclose(model.theory_factors("pi0 -> gamma X", 50.0), 1)


def muon_rate(options, coulomb=False):
    """B(K+ -> pi+ mu+ mu-) of W(z), with the attraction of the muons if asked for."""
    z = np.geomspace((2 * M_MUON / M_KAON) ** 2 * (1 + 1e-12), (1 - M_PION / M_KAON) ** 2, 20001)
    rate = dilepton_spectrum(z, M_MUON, options)
    if coulomb:
        beta = np.sqrt(1 - (2 * M_MUON / M_KAON) ** 2 / z[1:])
        x = 2 * np.pi * ALPHA / (2 * beta / (1 + beta**2))
        rate[1:] *= x / -np.expm1(-x)
    return np.trapezoid(rate, z) / WIDTH_KAON


def test_correlation_gives_the_published_error():
    base = Options(invisible=True)
    central = muon_rate(base)
    a, b = (
        muon_rate(base.model_copy(update={name: getattr(base, name) + getattr(base, f"{name}_error")})) / central - 1
        for name in ("a_plus", "b_plus")
    )
    assert_allclose(np.sqrt(a * a + b * b + 2 * base.ab_correlation * a * b), 0.08 / 9.15, rtol=0.02)


def test_coulomb_factor_gives_the_published_rate():
    assert_allclose(muon_rate(Options(invisible=True)), 8.859e-8, rtol=5e-4)
    assert_allclose(muon_rate(Options(invisible=True), coulomb=True), 9.112e-8, rtol=5e-4)


def test_the_decay_to_pions_is_a_quarter_of_that_to_muons_at_high_mass_but_for_the_pole():
    """A scalar pair has a quarter of the width of a Dirac pair: (beta^3/12) against beta (3 - beta^2)/6."""
    mass = np.array([0.3, 0.35])
    beta_pi, beta_mu = np.sqrt(1 - (2 * M_PION / mass) ** 2), np.sqrt(1 - (2 * M_MUON / mass) ** 2)
    pole = 1 / (1 - (mass / 0.77526) ** 2) ** 2
    ratio = pole * beta_pi**3 / 12 / (beta_mu * (3 - beta_mu**2) / 6)
    assert_allclose(pion_width(mass) / lepton_width(M_MUON)(mass), ratio, rtol=1e-3)
