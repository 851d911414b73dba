"""Published limits against the expected band of our own chain."""

from __future__ import annotations

import numpy as np

from darkaon.tables import Table
from darkaon.windows import Array

BAND = ("expected_m2", "expected", "expected_p2")


def compare(own: Table, published: Table, window_efficiency: Array | None = None) -> dict[str, Array]:
    """How the published observed limits lie in the expected band, for each lifetime that both tables have.

    Args:
        own: lifetime_ns, mass_MeV and the columns of `BAND`.
        published: lifetime_ns, mass_MeV, observed.
        window_efficiency: part of the selected signal that lies in the window, one for each row of `own`; with it
            the same is said of limits whose acceptance does not contain it.

    Returns:
        Columns: lifetime_ns, masses (published masses inside the own range), inside_band (the fraction of them within
        +-2 sigma), ratio (median published / expected), and with a window efficiency
        inside_band_without_window and ratio_without_window.
    """
    variants = {"": np.ones(len(own))}
    if window_efficiency is not None:
        variants["_without_window"] = window_efficiency
    rows: dict[str, list[float]] = {"lifetime_ns": [], "masses": []}
    for tau in np.intersect1d(own["lifetime_ns"], published["lifetime_ns"]):
        mine, theirs = own["lifetime_ns"] == tau, published.where(published["lifetime_ns"] == tau)
        grid = own["mass_MeV"][mine]
        limits = theirs.where((theirs["mass_MeV"] >= grid[0]) & (theirs["mass_MeV"] <= grid[-1]))
        rows["lifetime_ns"].append(float(tau))
        rows["masses"].append(len(limits))
        for name, factor in variants.items():
            low, middle, high = (np.interp(limits["mass_MeV"], grid, (own[c] * factor)[mine]) for c in BAND)
            inside = (limits["observed"] >= low) & (limits["observed"] <= high)
            rows.setdefault(f"inside_band{name}", []).append(float(np.mean(inside)))
            rows.setdefault(f"ratio{name}", []).append(float(np.median(limits["observed"] / middle)))
    return {name: np.array(values) for name, values in rows.items()}
