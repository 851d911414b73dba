"""Published limits against the expected band of our own chain."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from darkaon.tables.gaps import gaps
from darkaon.tables.table import Table
from darkaon.typing import Array

BAND = ("expected_m2", "expected", "expected_p2")


def mass_ranges(mass_MeV: Array) -> list[tuple[float, float]]:
    """First and last mass of each run of masses without a gap; `mass_MeV` rises."""
    ends = np.flatnonzero(gaps(mass_MeV))
    first, last = np.concatenate([[0], ends + 1]), np.concatenate([ends, [len(mass_MeV) - 1]])
    return [(float(mass_MeV[a]), float(mass_MeV[b])) for a, b in zip(first, last, strict=True)]


def compare(
    own: Table,
    published: Table,
    window_efficiency: Array | None = None,
    factors: Mapping[str, float] | None = None,
) -> dict[str, Array]:
    """How the published observed limits lie in the expected band, for each lifetime that both tables have.

    Args:
        own: lifetime_ns, mass_MeV and the columns of `BAND`.
        published: lifetime_ns, mass_MeV, observed.
        window_efficiency: part of the selected signal that lies in the window, one for each row of `own`; with it
            the same is said of limits whose acceptance does not contain it.
        factors: name -> a factor on all limits of `own`, of which the same is said.

    Returns:
        One row for each lifetime and each range of masses without a gap. Columns: lifetime_ns, first_mass_MeV,
        last_mass_MeV, masses (published masses in the range), inside_band (the fraction of them within +-2 sigma),
        ratio (median published / expected), with a window efficiency inside_band_without_window and
        ratio_without_window, and so on for the factors. If both have X that escapes (lifetime inf), also
        lifetime_ratio: the median of own / published of UL(tau) / UL(inf).
    """
    variants = {"": np.ones(len(own))}
    if window_efficiency is not None:
        variants["_without_window"] = window_efficiency
    variants |= {f"_{name}": np.full(len(own), factor) for name, factor in (factors or {}).items()}
    lifetimes = np.intersect1d(own["lifetime_ns"], published["lifetime_ns"])
    stable = np.isinf(lifetimes).any()
    rows: dict[str, list[float]] = {"lifetime_ns": [], "first_mass_MeV": [], "last_mass_MeV": [], "masses": []}
    for tau in lifetimes:
        mine = own["lifetime_ns"] == tau
        grid = own["mass_MeV"][mine]
        for first, last in mass_ranges(grid):
            limits = published.where(
                (published["lifetime_ns"] == tau) & (published["mass_MeV"] >= first) & (published["mass_MeV"] <= last)
            )
            if not len(limits):
                continue
            mass, observed = limits["mass_MeV"], limits["observed"]
            for name, value in zip(rows, (tau, first, last, len(limits)), strict=False):
                rows[name].append(float(value))
            for name, factor in variants.items():
                low, middle, high = (np.interp(mass, grid, (own[c] * factor)[mine]) for c in BAND)
                inside = (observed >= low) & (observed <= high)
                rows.setdefault(f"inside_band{name}", []).append(float(np.mean(inside)))
                rows.setdefault(f"ratio{name}", []).append(float(np.median(observed / middle)))
            if stable:
                one, other = (_rise(table, c, tau, mass) for table, c in ((own, "expected"), (published, "observed")))
                rows.setdefault("lifetime_ratio", []).append(float(np.median(one / other)))
    return {name: np.array(values) for name, values in rows.items()}


def improvement(before: Table, after: Table) -> dict[str, Array]:
    """How much stronger the limits `after` are than those `before`, for each lifetime; both at the same masses.

    Columns: lifetime_ns; the median over masses of before / after, of the expected and of the observed limits (of
    blinded ones none); and between what that of the observed lies.
    """
    columns: dict[str, list[float]] = {}
    for tau in np.intersect1d(before["lifetime_ns"], after["lifetime_ns"]):
        one, other = (table.where(table["lifetime_ns"] == tau) for table in (before, after))
        _, rows, others = np.intersect1d(one["mass_MeV"], other["mass_MeV"], return_indices=True)
        expected, observed = (one[c][rows] / other[c][others] for c in ("expected", "observed"))
        seen = observed[~np.isnan(observed)]
        quantiles = np.quantile(seen, [0.5, 0.0, 1.0]) if len(seen) else np.full(3, np.nan)
        names = ("lifetime_ns", "expected", "observed", "observed_least", "observed_most")
        for name, value in zip(names, (tau, np.median(expected), *quantiles), strict=True):
            columns.setdefault(name, []).append(float(value))
    return {name: np.array(values) for name, values in columns.items()}


def _rise(table: Table, column: str, tau: float, mass_MeV: Array) -> Array:
    """UL(tau) / UL(inf) at the masses."""
    at_tau, stable = (table.where(table["lifetime_ns"] == t) for t in (tau, np.inf))
    return np.interp(mass_MeV, at_tau["mass_MeV"], at_tau[column]) / np.interp(
        mass_MeV, stable["mass_MeV"], stable[column]
    )
