"""Limits on the branching ratio as a colour map over two masses."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from darkaon.config.figures import Plane
from darkaon.plots.names import level_names, place
from darkaon.plots.style import COLOURS, colour_map, finish
from darkaon.tables.table import Table

COLUMNS = {"branching_limits": ("lifetime_ns", "mass_MeV", "mass2_MeV")}


def draw(figure: Figure, tables: Mapping[str, Table], spec: Plane) -> None:
    """Draw the map of branching_limits for the longest lifetime, and the line where X can just decay to two."""
    table = tables["branching_limits"]
    rows = table.where(table["lifetime_ns"] == table["lifetime_ns"].max())
    mass, row = np.unique(rows["mass_MeV"], return_inverse=True)
    mass2, column = np.unique(rows["mass2_MeV"], return_inverse=True)
    limit = np.full((len(mass2), len(mass)), np.nan)  # none where X cannot decay
    limit[column, row] = rows[spec.column]
    low, high = np.nanmin(limit), np.nanmax(limit)
    axes = figure.subplots()
    ends = np.array([mass[0], mass[-1]])
    axes.plot(ends, ends / 2, lw=0.9, color=COLOURS["red"])
    exponents = np.arange(np.ceil(2 * np.log10(low)), np.floor(2 * np.log10(high)) + 1) / 2
    lines = colour_map(axes, mass, mass2, limit, (low, high), exponents, spec.colour_label)
    finish(axes, spec)
    place(
        figure, axes, level_names(lines, lambda k: f"${10 ** (k - np.floor(k)):.1f}\\times10^{{{np.floor(k):.0f}}}$")
    )
