"""Amplitudes of K+ -> pi+ a, KL -> pi0 a and KS -> pi0 a at leading order of chiral perturbation theory.

Octet and 27-plet operators with isospin breaking to first order (`alp_polynomials`), which gives the a-pi0 mixing its
pole at the pi0 mass, and the flavour-changing coupling k_12. With f the scale of the axion-like particle, K, P and a
squared masses, N = -(G_F/sqrt 2)|V_ud V_us| f_pi^2:

    A(K+ -> pi+ a) = N e^(i delta8)/(4f) [g8 X8 + (g27/9) X12 + (5 g27/9) X32] - (K - P)/(2f) k_21
    A(K0bar -> pi0 a) = W - h k_12,  A(K0 -> pi0 a) = -W + h k_21,  h = (K - P)/(2 sqrt 2 f)

and W = N e^(i delta8)/(4 sqrt 2 f) [g8 Y8 + ...]. KL and KS contain epsilon_K: near the pole KL -> pi0 a must become
KL -> pi0 pi0. arXiv:2102.13112 has the octet in the limit of isospin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import polynomial

from darkaon.constants import (
    EPSILON_K,
    F_PION,
    G_FERMI,
    M_DOWN,
    M_K0,
    M_KAON,
    M_PI0,
    M_PION,
    M_STRANGE,
    M_UP,
    V_UD,
    V_US,
)
from darkaon.models.alp_polynomials import OPERATORS, coefficients
from darkaon.models.alp_running import LowCouplings
from darkaon.typing import Array

Weights = tuple[float, float, float]  # of the operators 8, 12, 32
Amplitude = Callable[[Array], Array]  # of the mass of a in GeV, times f; complex, GeV^2

NORM = -G_FERMI / np.sqrt(2) * V_UD * V_US * F_PION**2
PI0_ETA_ANGLE = np.sqrt(3) / 4 * (M_DOWN - M_UP) / (M_STRANGE - (M_UP + M_DOWN) / 2)  # 0.0122


@dataclass(frozen=True)
class Chiral:
    """Constants of the weak chiral Lagrangian.

    Attributes:
        g8: octet.
        g27: 27-plet; 0.244 gives the measured B(K+ -> pi+ pi0) with this eps (0.286 fits without isospin breaking).
        eps: mixing angle of pi0 and eta.
        delta8: phase of the weak amplitude relative to the flavour-changing coupling; it is not known, and
            destructive interference at 0 is the usual choice.
    """

    g8: float = 4.99
    g27: float = 0.244
    eps: float = PI0_ETA_ANGLE
    delta8: float = 0.0

    def weights(self) -> Weights:
        """Weights of the operators (8, 12, 32)."""
        return self.g8, self.g27 / 9, 5 * self.g27 / 9


OCTET = Chiral(g27=0.0, eps=0.0)


def reduced(channel: str, couplings: Array, weights: Weights, eps: float, masses2: tuple[float, float]) -> Amplitude:
    """The bracket of a weak amplitude: sum over operators of weight times X (charged) or Y (neutral), NaN at a pole.

    Args:
        channel: ``charged`` or ``neutral``.
        couplings: c_GG, c_uu, c_dd, c_ss, dV at 2 GeV.
        weights: of the operators 8, 12, 32.
        eps: mixing angle of pi0 and eta.
        masses2: squared masses of the kaon and of the neutral pion, GeV^2.
    """
    kaon2, pion2 = masses2
    n0, n1 = (_numerator(channel, order, couplings, weights, masses2) for order in (0, 1))
    denominator = np.array([4 * kaon2 - pion2, -3.0])  # D, in powers of a
    pole = np.array([pion2, -1.0])  # P - a
    # without eps the octet has no pole: dividing it out leaves no 0/0 at m_pi0
    smooth, rest = polynomial.polydiv(n0, pole)
    breaking = eps / np.sqrt(3) * n1
    poleless = not np.any(breaking) and np.max(np.abs(rest)) < 1e-12 * np.max(np.abs(n0), initial=1e-300)

    def function(mass: Array) -> Array:
        a = np.asarray(mass) ** 2
        d = polynomial.polyval(a, denominator)
        if poleless:
            return np.asarray(polynomial.polyval(a, smooth) / d)
        value = polynomial.polyval(a, n0) + polynomial.polyval(a, breaking) / d
        gap = polynomial.polyval(a, pole)
        at_pole = np.abs(gap) < 1e-9 * pion2  # within 1e-7 MeV
        return np.asarray(np.where(at_pole, np.nan, value / (d * np.where(at_pole, 1.0, gap))))

    return function


def _numerator(channel: str, order: int, couplings: Array, weights: Weights, masses2: tuple[float, float]) -> Array:
    """Coefficients of n0 or n1 in powers of a."""
    kaon2, pion2 = masses2
    degree = 3 + order
    result = np.zeros(degree + 1)
    for weight, operator in zip(weights, OPERATORS, strict=True):
        table = np.einsum("c,cij->ij", couplings, coefficients()[channel, operator, order])
        for i, j in zip(*np.nonzero(table), strict=True):
            result[degree - i - j] += weight * table[i, j] * kaon2**i * pion2**j
    return result


def _light(c: LowCouplings) -> Array:
    return np.array([c.c_gg, c.c_uu, c.c_dd, c.c_ss, c.d_vector])


def charged(c: LowCouplings, chiral: Chiral, form_factor: Amplitude) -> Amplitude:
    """A(K+ -> pi+ a) times f. `form_factor` multiplies the flavour-changing coupling."""
    bracket = reduced("charged", _light(c), chiral.weights(), chiral.eps, (M_KAON**2, M_PI0**2))
    weak = NORM * np.exp(1j * chiral.delta8) / 4
    changing = (M_KAON**2 - M_PION**2) / 2 * np.conj(c.k_12)
    return lambda mass: weak * bracket(mass) - changing * form_factor(mass)


def neutral(c: LowCouplings, chiral: Chiral, form_factor: Amplitude, sign: int) -> Amplitude:
    """A(KL -> pi0 a) (`sign` +1) or A(KS -> pi0 a) (-1) times f."""
    bracket = reduced("neutral", _light(c), chiral.weights(), chiral.eps, (M_K0**2, M_PI0**2))
    weak = NORM * np.exp(1j * chiral.delta8) / (4 * np.sqrt(2))
    h = (M_K0**2 - M_PI0**2) / (2 * np.sqrt(2))
    norm = np.sqrt(2 * (1 + abs(EPSILON_K) ** 2))

    def function(mass: Array) -> Array:
        w, factor = weak * bracket(mass), h * form_factor(mass)
        k0bar, k0 = w - factor * c.k_12, -w + factor * np.conj(c.k_12)
        return np.asarray(((1 + EPSILON_K) * k0 + sign * (1 - EPSILON_K) * k0bar) / norm)

    return function


def no_form_factor(mass: Array) -> Array:
    """1: the flavour-changing matrix element at leading order."""
    return np.ones_like(np.asarray(mass, dtype=float))


def vector_form_factor(mass: Array) -> Array:
    """f_0(q^2) of K -> pi at q^2 = m_a^2: f_+(0) = 0.9698, slope 0.0138/m_pi^2 (recalled)."""
    return np.asarray(0.9698 * (1 + 0.0138 * np.asarray(mass) ** 2 / M_PION**2))
