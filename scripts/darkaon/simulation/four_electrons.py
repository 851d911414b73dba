"""Decays K+ -> pi+ and two electron pairs, drawn in the rest frame of the kaon: pion, e+ e- and e+ e-."""

from __future__ import annotations

import numpy as np

from darkaon.constants import M_ELECTRON, M_KAON, M_PION
from darkaon.kinematics import boost
from darkaon.models.rates import momentum, velocity
from darkaon.simulation.decay import Draw, back_to_back, directions, lepton_pair, quantiles, transverse
from darkaon.simulation.kaon_pion import digamma_quantiles
from darkaon.typing import Array

LARGEST = M_KAON - M_PION  # mass of all that is not the pion


def _pairs(rng: np.random.Generator, parent: Array, mass: Array, daughter: float) -> list[Array]:
    """The electrons of two particles of mass `daughter`, to which `parent` decays; all prompt and isotropic."""
    n = parent.shape[1]
    p = momentum(mass, daughter, np.full(n, daughter))
    two = back_to_back(p, directions(rng, n), (daughter, daughter))
    return [e for x in two for e in lepton_pair(rng, boost(x, parent, mass), daughter, M_ELECTRON)]


def pi_aa(mass: float) -> Draw:
    """K+ -> pi+ a a, a -> e+ e-, by phase space alone: dGamma/dm_aa ~ p_pi p_a; mass of a [GeV].

    The matrix element depends on the model; a constant is the usual choice.
    """

    def spectrum(pair: Array) -> Array:
        return momentum(M_KAON, M_PION, pair) * momentum(pair, mass, np.full_like(pair, mass))

    pairs = quantiles(spectrum, 2 * mass, LARGEST)

    def draw(rng: np.random.Generator, n: int) -> list[Array]:
        both = np.interp(rng.uniform(0, 1, n), *pairs)
        pion, x = back_to_back(momentum(M_KAON, M_PION, both), directions(rng, n), (M_PION, both))
        return [pion, *_pairs(rng, x, both, mass)]

    return draw


def pi_s(mass: float, mass2: float) -> Draw:
    """K+ -> pi+ S, S -> A' A', A' -> e+ e-; masses of S and of A' [GeV]."""

    def draw(rng: np.random.Generator, n: int) -> list[Array]:
        s = np.full(n, mass)
        pion, x = back_to_back(momentum(M_KAON, M_PION, s), directions(rng, n), (M_PION, mass))
        return [pion, *_pairs(rng, x, s, mass2)]

    return draw


def conversion(mass: Array | float, first: Array, second: Array) -> Array:
    """How two photons of invariant mass `mass` become two electron pairs of masses `first` and `second` [GeV].

    They have one shape, any.

    Gamma(4e)/Gamma(gamma gamma) = (alpha/3 pi)^2 times the integral of this over d ln q1^2 d ln q2^2, for a scalar
    coupling F F' and without the exchange of electrons. N. Kroll and W. Wada, Phys. Rev. 98 (1955) 1355 (recalled).

    Returns:
        From 0 to 1.
    """
    x, y = (first / mass) ** 2, (second / mass) ** 2
    phase_space = np.sqrt(np.maximum((1 - x - y) ** 2 - 4 * x * y, 0.0))
    amplitude = (1 - x - y) ** 2 + 2 * x * y
    return np.where(first + second < mass, phase_space * amplitude * _pair(first) * _pair(second), 0.0)


def _pair(mass: Array) -> Array:
    """The factor beta (1 + 2 m_e^2/q^2) of a virtual photon's electron pair."""
    return velocity(mass, M_ELECTRON) * (1 + 2 * (M_ELECTRON / mass) ** 2)


def pi_4e(rng: np.random.Generator, n: int) -> list[Array]:
    """K+ -> pi+ e+ e- e+ e- of the Standard Model: the photons of K+ -> pi+ gamma gamma, both converted."""
    masses = np.empty((3, n))  # of both pairs together, and of each
    pending = np.arange(n)
    threshold = 2 * M_ELECTRON
    while pending.size:
        u = rng.uniform(0, 1, (4, pending.size))
        both = M_KAON * np.sqrt(np.interp(u[0], *digamma_quantiles()))
        first, second = threshold * np.exp(u[1:3] * np.log(LARGEST / threshold))
        kept = u[3] < conversion(both, first, second)
        masses[:, pending[kept]] = both[kept], first[kept], second[kept]
        pending = pending[~kept]
    both, first, second = masses
    pion, x = back_to_back(momentum(M_KAON, M_PION, both), directions(rng, n), (M_PION, both))
    photons = back_to_back(momentum(both, first, second), directions(rng, n), (first, second))
    tracks = [pion]
    for photon, mass in zip(photons, (first, second), strict=True):
        tracks += lepton_pair(rng, boost(photon, x, both), mass, M_ELECTRON, transverse)
    return tracks
