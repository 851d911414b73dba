"""Blinding: which ranges of the observable stay closed, and which windows they touch."""

from __future__ import annotations

import numpy as np

from darkaon.errors import InputError
from darkaon.typing import Array
from darkaon.windows.grid import Windows

Blind = bool | tuple[tuple[float, float], ...]


def blinded_ranges(blind: Blind, windows: Windows) -> Array:
    """Ranges of the observable, shape (k, 2), rising and apart: the windows of the blinded hypotheses.

    Args:
        blind: true: of all hypotheses; ranges [MeV]: of those inside them; false or none: of no one.
        windows: of all hypotheses.

    Raises:
        InputError: a range without a hypothesis.
    """
    if not blind:
        return np.empty((0, 2))
    chosen = np.full(len(windows.mass_MeV), blind is True)
    for low, high in () if isinstance(blind, bool) else blind:
        inside = (windows.mass_MeV >= low) & (windows.mass_MeV <= high)
        if not np.any(inside):
            raise InputError(
                f"blind: there is no mass hypothesis between {low:g} and {high:g} MeV",
                remedy="change the range or remove it",
            )
        chosen |= inside
    merged: list[list[float]] = []
    for low, high in sorted(zip(windows.low[chosen].tolist(), windows.high[chosen].tolist(), strict=True)):
        if merged and low <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], high)
        else:
            merged.append([low, high])
    return np.array(merged)
