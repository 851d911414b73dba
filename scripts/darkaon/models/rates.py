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


def velocity(mass: Array, daughter: float) -> Array:
    """Velocity beta = sqrt(1 - 4 m^2/M^2) of the daughters in X -> d d; zero below threshold."""
    with np.errstate(divide="ignore"):
        return np.sqrt(np.maximum(1 - np.divide(2 * daughter, mass) ** 2, 0.0))
