"""The detector: which tracks it sees and how well it measures them.

Geometry after NA62 (JINST 12 (2017) P05025), simplified: four straw chambers with a magnet in the middle and
a calorimeter plane, each a disc with a hole around the deflected beam.
Resolutions before smearing: beam 0.2 % and 16 urad, tracks 0.30 % (+) 0.005 % p and 60 to 20 urad.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darkaon.kinematics import Array, momentum
from darkaon.simulation.beam import MOMENTUM

# z, radius of the beam hole, outer radius [m]: straw chambers 1 to 4, liquid krypton calorimeter
PLANES = ((183.5, 0.06, 1.0), (194.1, 0.06, 1.0), (204.5, 0.06, 1.0), (218.9, 0.06, 1.0), (241.1, 0.15, 1.13))
EXIT_Z = 241.0  # m: what decays beyond is not seen
MAGNET_Z = 197.6  # m
MAGNET_KICK = 0.27  # GeV, horizontal, for charge +1
LEAST_MOMENTUM = 5.0  # GeV

# Resolutions before the factor `smearing`
BEAM_MOMENTUM = 2e-3  # relative
BEAM_ANGLE = 16e-6  # rad
TRACK_MOMENTUM_CONSTANT, TRACK_MOMENTUM_SLOPE = 3e-3, 5e-5  # relative; relative per GeV, in quadrature
TRACK_ANGLE = ((10.0, 50.0), (60e-6, 20e-6))  # rad at momenta [GeV], linear between them, constant outside

# Liquid krypton calorimeter (recalled): sigma_E/E = 4.8 %/sqrt(E) (+) 11 %/E (+) 0.9 %, E in GeV, and 1 mm
CLUSTER_ENERGY = (0.048, 0.11, 0.009)
CLUSTER_POSITION = 1e-3  # m


def in_acceptance(track: Array, charge: int, vertex: Array) -> NDArray[np.bool_]:
    """Whether a track crosses every plane and is fast enough, or a photon (charge 0) hits the calorimeter.

    Args:
        track: true four-momentum [GeV], shape (4, n).
        charge: +1, -1, or 0 for a photon, which no magnet bends and no chamber sees.
        vertex: where it starts (x, y, z) [m], shape (3, n).

    Returns:
        Shape (n,).
    """
    p = momentum(track)
    slope_x, slope_y = track[1] / track[3], track[2] / track[3]
    # the holes follow the beam, which the magnet deflects too
    kick = MAGNET_KICK * (charge / p - 1 / MOMENTUM)
    seen = (p > LEAST_MOMENTUM if charge else p > 0) & (track[3] > 0)
    for z, hole, outer in PLANES if charge else PLANES[-1:]:
        x = vertex[0] + slope_x * (z - vertex[2]) + kick * max(z - MAGNET_Z, 0.0)
        y = vertex[1] + slope_y * (z - vertex[2])
        radius2 = x * x + y * y
        seen &= (radius2 > hole * hole) & (radius2 < outer * outer)
    return seen


Measured = tuple[Array, Array, Array]  # momentum [GeV], dx/dz, dy/dz; of a cluster: energy [GeV], x, y [m]


def measure_track(rng: np.random.Generator, track: Array, smearing: float) -> Measured:
    """What the spectrometer measures of a track; `smearing` multiplies the resolutions."""
    p = momentum(track)
    relative = np.hypot(TRACK_MOMENTUM_CONSTANT, TRACK_MOMENTUM_SLOPE * p)
    return _measure(rng, track, relative * smearing, np.interp(p, *TRACK_ANGLE) * smearing)


def measure_beam(rng: np.random.Generator, kaon: Array, smearing: float) -> Measured:
    """What the beam tracker measures of a kaon; `smearing` multiplies the resolutions."""
    return _measure(rng, kaon, BEAM_MOMENTUM * smearing, BEAM_ANGLE * smearing)


def measure_cluster(rng: np.random.Generator, photon: Array, vertex: Array) -> Measured:
    """Energy [GeV] and position [m] that the calorimeter measures of a photon from `vertex`, shape (3, n)."""
    energy, way = photon[0], PLANES[-1][0] - vertex[2]
    stochastic, noise, constant = CLUSTER_ENERGY
    relative = np.sqrt(stochastic**2 / energy + (noise / energy) ** 2 + constant**2)
    error = rng.standard_normal((3, photon.shape[1]))
    return (
        energy * np.maximum(1 + relative * error[0], 0.0),
        vertex[0] + photon[1] / photon[3] * way + CLUSTER_POSITION * error[1],
        vertex[1] + photon[2] / photon[3] * way + CLUSTER_POSITION * error[2],
    )


def _measure(rng: np.random.Generator, particle: Array, relative: Array | float, angle: Array | float) -> Measured:
    error = rng.standard_normal((3, particle.shape[1]))
    return (
        momentum(particle) * (1 + relative * error[0]),
        particle[1] / particle[3] + angle * error[1],
        particle[2] / particle[3] + angle * error[2],
    )
