"""The kaon beam: momentum, divergence, where kaons decay."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from darkaon.constants import M_KAON
from darkaon.kinematics import Array, four_momentum

MOMENTUM = 75.0  # GeV
MOMENTUM_SPREAD = 0.8  # GeV
DIVERGENCE = 70e-6  # rad, each plane
WIDTH_X, WIDTH_Y = 0.015, 0.008  # m, rms at the last beam tracker (recalled)
LAST_TRACKER = 102.4  # m
FIDUCIAL = (105.0, 165.0)  # m; decays are uniform in it: the decay length is 560 m


class Kaons(NamedTuple):
    """Decaying kaons: true four-momentum [GeV], shape (4, n), and decay vertex (x, y, z) [m], shape (3, n)."""

    momentum: Array
    vertex: Array


def kaons(rng: np.random.Generator, n: int) -> Kaons:
    """Draw `n` kaons that decay in the fiducial volume."""
    slope_x, slope_y = rng.normal(0.0, DIVERGENCE, (2, n))
    momentum = four_momentum(rng.normal(MOMENTUM, MOMENTUM_SPREAD, n), slope_x, slope_y, M_KAON)
    z = rng.uniform(*FIDUCIAL, n)
    x = rng.normal(0.0, WIDTH_X, n) + slope_x * (z - LAST_TRACKER)
    y = rng.normal(0.0, WIDTH_Y, n) + slope_y * (z - LAST_TRACKER)
    return Kaons(momentum, np.stack([x, y, z]))
