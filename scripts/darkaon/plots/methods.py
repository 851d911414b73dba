"""Limits on all signal by counting and by a fit, side by side, and what the fit gains."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from darkaon.config.figures import Methods
from darkaon.plots.style import COLOURS, finish, key, with_gaps
from darkaon.tables.table import Table

COLUMNS = {"methods": ("mass_MeV", "counted", "counted_expected", "fit", "fit_expected")}
SCALE = 1.25  # two panels


def draw(figure: Figure, tables: Mapping[str, Table], spec: Methods) -> None:
    """Draw the limits of the table methods above and the ratio of the expected ones below."""
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1.4))
    table = tables["methods"]
    for name, colour, text in (("counted", "blue", "counting"), ("fit", "red", "fit")):
        mass, observed, expected = with_gaps(table["mass_MeV"], table[name], table[f"{name}_expected"])
        upper.plot(mass, observed, color=COLOURS[colour], lw=0.6, alpha=0.7, label=f"{text}, observed")
        upper.plot(mass, expected, "--", color=COLOURS[colour], label=f"{text}, expected")
    both = np.array([table[name] for name in COLUMNS["methods"][1:]])
    upper.set_ylim(0, 1.05 * np.nanmax(both, initial=1e-9))
    ratio = table["fit_expected"] / table["counted_expected"]
    mass, ratio = with_gaps(table["mass_MeV"], ratio)
    lower.axhline(1.0, color=COLOURS["grey"], lw=0.5)
    lower.plot(mass, ratio, color=COLOURS["black"], lw=0.8)
    finish(upper, spec)
    upper.set_xlabel("")
    lower.set_xlabel(spec.x_label)
    lower.set_ylabel("expected,\nfit / counting")
    key(figure, upper.get_legend_handles_labels()[0])
