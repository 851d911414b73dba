"""One-sided windows, for X that is seen with other particles that escape: which lower edge each mass takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkaon.config.slots.lifetime import StableLaw
from darkaon.config.slots.periods import Period
from darkaon.config.slots.windows import OneSidedWindow
from darkaon.errors import InputError
from darkaon.sensitivity.acceptance import simulated_acceptance
from darkaon.typing import Array
from darkaon.windows.grid import fixed_windows

MAX_MC_ERROR = 0.1  # relative Monte Carlo error of the signal in a window, up to which the window is considered


def total_share(periods: Iterable[Period]) -> float:
    """The part of all data that the periods hold.

    Raises:
        InputError: a period without a share.
    """
    shares = [period.share for period in periods]
    if None in shares:
        raise InputError(
            "periods: background.kind: tabulated needs the key 'share' in every period",
            remedy="add it to the search's YAML",
        )
    return float(sum(share for share in shares if share))


def strongest(limits: Array, signal: Array, errors: Array) -> NDArray[np.intp]:
    """The window with the lowest limit on events over the signal that it holds, for each mass.

    Args:
        limits: expected limit on events of each window, shape (windows,).
        signal: fraction of the signal in each, shape (masses, windows).
        errors: its Monte Carlo error: windows with too few simulated events are left out.

    Returns:
        Shape (masses,).

    Raises:
        InputError: a mass whose signal is in no window.
    """
    known = signal > errors / MAX_MC_ERROR
    if not np.all(np.any(known, axis=1)):
        raise InputError(
            "window.lows: some mass has hardly any signal above any of them", remedy="raise signal.decays"
        )
    return np.argmin(np.where(known, limits / np.where(known, signal, 1.0), np.inf), axis=1)


def signal_in_windows(candidates: NDArray[Any], mass_MeV: Array, slot: OneSidedWindow) -> tuple[Array, Array]:
    """Which part of the selected signal each window holds, and its Monte Carlo error, shapes (masses, windows)."""
    simulated, number = np.unique(candidates["x_mass_MeV"], return_counts=True)
    mass, low = (each.ravel() for each in np.meshgrid(mass_MeV, slot.lows, indexing="ij"))
    windows = fixed_windows(mass, mass, low, np.full(len(mass), slot.high))
    law = StableLaw(kind="stable")
    found = simulated_acceptance(candidates, simulated, number.astype(float), windows=windows, nodes=None, law=law)
    shape = len(mass_MeV), len(slot.lows)
    return found.inside.reshape(shape), found.error.reshape(shape)
