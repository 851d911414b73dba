"""Four-momenta as arrays of shape (4, n): energy, then the three components [GeV], all in float64.

Tracks come as momentum and slopes dx/dz, dy/dz. The third direction component is always rebuilt from the
slopes in float64: three stored float32 components would cost 1.1e-4 GeV^2 in a squared missing mass.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from darkaon.typing import Array


def four_momentum(momentum: ArrayLike, slope_x: ArrayLike, slope_y: ArrayLike, mass: float) -> Array:
    """Four-momentum of tracks that fly to positive z.

    Args:
        momentum: magnitude [GeV], shape (n,).
        slope_x: dx/dz, shape (n,).
        slope_y: dy/dz, shape (n,).
        mass: mass hypothesis [GeV].

    Returns:
        (E, px, py, pz) [GeV], shape (4, n).
    """
    p, sx, sy = (np.asarray(values, dtype=float) for values in (momentum, slope_x, slope_y))
    pz = p / np.sqrt(1 + sx * sx + sy * sy)
    found = np.empty((4, *np.shape(pz)))
    found[0] = np.sqrt(p * p + mass * mass)
    found[1], found[2], found[3] = pz * sx, pz * sy, pz
    return found


class Track(tuple[Array, Array, Array]):
    """Momentum [GeV], dx/dz and dy/dz of a track, shapes (n,), which keeps the four-momenta that were asked for."""

    def four_momentum(self, mass: float) -> Array:
        """`four_momentum` with this mass hypothesis [GeV], shape (4, n); not to be changed."""
        kept: dict[Any, Array] = self.__dict__
        if mass not in kept:
            kept[mass] = four_momentum(*self, mass)
        return kept[mass]


def momentum(p: Array) -> Array:
    """Magnitude of the three-momentum [GeV], shape (n,)."""
    return np.sqrt(p[1] * p[1] + p[2] * p[2] + p[3] * p[3])


def mass_squared(p: Array) -> Array:
    """Invariant mass squared [GeV^2], shape (n,); below 0 for a space-like sum."""
    return (p[0] - momentum(p)) * (p[0] + momentum(p))


def mass(p: Array) -> Array:
    """Invariant mass [GeV], shape (n,); 0 where rounding makes the square negative."""
    return np.sqrt(np.maximum(mass_squared(p), 0.0))


def boost(p: Array, frame: Array, frame_mass: ArrayLike) -> Array:
    """Carry `p` from the rest frame of a particle to where that particle has four-momentum `frame`.

    Args:
        p: four-momenta in the rest frame [GeV], shape (4, n).
        frame: four-momentum of the particle [GeV], shape (4, n).
        frame_mass: its mass [GeV], scalar or shape (n,).

    Returns:
        The same four-momenta in the other frame, shape (4, n). J. D. Jackson, Classical Electrodynamics,
        eq. 11.19.
    """
    along = p[1] * frame[1] + p[2] * frame[2] + p[3] * frame[3]
    energy = (p[0] * frame[0] + along) / frame_mass
    shift = (p[0] + energy) / (frame[0] + frame_mass)
    return np.stack([energy, *(p[i] + frame[i] * shift for i in (1, 2, 3))])
