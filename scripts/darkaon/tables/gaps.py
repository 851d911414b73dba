"""Gaps between masses: the one definition, for limits, regions, lines and comparisons."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from darkaon.errors import InputError
from darkaon.reading import number
from darkaon.typing import Array, Mask

GAP = 5.0  # a step this much larger than its neighbours is a gap, where nothing is interpolated and no line drawn
NEIGHBOURS = 3  # steps on either side
KEY = "least_gap_MeV"  # of the header of a table whose points lie unevenly, as digitised ones do


def gaps(mass_MeV: Array, least_MeV: float = 0.0) -> Mask:
    """Whether the step after each mass but the last is a gap: above `GAP` times all but one of its neighbours.

    So a coarse grid that meets a fine one is none, nor are grids laid into one another; and a mass that stands alone
    between two gaps joins neither side.

    Args:
        mass_MeV: rising, shape (n,).
        least_MeV: no smaller step is a gap, as the table says (`least_gap`).

    Returns:
        Shape (n - 1,); no gap among fewer than four masses.
    """
    steps = np.diff(mass_MeV)
    if len(steps) < NEIGHBOURS:
        return np.zeros(len(steps), dtype=bool)
    around = sliding_window_view(np.pad(steps, NEIGHBOURS, constant_values=0.0), 2 * NEIGHBOURS + 1)
    neighbours = np.sort(np.delete(around, NEIGHBOURS, axis=1), axis=1)
    return np.asarray((steps > GAP * neighbours[:, -2]) & (steps >= least_MeV))


def least_gap(header: Mapping[str, str], source: str = "table") -> float:
    """The least step [MeV] that is a gap in a table, 0 if its header does not say (key least_gap_MeV).

    Raises:
        InputError: it is no positive number.
    """
    text = header.get(KEY)
    if not text:
        return 0.0
    least = number(text)
    if least is None or not 0 < least < np.inf:
        raise InputError(f"{source}: '# {KEY}: {text}' is not a number above 0", remedy="write it in MeV")
    return least
