"""Decays K+ -> mu+ and two or three particles that are not seen, drawn in the rest frame of the kaon."""

from __future__ import annotations

from functools import cache

import numpy as np

from darkaon.constants import M_KAON, M_MUON
from darkaon.kinematics import boost
from darkaon.models.muon_force import neutrino_range, products, vector_emission
from darkaon.models.rates import momentum
from darkaon.simulation.decay import Draw, back_to_back, directions, quantiles
from darkaon.simulation.leptonic import lepton_and_recoil
from darkaon.typing import Array


def squared_amplitude(q: Array, mass: float) -> tuple[Array, Array]:
    """For K+ -> mu+ nu X, a scalar X radiated by the muon: f and k of |M|^2 = f (1 + k cos), not normalised.

    M ~ u(nu) (1 + g5) [m kslash - q^2 - m^2] v(mu) / (q^2 - m^2), k the momentum of X and q that of muon and X
    together, of mass `q`, shape (n,), beside `mass` of X [GeV]; cos is that of the angle between muon and neutrino in
    its rest frame.
    """
    s, m2, x2 = q * q, M_MUON**2, mass * mass
    p = momentum(q, mass, np.full_like(q, M_MUON))
    energies = (s + m2 - x2) / (2 * q), (s + x2 - m2) / (2 * q), (M_KAON**2 - s) / (2 * q)  # muon, X, neutrino
    of_muon = (s + m2) ** 2 - m2 * x2  # factors of p_nu.p_mu and p_nu.k
    of_x = m2 * (s - m2 - x2) + 2 * m2 * (s + m2)
    flat = of_muon * energies[0] + of_x * energies[1]
    return energies[2] * flat / (s - m2) ** 2, p * (of_x - of_muon) / flat


def mu_nu_x(mass: float) -> Draw:
    """K+ -> mu+ nu X, a scalar X that couples to muons alone, of a mass [GeV] above 0, where the rate diverges."""

    def spectrum(q: Array) -> Array:
        phase_space = momentum(M_KAON, 0.0, q) * momentum(q, mass, np.full_like(q, M_MUON))
        return phase_space * squared_amplitude(q, mass)[0]

    pairs = quantiles(spectrum, M_MUON + mass, M_KAON)

    def draw(rng: np.random.Generator, n: int) -> list[Array]:
        q = np.interp(rng.uniform(0, 1, n), *pairs)
        neutrino, pair = back_to_back(momentum(M_KAON, 0.0, q), directions(rng, n), (0.0, q))
        slope, u = squared_amplitude(q, mass)[1], rng.uniform(0, 1, n)
        rest = 2 - slope - 4 * u  # slope cos^2 + 2 cos + rest = 0
        cosine = -rest / (1 + np.sqrt(np.maximum(1 - slope * rest, 0.0)))
        p = momentum(q, mass, np.full(n, M_MUON)) * _at_angle(rng, neutrino[1:], cosine)
        muon = np.concatenate([np.sqrt(np.sum(p * p, axis=0) + M_MUON**2)[None], p])
        return [boost(muon, pair, q)]

    return draw


def mu_nu_v(mass: float) -> Draw:
    """K+ -> mu+ nu V, a vector V of L_mu - L_tau of a mass [GeV] above 0, where the rate diverges."""
    ends = np.log([(M_MUON + mass) ** 2 - M_MUON**2, M_KAON**2 - M_MUON**2])

    def density(u: Array, v: Array) -> tuple[Array, Array, Array]:
        """Of the parts of the ranges of log(s - m_mu^2) and log a; s and a (see `vector_emission`)."""
        b = np.exp(ends[0] + (ends[1] - ends[0]) * u)
        low, high = (np.log(end) for end in neutrino_range(mass, b + M_MUON**2))
        a = np.exp(low + (high - low) * v)
        emitted = vector_emission(mass, *products(mass, b + M_MUON**2, a))
        return emitted * a * b * (high - low), b + M_MUON**2, a

    largest = 1.1 * np.max(density(*np.meshgrid(*[(np.arange(200) + 0.5) / 200] * 2))[0])

    def draw(rng: np.random.Generator, n: int) -> list[Array]:
        s, a, pending = np.empty(n), np.empty(n), np.arange(n)
        while pending.size:
            drawn = density(*rng.uniform(0, 1, (2, pending.size)))
            kept = rng.uniform(0, largest, pending.size) < drawn[0]
            s[pending[kept]], a[pending[kept]] = drawn[1][kept], drawn[2][kept]
            pending = pending[~kept]
        q = np.sqrt(s)
        neutrino, pair = back_to_back(momentum(M_KAON, 0.0, q), directions(rng, n), (0.0, q))
        p, energy = momentum(q, mass, np.full(n, M_MUON)), (M_KAON**2 - s) / (2 * q)
        backward = (a - mass * mass) / 2 / energy - (s + mass * mass - M_MUON**2) / (2 * q)  # of V: -p cos
        way = p * _at_angle(rng, neutrino[1:], np.clip(backward / p, -1, 1))
        muon = np.concatenate([np.sqrt(np.sum(way * way, axis=0) + M_MUON**2)[None], way])
        return [boost(muon, pair, q)]

    return draw


def _at_angle(rng: np.random.Generator, axis: Array, cosine: Array) -> Array:
    """Unit vectors, shape (3, n), at angles of these cosines to `axis`, anywhere around it."""
    axis = axis / np.sqrt(np.sum(axis * axis, axis=0))
    across = directions(rng, axis.shape[1])
    across = across - np.sum(across * axis, axis=0) * axis
    across = across / np.sqrt(np.sum(across * across, axis=0))
    return cosine * axis + np.sqrt(np.maximum(1 - cosine * cosine, 0.0)) * across


@cache
def _three_neutrinos() -> tuple[Array, Array]:
    """Quantiles of the mass of three massless particles beside the muon: dGamma/dm ~ p_mu m^3 by phase space."""
    return quantiles(lambda m: momentum(M_KAON, M_MUON, m) * m**3, 0.0, M_KAON - M_MUON)


def mu_3nu(rng: np.random.Generator, n: int) -> list[Array]:
    """K+ -> mu+ and three neutrinos by phase space alone."""
    recoil = np.interp(rng.uniform(0, 1, n), *_three_neutrinos())
    return lepton_and_recoil(M_KAON, M_MUON, recoil).draw(rng, n)
