"""Published limits against the expected band of our own chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from darkaon.models.model import Model
from darkaon.tables.gaps import gaps
from darkaon.tables.table import Table
from darkaon.typing import Array

BAND = ("expected_m2", "expected", "expected_p2")
ALWAYS = ("scope", "lifetime_ns", "first_mass_MeV", "last_mass_MeV", "masses", "inside_band", "ratio", "shape")
PARTS = 8  # of a range of masses, to compare shapes


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
        A row of scope ``range`` is followed by rows of scope ``part`` for the range cut into `PARTS` of as many
        published masses each, and has in shape the highest over the lowest of their ratios: 1, if the own limits
        have the shape of the published ones, whatever their size.
    """
    variants = {"": np.ones(len(own))}
    if window_efficiency is not None:
        variants["_without_window"] = window_efficiency
    variants |= {f"_{name}": np.full(len(own), factor) for name, factor in (factors or {}).items()}
    lifetimes = np.intersect1d(own["lifetime_ns"], published["lifetime_ns"])
    stable = np.isinf(lifetimes).any()
    rows: list[dict[str, Any]] = []
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
            values: dict[str, Array] = {}
            for name, factor in variants.items():
                low, middle, high = (np.interp(mass, grid, (own[c] * factor)[mine]) for c in BAND)
                values[f"inside_band{name}"] = ((observed >= low) & (observed <= high)).astype(float)
                values[f"ratio{name}"] = observed / middle
            if stable:
                one, other = (_rise(table, c, tau, mass) for table, c in ((own, "expected"), (published, "observed")))
                values["lifetime_ratio"] = one / other
            parts = [part for part in np.array_split(np.arange(len(mass)), PARTS) if len(part)]
            ratios = [np.median(values["ratio"][part]) for part in parts]
            rows.append({"scope": "range", **_row(tau, first, last, values), "shape": max(ratios) / min(ratios)})
            for part in parts:
                of = {name: column[part] for name, column in values.items()}
                rows.append({"scope": "part", **_row(tau, mass[part[0]], mass[part[-1]], of), "shape": np.nan})
    return {name: np.array([row[name] for row in rows]) for name in (rows[0] if rows else ALWAYS)}


def _row(tau: float, first: float, last: float, values: Mapping[str, Array]) -> dict[str, Any]:
    row = {"lifetime_ns": tau, "first_mass_MeV": first, "last_mass_MeV": last}
    row["masses"] = len(next(iter(values.values())))
    means = {name: np.mean if name.startswith("inside") else np.median for name in values}
    return row | {name: float(means[name](column)) for name, column in values.items()}


def in_branching_fraction(published: Table, model: Model, process: str) -> Table:
    """Limits on a coupling of a model as limits on the branching fraction, through its rate; none where it has none.

    The header of the limits says in `quantity` which coupling.
    """
    quantity = model.quantities[published.header["quantity"]]
    unit, mass = quantity(published["mass_MeV"], 1.0), published["mass_MeV"]
    coupling = (published["observed"] / unit) ** (1 / model.coupling.power)
    limit = model.production[process](mass, coupling)
    return replace(published, columns={**published.columns, "observed": limit}).where(limit > 0)


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
