import numpy as np
import pytest
from numpy.testing import assert_allclose

from darkaon.constants import M_MUON, M_TOP_MSBAR, M_TOP_POLE
from darkaon.models.dark_scalar import Options, build, lepton_width, pion_width, rate_constant

BC4 = build(Options(invisible=False))


@pytest.mark.parametrize(
    ("mass", "value", "digit"),
    [(0, 1.38e-3, 1e-5), (100, 1.307e-3, 1e-6), (200, 1.081e-3, 1e-6), (300, 6.46e-4, 1e-6)],
)
def test_kaon_branching_ratio(mass, value, digit):
    assert_allclose(BC4.production["K+ -> pi+ X"](mass, 1.0), value, rtol=0, atol=digit)


@pytest.mark.parametrize(
    ("mass", "seconds", "digit"), [(100, 3.84e-3, 1e-5), (200, 1.92e-3, 1e-5), (230, 0.635e-6, 1e-9)]
)
def test_lifetime(mass, seconds, digit):
    assert_allclose(BC4.lifetime_ns(mass, 1e-8) * 1e-9, seconds, rtol=0, atol=digit)


def test_pions_over_muons_at_leading_order():
    mass = np.array([0.300])
    assert_allclose(pion_width(mass) / lepton_width(M_MUON)(mass), 1.5, rtol=0, atol=0.1)


def test_pions_can_be_left_out():
    without = build(Options(invisible=False, pipi="none"))
    assert "pipi" not in without.decays
    assert_allclose(without.lifetime_ns(270.0, 1e-8), BC4.lifetime_ns(270.0, 1e-8))  # below 2 m_pi: the same
    assert without.lifetime_ns(300.0, 1e-8) > 2 * BC4.lifetime_ns(300.0, 1e-8)


def test_klong_ratio():
    ratio = BC4.production["KL -> pi0 X"](100, 1.0) / BC4.production["K+ -> pi+ X"](100, 1.0)
    assert_allclose(ratio, 3.46, rtol=0, atol=0.01)


def test_rate_constant_of_the_corrected_matrix_element():
    assert_allclose([rate_constant(M_TOP_MSBAR), rate_constant(M_TOP_POLE)], [2.97e-3, 3.77e-3], rtol=3e-3)
    low, high = BC4.theory_factors("K+ -> pi+ X", 100.0)
    assert_allclose([low, high], [0.989, 1.258], atol=1e-3)


def test_the_normalisation_is_an_option():
    doubled = build(Options(invisible=True, C=6e-3))
    ratio = doubled.production["K+ -> pi+ X"](100, 1.0) / BC4.production["K+ -> pi+ X"](100, 1.0)
    assert_allclose(ratio, 2)
