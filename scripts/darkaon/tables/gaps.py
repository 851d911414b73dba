"""Gaps between masses: the one definition, for limits, regions, lines and comparisons."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from darkaon.typing import Array, Mask

GAP = 5.0  # a step this much larger than its neighbours is a gap, where nothing is interpolated and no line drawn
NEIGHBOURS = 3  # steps on either side


def gaps(mass_MeV: Array) -> Mask:
    """Whether the step after each mass but the last is a gap: above `GAP` times all but one of its neighbours.

    So a coarse grid that meets a fine one is none, nor are grids laid into one another; and a mass that stands alone
    between two gaps joins neither side.

    Args:
        mass_MeV: rising, shape (n,).

    Returns:
        Shape (n - 1,); no gap among fewer than four masses.
    """
    steps = np.diff(mass_MeV)
    if len(steps) < NEIGHBOURS:
        return np.zeros(len(steps), dtype=bool)
    around = sliding_window_view(np.pad(steps, NEIGHBOURS, constant_values=0.0), 2 * NEIGHBOURS + 1)
    neighbours = np.sort(np.delete(around, NEIGHBOURS, axis=1), axis=1)
    return np.asarray(steps > GAP * neighbours[:, -2])
