"""Where and with what momentum beam particles decay."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from darkaon.kinematics import four_momentum
from darkaon.simulation.experiment import Beam
from darkaon.typing import Array


class Parents(NamedTuple):
    """Decaying particles: true four-momentum [GeV], shape (4, n), and decay vertex (x, y, z) [m], shape (3, n)."""

    momentum: Array
    vertex: Array


def parents(rng: np.random.Generator, beam: Beam, mass: float, n: int) -> Parents:
    """Draw `n` particles of `mass` [GeV] that decay in the fiducial volume."""
    slope_x, slope_y = rng.normal(0.0, beam.divergence, (2, n))
    momentum = four_momentum(rng.normal(beam.momentum, beam.momentum_spread, n), slope_x, slope_y, mass)
    z = rng.uniform(*beam.fiducial, n)
    x = rng.normal(0.0, beam.width_x, n) + slope_x * (z - beam.tracker_z)
    y = rng.normal(0.0, beam.width_y, n) + slope_y * (z - beam.tracker_z)
    return Parents(momentum, np.stack([x, y, z]))
