"""The whole spectrum of a peak search as pseudo-experiments see it: from its slots and its candidates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkaon.config.search import Search
from darkaon.config.slots.background import Sidebands
from darkaon.errors import InputError, located
from darkaon.statistics.look_elsewhere import Scan, Smooth, scan, smooth_spectrum
from darkaon.tables.blocks import Candidates, Counted
from darkaon.typing import Array
from darkaon.windows.blinding import blinded_ranges
from darkaon.windows.grid import Windows
from darkaon.windows.hypotheses import Hypotheses, Paths, hypotheses

MOST_ORDER, HIGHEST_ORDER = 8, 24  # to begin with; where a spectrum needs it
POOR = 1e-3  # a p-value below this says that the spectrum is not described


def scan_of(
    search: Search, path: str, candidates: Sequence[str], signal: Paths = ()
) -> tuple[Hypotheses, Array, Smooth, Scan]:
    """The mass hypotheses of a search, its blinded ranges, the smooth spectrum of its candidates, and their scan.

    The files `candidates` are of its data samples, `signal` those that a simulated resolution needs.

    Raises:
        InputError: a search without sidebands, or with too few candidates.
    """
    grid, slot = hypotheses(search, path, signal), sidebands_of(search, path)
    windows = grid.windows
    with located(path):
        ranges = blinded_ranges(search.blind, windows)
        smooth = spectrum_of(Candidates(candidates), windows, slot, ranges)
        over = scan(
            smooth, windows.centre, windows.low, windows.high, slot.half_width_sigma * windows.sigma,
            spectrum=slot.spectrum, orders=(slot.order, *slot.alternatives), blinded=ranges,
        )  # fmt: skip
    return grid, ranges, smooth, over


def sidebands_of(search: Search, path: str) -> Sidebands:
    """The slot `background` of a peak search.

    Raises:
        InputError: another kind of search.
    """
    if not isinstance(search.background, Sidebands):
        raise InputError(
            f"{path}: background.kind: only a search with sidebands has a whole spectrum to simulate or to fit",
            remedy="leave this search out of look_elsewhere, and set statistics.method to hybrid",
        )
    return search.background


def spectrum_of(events: Counted, windows: Windows, slot: Sidebands, blinded: Array) -> Smooth:
    """The smooth spectrum of a search from end to end of its sidebands."""
    half_width, (first, last) = slot.half_width_sigma * windows.sigma, slot.spectrum
    low, high = np.min(windows.centre - half_width), np.max(windows.centre + half_width)
    order = smooth_order(windows.centre, half_width)
    return fit_smooth_spectrum(events, max(first, float(low)), min(last, float(high)), blinded, order)


def fit_smooth_spectrum(
    events: Counted | Array, low: float, high: float, blinded: Array | None, order: int
) -> Smooth:
    """The smooth spectrum of `smooth_spectrum`: of a higher order, while it does not describe the candidates."""
    smooth = smooth_spectrum(events, low, high, blinded, order)
    while smooth.p_value < POOR and order < HIGHEST_ORDER:
        order += 2
        try:
            smooth = smooth_spectrum(events, low, high, blinded, order)
        except InputError:  # too few candidates for more
            break
    return smooth


def smooth_order(middle: Array, half_width: Array) -> int:
    """The order of the smooth spectrum: one for each full width of the sidebands, so that it follows no fluctuation.

    The centres of the windows rise; both arrays have shape (W,).
    """
    widths = 1.0 + np.sum(np.diff(middle) / (half_width[1:] + half_width[:-1]))
    return int(np.clip(widths, 1, MOST_ORDER))
