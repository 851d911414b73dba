"""Branching ratio of production divided by the coupling squared."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from darkaon.config.figures import Production
from darkaon.config.schema import check_known
from darkaon.plots.style import COLOURS, NARROW, SEQUENCE, finish, key, with_gaps
from darkaon.report.greek import plain
from darkaon.tables.table import Table
from darkaon.typing import Array

NOTES = ("notes",)
COLUMNS = {"predictions": ("process", "mass_MeV", "branching_ratio_per_coupling2", "theory_low", "theory_high")}


def draw(figure: Figure, tables: Mapping[str, Table], spec: Production) -> None:
    """Draw each process of the predictions.

    Raises:
        InputError: a process that the model does not have.
    """
    table = tables["predictions"]
    axes = figure.subplots()
    axes.set_yscale("log")
    finish(axes, spec)
    several = len(spec.processes) > 1
    for colour, process in zip(SEQUENCE, spec.processes, strict=False):
        known = dict.fromkeys(table["process"].tolist())
        check_known(process, known, f"predictions of {spec.model}: there is no process {process!r}")
        rows = table.where(table["process"] == process)
        columns = (rows[name] for name in COLUMNS["predictions"][1:])
        mass, ratio, low, high = with_gaps(*columns)
        axes.plot(mass, ratio, color=COLOURS[colour], label=plain(process) if several else None)
        if spec.theory:
            text = "theory uncertainty" if _seen(axes, np.log(high / low)) else None
            axes.fill_between(mass, ratio * low, ratio * high, color=COLOURS[colour], alpha=0.2, lw=0, label=text)
    key(figure, axes.get_legend_handles_labels()[0])


def _seen(axes: Axes, width: Array) -> bool:
    """Whether a band of such a width (of logarithms) is seen in the frame."""
    bottom, top = np.log(axes.get_ylim())
    return bool(np.nanmax(width) > NARROW * (top - bottom))
