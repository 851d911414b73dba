"""Two-body rates that several models share. Natural units (GeV); zero outside the kinematic range."""

from __future__ import annotations

import numpy as np

from darkaon.constants import M_K0, M_KAON, M_PI0, M_PION, WIDTH_KAON, WIDTH_KL, WIDTH_KS
from darkaon.typing import Array


def triangle(x: Array | float, y: Array | float, z: Array | float) -> Array:
    """Kaellen's function lambda(x, y, z), not below zero."""
    value = x * x + y * y + z * z - 2 * (x * y + y * z + x * z)
    return np.maximum(value, 0.0)


def momentum(parent: Array | float, sibling: Array | float, mass: Array) -> Array:
    """Momentum in the decay parent -> sibling + X of mass `mass`; zero where it is forbidden."""
    allowed = (mass >= 0) & (mass <= parent - sibling)
    return np.where(allowed, np.sqrt(triangle(parent**2, sibling**2, mass**2)) / (2 * parent), 0.0)


def kaon_to_pion(squared_amplitude: Array | float, mass: Array) -> Array:
    """B(K+ -> pi+ X) of |M|^2, arXiv:2507.17286 eq. 4.1 (correct as printed)."""
    return momentum(M_KAON, M_PION, mass) * squared_amplitude / (8 * np.pi * WIDTH_KAON * M_KAON**2)


def klong_to_pi0(squared_amplitude: Array | float, mass: Array) -> Array:
    """B(KL -> pi0 X) of |M|^2: eq. 4.1 for the neutral kaon."""
    return momentum(M_K0, M_PI0, mass) * squared_amplitude / (8 * np.pi * WIDTH_KL * M_K0**2)


def kshort_to_pi0(squared_amplitude: Array | float, mass: Array) -> Array:
    """B(KS -> pi0 X) of |M|^2: eq. 4.1 for the neutral kaon."""
    return momentum(M_K0, M_PI0, mass) * squared_amplitude / (8 * np.pi * WIDTH_KS * M_K0**2)


def vector_width(mass: Array, lepton: float) -> Array:
    """Gamma(X -> l l)/g^2 [GeV] of a vector X with the vector coupling g to leptons of mass `lepton` [GeV]."""
    beta = velocity(mass, lepton)
    return mass / (12 * np.pi) * beta * (3 - beta**2) / 2


def loop_function(tau: Array) -> Array:
    """f^2 of a fermion loop in X -> gamma gamma, tau = 4 m^2/M^2: arcsin^2(tau^(-1/2)), complex below tau = 1."""
    beta = np.sqrt(np.maximum(1 - tau, 0.0))
    heavy = np.arcsin(1 / np.sqrt(np.maximum(tau, 1.0))) ** 2
    light = -0.25 * (np.log((1 + beta) ** 2 / np.minimum(tau, 1.0)) - 1j * np.pi) ** 2
    return np.where(tau >= 1, heavy, light)


def velocity(mass: Array, daughter: float) -> Array:
    """Velocity beta = sqrt(1 - 4 m^2/M^2) of the daughters in X -> d d; zero below threshold."""
    with np.errstate(divide="ignore"):
        return np.sqrt(np.maximum(1 - np.divide(2 * daughter, mass) ** 2, 0.0))
