import re

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.unit.models.alp_patterns import PATTERNS, rows

from darkaon.constants import EPSILON_K, F_PION, M_K0, M_KAON, M_PI0
from darkaon.models.alp import Couplings, Options, low_couplings
from darkaon.models.alp_amplitudes import (
    NORM,
    OCTET,
    PI0_ETA_ANGLE,
    Chiral,
    charged,
    neutral,
    no_form_factor,
    reduced,
    vector_form_factor,
)
from darkaon.models.alp_running import LowCouplings
from darkaon.models.rates import kaon_to_pion, klong_to_pi0, kshort_to_pi0

WEIGHTS = {"8": (1.0, 0.0, 0.0), "12": (0.0, 1.0, 0.0), "32": (0.0, 0.0, 1.0)}


@pytest.mark.parametrize("row", rows("checks"), ids=lambda row: f"{row['quantity']}-{row['arguments'][:7]}")
def test_brackets(row):
    number = {name: float(value) for name, value in re.findall(r"(\w+)=(-?[\d.]+)", row["arguments"])}
    channel, kaon = ("charged", M_KAON) if row["quantity"].startswith("X") else ("neutral", M_K0)
    couplings = np.array([number[name] for name in ("c_GG", "c_uu", "c_dd", "c_ss", "dV")])
    bracket = reduced(channel, couplings, WEIGHTS[row["quantity"][1:]], number["eps"], (kaon**2, M_PI0**2))
    assert_allclose(bracket(np.array(number["m"])), float(row["value"]), rtol=1e-6)


def test_octet_without_isospin_breaking_is_the_published_amplitude():
    c_gg, c_uu, c_dd, c_ss, d_v = 0.3, -0.7, 1.1, 0.4, -0.9
    mass = np.array([0.01, 0.1, M_PI0, 0.2, 0.3])
    k, p, a = M_KAON**2, M_PI0**2, mass**2
    expected = (
        16 * c_gg * (k - p) * (k - a) / (4 * k - p - 3 * a)
        + 6 * (c_uu + c_dd - 2 * c_ss) * a * (k - a) / (4 * k - p - 3 * a)
        + (2 * c_uu + c_dd + c_ss) * (k - p - a)
        + 4 * c_ss * a
        + d_v * (k + p - a)
    )
    got = reduced("charged", np.array([c_gg, c_uu, c_dd, c_ss, d_v]), (1.0, 0.0, 0.0), 0.0, (k, p))(mass)
    assert_allclose(got, expected, rtol=1e-11)


def test_isospin_breaking_angle():
    assert_allclose(PI0_ETA_ANGLE, 0.012211, rtol=1e-4)


@pytest.mark.parametrize(
    ("channel", "pdg", "tolerance"), [("K+", 0.2067, 0.02), ("KS", 0.3069, 0.08), ("KL", 8.64e-4, 0.08)]
)
def test_at_the_pion_pole_a_becomes_a_pion(channel, pdg, tolerance):
    # an a that mixes with the pi0 by theta: B(K -> pi a) -> theta^2 B(K -> pi pi0), twice that for two equal pions
    c, mass = LowCouplings(c_uu=1.0, c_dd=-1.0), M_PI0 * (1 + 1e-7)
    theta = F_PION / np.sqrt(2) * mass**2 / (mass**2 - M_PI0**2)
    amplitude, rate, pions = {
        "K+": (charged(c, Chiral(), no_form_factor), kaon_to_pion, 1),
        "KS": (neutral(c, Chiral(), no_form_factor, -1), kshort_to_pi0, 2),
        "KL": (neutral(c, Chiral(), no_form_factor, 1), klong_to_pi0, 2),
    }[channel]
    value = rate(np.abs(amplitude(np.array(mass))) ** 2, np.array(mass)) / theta**2 / pions
    assert_allclose(value, pdg, rtol=tolerance)


def test_klong_contains_the_conjugate_coupling():
    c = low_couplings(Options(couplings=Couplings(**PATTERNS["BC11"])))
    mass = np.array([0.1, 0.13, 0.2])
    chiral = Chiral()
    light = np.array([c.c_gg, c.c_uu, c.c_dd, c.c_ss, c.d_vector])
    w = NORM / (4 * np.sqrt(2)) * reduced("neutral", light, chiral.weights(), chiral.eps, (M_K0**2, M_PI0**2))(mass)
    h = (M_K0**2 - M_PI0**2) / (2 * np.sqrt(2))

    def klong(k_21):
        k0, k0bar = -w + h * k_21, w - h * np.conj(k_21)
        return ((1 + EPSILON_K) * k0 + (1 - EPSILON_K) * k0bar) / np.sqrt(2 * (1 + abs(EPSILON_K) ** 2))

    right, wrong = klong(np.conj(c.k_12)), klong(c.k_12)
    assert_allclose(np.abs(wrong / right) ** 2, [1.20, 0.19, 2.66], rtol=0.02)
    assert_allclose(neutral(c, chiral, no_form_factor, 1)(mass), right, rtol=1e-12)


def test_cp_conservation_leaves_klong_nothing_but_epsilon():
    # a real coupling and real amplitudes: K_L -> pi0 a with a CP-odd a is forbidden
    c = LowCouplings(c_uu=1.0, c_dd=0.2, k_12=1e-6 + 0j)
    mass = np.array([0.05, 0.25])
    klong, kshort = (neutral(c, Chiral(), no_form_factor, sign)(mass) for sign in (1, -1))
    assert_allclose(klong, EPSILON_K * kshort, rtol=1e-12)


def test_octet_has_no_pole():
    c = LowCouplings(c_gg=1.0)
    near = M_PI0 + np.array([-1e-6, 0.0, 1e-6])
    values = charged(c, OCTET, no_form_factor)(near)
    assert_allclose(values, values[1], rtol=1e-4)
    full = charged(c, Chiral(), no_form_factor)(near[[0, 2]])
    assert np.all(abs(full) > 100 * abs(values[1])) and full[0].real * full[1].real < 0


def test_form_factor():
    assert_allclose(vector_form_factor(np.array([0.0, 0.13957039])), [0.9698, 0.9698 * 1.0138], rtol=1e-6)
    c = LowCouplings(k_12=1 + 0j)
    plain, with_slope = (charged(c, Chiral(), f)(np.array(0.1)) for f in (no_form_factor, vector_form_factor))
    assert_allclose(with_slope / plain, vector_form_factor(np.array(0.1)), rtol=1e-12)
