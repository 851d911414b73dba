"""What a simulated decay is, and the kinematics that decays share: in the rest frame of what decays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkaon.constants import M_KAON
from darkaon.kinematics import boost
from darkaon.models.rates import velocity
from darkaon.typing import Array

Draw = Callable[[np.random.Generator, int], list[Array]]
Around = Callable[[np.random.Generator, Array, Array], Array]  # (generator, axis, velocity) -> directions


@dataclass(frozen=True)
class Decay:
    """A decay.

    Attributes:
        charges: charge of each track, 0 for a photon.
        draw: (generator, n) -> four-momentum [GeV] of each track in the rest frame of the parent, shapes (4, n).
        escapes: whether what the parent decays to beside the tracks is X, whose flight is of interest.
        parent: mass of what decays [GeV].
    """

    charges: tuple[int, ...]
    draw: Draw
    escapes: bool = False
    parent: float = M_KAON


def directions(rng: np.random.Generator, n: int) -> Array:
    """Unit vectors, isotropic, shape (3, n)."""
    cosine, azimuth = rng.uniform(-1, 1, n), rng.uniform(0, 2 * np.pi, n)
    sine = np.sqrt(1 - cosine * cosine)
    return np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine])


def back_to_back(p: Array | float, direction: Array, masses: tuple[Array | float, Array | float]) -> list[Array]:
    """The two four-momenta [GeV], shapes (4, n), of a two-body decay at rest with momentum `p`."""
    first = p * direction
    p2 = np.sum(first * first, axis=0)
    return [
        np.concatenate([np.sqrt(p2 + masses[0] ** 2)[None], first]),
        np.concatenate([np.sqrt(p2 + masses[1] ** 2)[None], -first]),
    ]


def longitudinal(rng: np.random.Generator, axis: Array, beta: Array) -> Array:
    """Directions with density 1 - beta^2 cos^2 around `axis`."""
    return _around(rng, axis, lambda cosine, some: 1 - (beta[some] * cosine) ** 2)


def transverse(rng: np.random.Generator, axis: Array, beta: Array) -> Array:
    """Directions with density 1 + cos^2 + (1 - beta^2) sin^2 around `axis`: leptons of a transverse photon."""
    return _around(rng, axis, lambda cosine, some: 1 - 0.5 * beta[some] ** 2 * (1 - cosine * cosine))


def _around(rng: np.random.Generator, axis: Array, density: Callable[[Array, NDArray[np.intp]], Array]) -> Array:
    """Directions around `axis`, shape (3, n), of any length, by rejection from isotropic ones.

    `density` is of the cosine to the axis and of which of the n, up to 1.
    """
    axis = axis / np.sqrt(np.sum(axis * axis, axis=0))
    chosen = directions(rng, axis.shape[1])
    pending = np.arange(axis.shape[1])
    while pending.size:
        cosine = np.sum(chosen[:, pending] * axis[:, pending], axis=0)
        rejected = rng.uniform(0, 1, pending.size) > density(cosine, pending)
        pending = pending[rejected]
        chosen[:, pending] = directions(rng, pending.size)
    return chosen


def quantiles(spectrum: Callable[[Array], Array], low: float, high: float) -> tuple[Array, Array]:
    """Cumulative distribution of a spectrum from `low` to `high`, and the values it belongs to."""
    edge = np.linspace(low, high, 20_001)
    cumulative = np.cumsum(spectrum((edge[1:] + edge[:-1]) / 2))
    return np.concatenate([[0.0], cumulative / cumulative[-1]]), edge


def lepton_pair(
    rng: np.random.Generator, parent: Array, mass: Array | float, lepton: float, spin: Around | None = None
) -> list[Array]:
    """The two leptons of mass `lepton` from `parent` (four-momentum, shape (4, n), and its mass); all in GeV.

    Isotropic, or as from a virtual photon that is `longitudinal` or `transverse` to the flight of `parent`; the first
    makes the (1 + 2 r^2/z) of dGamma/dz.
    """
    beta = velocity(np.asarray(mass), lepton)
    direction = spin(rng, parent[1:], beta) if spin else directions(rng, parent.shape[1])
    pair = back_to_back(0.5 * mass * beta, direction, (lepton, lepton))
    return [boost(each, parent, mass) for each in pair]
