"""Regions that the authors of a search themselves exclude, and what lies beyond them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from darkaon.exclusion.intervals import EDGES, Columns
from darkaon.typing import Array

BEYOND = EDGES[-1]


@dataclass(frozen=True)
class Region:
    """What the authors of a search themselves exclude of a model.

    Attributes:
        mass_MeV, coupling, polygon: points of closed polygons.
        low, high: range of masses [MeV] in which it is compared.
    """

    mass_MeV: Array
    coupling: Array
    polygon: Array
    low: float
    high: float

    def upper(self, mass_MeV: Array) -> Array:
        """The largest coupling of the polygons at masses, NaN where they have none."""
        return edges_of(self.mass_MeV, self.coupling, self.polygon, mass_MeV)[1]


def edges_of(mass: Array, coupling: Array, polygon: Array, at_MeV: Array) -> tuple[Array, Array]:
    """Lowest and highest coupling of closed polygons at masses, log-linear along their sides; NaN where they are not.

    Args:
        mass: of the points [MeV], polygon by polygon.
        coupling: of the points.
        polygon: number of each point's polygon.
        at_MeV: masses at which to cut, shape (n,).
    """
    low, high = np.full(len(at_MeV), np.inf), np.full(len(at_MeV), -np.inf)
    sides = np.flatnonzero(polygon[1:] == polygon[:-1])
    for side in sides:
        ends = mass[side : side + 2]
        inside = (at_MeV >= ends.min()) & (at_MeV <= ends.max())
        y = np.log(coupling[side : side + 2])
        if ends[0] == ends[1]:
            low[inside], high[inside] = np.minimum(low[inside], y.min()), np.maximum(high[inside], y.max())
            continue
        value = y[0] + (at_MeV[inside] - ends[0]) / (ends[1] - ends[0]) * (y[1] - y[0])
        low[inside], high[inside] = np.minimum(low[inside], value), np.maximum(high[inside], value)
    missing = np.isinf(low)
    return np.where(missing, np.nan, np.exp(low)), np.where(missing, np.nan, np.exp(high))


def beyond(found: Columns, regions: Mapping[str, Region]) -> Columns:
    """Intervals with upper edges flagged ``beyond_own_region`` where they pass what the search's authors exclude.

    Args:
        found: of `exclude_all`.
        regions: search -> its own region.
    """
    flag = found["edge_high"].astype(f"<U{max(map(len, EDGES))}")
    flag[np.isfinite(_ends(found, regions))] = BEYOND
    return {**found, "edge_high": flag}


def areas_beyond(found: Columns, regions: Mapping[str, Region]) -> Columns:
    """What of the observed exclusion lies beyond the regions, as intervals of the kind ``beyond_own_region``."""
    end = _ends(found, regions)
    rows = np.isfinite(end) & (found["kind"] == "observed")
    part = {name: values[rows] for name, values in found.items()}
    low = np.maximum(end[rows], part["coupling_low"])
    return {**part, "kind": np.full(len(low), BEYOND), "coupling_low": low}


def _ends(found: Columns, regions: Mapping[str, Region]) -> Array:
    """The upper end of the region at each interval that passes it, NaN elsewhere."""
    result = np.full(len(found["mass_MeV"]), np.nan)
    for name, region in regions.items():
        mass = found["mass_MeV"]
        end = region.upper(mass)
        passes = (found["search"] == name) & (found["coupling_high"] > end)
        rows = passes & (mass >= region.low) & (mass <= region.high)
        result[rows] = end[rows]
    return result
