"""X -> mu+ mu- that decays in flight: do pion and muons still look as if they came from one point?

The pion starts at the vertex of the kaon, the muons start where X decays. A vertex fit asks how far tracks pass from
their common point. All of these distances grow in proportion to the flight of X, so that a cut on the largest is a
cut on the flight, decay by decay: near the threshold the muons fly along with X and hide a long flight.
"""

from __future__ import annotations

import numpy as np

from darkaon.constants import M_KAON, MEV, SPEED_OF_LIGHT_M_PER_NS
from darkaon.kinematics import boost, momentum
from darkaon.simulation.beam import parents
from darkaon.simulation.detector import in_acceptance, tracks_separated
from darkaon.simulation.experiment import Experiment
from darkaon.simulation.kaon_pion import pi_x_mumu
from darkaon.typing import Array

CHARGES = (1, 1, -1)


def hidden_lifetimes(rng: np.random.Generator, mass_MeV: float, decays: int, experiment: Experiment) -> Array:
    """Proper time of X [ns] after which a track passes 1 m from the common point of the three.

    Returns:
        One number for each decay that the detector sees.
    """
    kaon = parents(rng, experiment.beam, M_KAON, decays)
    tracks = [boost(track, kaon.momentum, M_KAON) for track in pi_x_mumu(mass_MeV * MEV)(rng, decays)]
    seen = tracks_separated(experiment, tracks, kaon.vertex)
    for track, charge in zip(tracks, CHARGES, strict=True):
        seen &= in_acceptance(experiment, track, charge, kaon.vertex)
    pion, plus, minus = (track[:, seen] for track in tracks)
    x = plus + minus
    p = momentum(x)
    starts = [np.zeros((3, len(p))), x[1:] / p, x[1:] / p]  # after a flight of 1 m
    distance = largest_distance(starts, [track[1:] / momentum(track) for track in (pion, plus, minus)])
    return mass_MeV * MEV / (p * SPEED_OF_LIGHT_M_PER_NS * distance)


def largest_distance(starts: list[Array], directions: list[Array]) -> Array:
    """How far the farthest of some lines passes from the point that is nearest to all of them, in least squares.

    Args:
        starts: a point of each line, shapes (3, n).
        directions: unit vectors, shapes (3, n).

    Returns:
        Shape (n,), in the unit of `starts`.
    """
    across = [np.eye(3)[:, :, None] - u[:, None] * u[None] for u in directions]
    matrix = np.sum(across, axis=0).transpose(2, 0, 1)
    vector = np.sum([np.einsum("ijn,jn->in", a, s) for a, s in zip(across, starts, strict=True)], axis=0)
    point = np.linalg.solve(matrix, vector.T[..., None])[..., 0].T
    away = [np.einsum("ijn,jn->in", a, s - point) for a, s in zip(across, starts, strict=True)]
    return np.sqrt(np.max([np.sum(a * a, axis=0) for a in away], axis=0))
