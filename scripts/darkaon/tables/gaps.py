"""Gaps between masses: the one definition, for limits, regions, lines and comparisons."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import median_filter

from darkaon.typing import Array, Mask

GAP = 5.0  # a step this much larger than its neighbours is a gap, where nothing is interpolated and no line drawn


def gaps(mass_MeV: Array) -> Mask:
    """Whether the step after each mass but the last is a gap: above `GAP` times the median of five neighbours.

    Args:
        mass_MeV: rising, shape (n,).

    Returns:
        Shape (n - 1,); no gap among fewer than four masses.
    """
    steps = np.diff(mass_MeV)
    if len(steps) < 3:
        return np.zeros(len(steps), dtype=bool)
    return np.asarray(steps > GAP * median_filter(steps, size=5, mode="mirror"))
