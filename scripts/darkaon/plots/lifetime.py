"""The lifetime of X as a colour map over mass and coupling."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from darkaon.config.figures import Lifetime
from darkaon.plots.names import level_names, place
from darkaon.plots.predicted import lifetime_s, lifetimes
from darkaon.plots.style import colour_map, finish
from darkaon.tables.table import Table

NOTES = ("decay_notes",)
COLUMNS = {"predictions": ("process", "mass_MeV", "lifetime_s_at_reference")}


def draw(figure: Figure, tables: Mapping[str, Table], spec: Lifetime) -> None:
    """Draw the map from the predictions.

    Raises:
        InputError: the table has no finite lifetime: X escapes.
    """
    rows = lifetimes(tables["predictions"], spec.process)
    coupling = np.geomspace(*spec.y_range, 200)
    mass, lifetime = rows["mass_MeV"], lifetime_s(rows, coupling[:, None])
    axes = figure.subplots()
    low, high = spec.x_range or (mass.min(), mass.max())
    exponents = np.log10(lifetime[:, (mass >= low) & (mass <= high)])
    first, last = int(np.floor(exponents.min())), int(np.ceil(exponents.max()))
    axes.set_yscale("log")
    levels = [k for k in range(first, last + 1) if k % 2 == 0]
    ends = 10.0**first, 10.0**last
    lines = colour_map(axes, mass, coupling, lifetime, ends, levels, r"lifetime $\tau$ [s]")
    finish(axes, spec)
    place(figure, axes, level_names(lines, lambda k: f"$10^{{{k:.0f}}}$ s"))
