"""The detector: which tracks and photons it sees and how well it measures them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from darkaon.kinematics import momentum
from darkaon.simulation.experiment import Experiment
from darkaon.typing import Array


def in_acceptance(experiment: Experiment, track: Array, charge: int, vertex: Array) -> NDArray[np.bool_]:
    """Whether a track crosses every plane and is fast enough, or a photon (charge 0) hits the calorimeter.

    Args:
        experiment: whose planes.
        track: true four-momentum [GeV], shape (4, n).
        charge: +1, -1, or 0 for a photon, which no magnet bends and no chamber sees.
        vertex: where it starts (x, y, z) [m], shape (3, n).

    Returns:
        Shape (n,).
    """
    p = momentum(track)
    slope_x, slope_y = track[1] / track[3], track[2] / track[3]
    # the holes follow the beam, which the magnet deflects too
    kick = experiment.magnet_kick * (charge / p - 1 / experiment.beam.momentum)
    seen = (p > experiment.least_momentum if charge else p > 0) & (track[3] > 0)
    planes = (*experiment.chambers, experiment.calorimeter) if charge else (experiment.calorimeter,)
    for z, hole, outer in planes:
        x = vertex[0] + slope_x * (z - vertex[2]) + kick * max(z - experiment.magnet_z, 0.0)
        y = vertex[1] + slope_y * (z - vertex[2])
        radius2 = x * x + y * y
        seen &= (radius2 > hole * hole) & (radius2 < outer * outer)
    return seen


def tracks_separated(experiment: Experiment, tracks: Sequence[Array], vertex: Array) -> NDArray[np.bool_]:
    """Whether the first chamber tells all tracks from one another.

    Args:
        experiment: whose chamber.
        tracks: true four-momenta [GeV], each of shape (4, n).
        vertex: where they start (x, y, z) [m], shape (3, n).

    Returns:
        Shape (n,).
    """
    way = experiment.chambers[0][0] - vertex[2]
    separated = np.ones(vertex.shape[1], dtype=bool)
    for one, other in combinations(tracks, 2):
        x, y = (one[1:3] / one[3] - other[1:3] / other[3]) * way
        separated &= x * x + y * y >= experiment.separation**2
    return separated


Measured = tuple[Array, ...]  # momentum [GeV], dx/dz, dy/dz; of a cluster: energy [GeV], x, y, z [m]


def measure_track(rng: np.random.Generator, experiment: Experiment, track: Array) -> Measured:
    """What the spectrometer measures of a track."""
    p = momentum(track)
    constant, slope = experiment.track_momentum
    relative, angle = np.hypot(constant, slope * p), np.interp(p, *experiment.track_angle)
    return _measure(rng, track, relative * experiment.smearing, angle * experiment.smearing)


def measure_beam(rng: np.random.Generator, experiment: Experiment, parent: Array) -> Measured:
    """What the beam tracker measures of what decays."""
    relative, angle = experiment.beam_momentum, experiment.beam_angle
    return _measure(rng, parent, relative * experiment.smearing, angle * experiment.smearing)


def measure_cluster(rng: np.random.Generator, experiment: Experiment, photon: Array, vertex: Array) -> Measured:
    """Energy [GeV] and position [m] that the calorimeter measures of a photon from `vertex`, shape (3, n)."""
    energy, way = photon[0], experiment.calorimeter[0] - vertex[2]
    stochastic, noise, constant = experiment.cluster_energy
    relative = np.sqrt(stochastic**2 / energy + (noise / energy) ** 2 + constant**2)
    error = rng.standard_normal((3, photon.shape[1]))
    return (
        energy * np.maximum(1 + relative * error[0], 0.0),
        vertex[0] + photon[1] / photon[3] * way + experiment.cluster_position * error[1],
        vertex[1] + photon[2] / photon[3] * way + experiment.cluster_position * error[2],
        np.full(photon.shape[1], experiment.calorimeter[0]),
    )


def _measure(rng: np.random.Generator, particle: Array, relative: Array | float, angle: Array | float) -> Measured:
    error = rng.standard_normal((3, particle.shape[1]))
    return (
        momentum(particle) * (1 + relative * error[0]),
        particle[1] / particle[3] + angle * error[1],
        particle[2] / particle[3] + angle * error[2],
    )
