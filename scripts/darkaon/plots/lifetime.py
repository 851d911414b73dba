"""The lifetime of X as a colour map over mass and coupling."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from darkaon.errors import InputError
from darkaon.figures import Lifetime
from darkaon.plots.style import finish
from darkaon.tables import Table

NOTES = ("decay_notes",)
COLUMNS = {"predictions": ("process", "mass_MeV", "lifetime_s_at_reference")}


def draw(figure: Figure, tables: Mapping[str, Table], spec: Lifetime) -> None:
    """Draw the map; widths grow as coupling2, the coupling to the power that the table's header names.

    Args:
        figure: where to draw.
        tables: predictions.
        spec: the entry in figures.yaml.

    Raises:
        InputError: the table has no finite lifetime: X escapes.
    """
    table = tables["predictions"]
    rows = table.where((table["process"] == spec.process) & np.isfinite(table["lifetime_s_at_reference"]))
    if not len(rows):
        raise InputError(f"predictions of {spec.model}: no finite lifetime for {spec.process}: a map shows nothing")
    grows = table.header["coupling2"].removeprefix(table.header["coupling"])  # '^2', or nothing
    power = float(grows.lstrip("^") or 1)
    coupling = np.geomspace(*spec.y_range, 200)
    mass = rows["mass_MeV"]
    reference = float(table.header["reference"])
    lifetime = rows["lifetime_s_at_reference"] * (reference / coupling[:, None]) ** power
    axes = figure.subplots()
    low, high = spec.x_range or (mass.min(), mass.max())
    exponents = np.log10(lifetime[:, (mass >= low) & (mass <= high)])
    first, last = int(np.floor(exponents.min())), int(np.ceil(exponents.max()))
    norm = LogNorm(10.0**first, 10.0**last)
    image = axes.pcolormesh(mass, coupling, lifetime, norm=norm, cmap="viridis", shading="nearest", rasterized=True)
    axes.set_yscale("log")
    levels = [k for k in range(first, last + 1) if k % 2 == 0]
    axes.contour(mass, coupling, np.log10(lifetime), levels, colors="white", linewidths=0.4, linestyles="solid")
    bar = figure.colorbar(image, ax=axes, pad=0.02, aspect=25)
    bar.set_label(r"lifetime $\tau$ [s]")
    finish(axes, spec)
