"""The p-value over mass, local and in the whole scan, with the lines of 1 to 5 standard deviations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from scipy import special

from darkaon.config.figures import Significance
from darkaon.plots.style import COLOURS, finish, key, with_gaps
from darkaon.tables.table import Table

COLUMNS = {"p_values": ("mass_MeV", "p_local", "p_global")}
LINES = (1, 2, 3, 4, 5)
ROOM = 0.3  # below the last line


def draw(figure: Figure, tables: Mapping[str, Table], spec: Significance) -> None:
    """Draw both columns of p_values and the lines."""
    axes, table = figure.subplots(), tables["p_values"]
    mass, local, whole = with_gaps(table["mass_MeV"], table["p_local"], table["p_global"])
    for number in LINES:
        p = float(special.ndtr(-number))
        axes.axhline(p, color=COLOURS["grey"], lw=0.5, ls=":", zorder=0)
        axes.annotate(
            rf"${number}\sigma$", (1.0, p), xycoords=("axes fraction", "data"), xytext=(-2, 1),
            textcoords="offset points", ha="right", va="bottom", color=COLOURS["grey"],
        )  # fmt: skip
    axes.plot(mass, local, color=COLOURS["blue"], lw=0.7, label="local")
    axes.plot(mass, whole, color=COLOURS["red"], lw=0.9, label="global (whole scan)")
    axes.set_yscale("log")
    least = np.nanmin([table["p_local"], table["p_global"]], initial=float(special.ndtr(-LINES[-1])))
    axes.set_ylim(ROOM * max(least, 1e-30), 2.0)
    finish(axes, spec)
    key(figure, axes.get_legend_handles_labels()[0])
