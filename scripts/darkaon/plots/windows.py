"""Events expected and observed in each window, and the limits on signal events."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from darkaon.config.figures import Windows
from darkaon.plots.style import BAND_1, COLOURS, finish, key, with_gaps
from darkaon.tables.table import Table

COLUMNS = {
    "windows": ("mass_MeV", "n_observed", "background", "background_stat", "background_syst"),
    "event_limits": ("mass_MeV", "observed", "expected"),
}

SCALE = 1.25  # two panels


def draw(figure: Figure, tables: Mapping[str, Table], spec: Windows) -> None:
    """Draw the two panels: windows above, event_limits below."""
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    windows, limits = tables["windows"], tables["event_limits"]
    uncertainty = np.hypot(windows["background_stat"], windows["background_syst"])
    spread = np.hypot(uncertainty, np.sqrt(windows["background"]))
    mass, expected, half = with_gaps(windows["mass_MeV"], windows["background"], spread)
    upper.fill_between(mass, expected - half, expected + half, color=BAND_1, lw=0, label=r"expected $\pm1\sigma$")
    upper.plot(mass, expected, color=COLOURS["blue"], label="expected")
    upper.plot(windows["mass_MeV"], windows["n_observed"], "o", ms=1.3, color=COLOURS["black"], label="observed")
    upper.set_ylim(0, None)
    mass, observed, median = with_gaps(limits["mass_MeV"], limits["observed"], limits["expected"])
    lower.plot(mass, observed, color=COLOURS["red"], lw=0.8, label="limit, observed")
    lower.plot(mass, median, "--", color=COLOURS["black"], label="limit, expected")
    lower.set_ylim(0, 1.3 * np.nanmax([observed, median]))
    key(figure, [*upper.get_legend_handles_labels()[0], *lower.get_legend_handles_labels()[0]])
    finish(upper, spec)
    upper.set_xlabel("")
    lower.set_xlabel(spec.x_label)
    lower.set_ylabel(spec.limits_label)
