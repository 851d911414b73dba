"""A tabulated spectrum of recoil masses, to draw from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkaon.errors import InputError, in_row, refuse
from darkaon.simulation.decay import quantiles
from darkaon.tables.table import Table
from darkaon.typing import Array

DENSITY = "events_per_MeV"


@dataclass(frozen=True)
class Spectrum:
    """Recoil masses.

    Attributes:
        events: integral over all masses.
        cumulative: distribution function, rising from 0 to 1, shape (k,).
        mass_MeV: the masses it belongs to, shape (k,).
    """

    events: float
    cumulative: Array
    mass_MeV: Array

    def draw(self, rng: np.random.Generator, n: int) -> Array:
        """Masses [MeV], shape (n,)."""
        return np.interp(rng.uniform(0, 1, n), self.cumulative, self.mass_MeV)

    def above(self, low: Array, high: float) -> Array:
        """Events between each of the masses `low`, any shape, and `high`."""
        below = np.interp(low, self.mass_MeV, self.cumulative)
        return self.events * (np.interp(high, self.mass_MeV, self.cumulative) - below)


def tabulated(table: Table, source: str) -> Spectrum:
    """The spectrum of a table with the columns mass_MeV and events_per_MeV; log-density: a natural cubic spline.

    Raises:
        InputError: `source` has masses that do not rise, or a density that is not above 0.
    """
    from scipy.interpolate import CubicSpline

    mass, density = table["mass_MeV"], table[DENSITY]
    if len(mass) < 2 or not np.all(np.diff(mass) > 0):
        raise InputError(
            f"{source}: mass_MeV must rise from row to row and have at least two rows",
            remedy="sort the rows or add some",
        )
    refuse(~(density > 0), in_row(source, DENSITY, density, "must be above 0"))
    spline = CubicSpline(mass, np.log(density), bc_type="natural")
    cumulative, edge = quantiles(lambda m: np.exp(spline(m)), mass[0], mass[-1])
    middle = 0.5 * (edge[1:] + edge[:-1])
    return Spectrum(float(np.sum(np.exp(spline(middle)) * np.diff(edge))), cumulative, edge)
