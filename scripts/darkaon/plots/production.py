"""Branching ratio of production divided by the coupling squared."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from darkaon.config.figures import Production
from darkaon.config.schema import nearest
from darkaon.errors import InputError
from darkaon.plots.style import COLOURS, SEQUENCE, finish, key
from darkaon.report.greek import plain
from darkaon.tables.table import Table

NOTES = ("notes",)
COLUMNS = {"predictions": ("process", "mass_MeV", "branching_ratio_per_coupling2", "theory_low", "theory_high")}


def draw(figure: Figure, tables: Mapping[str, Table], spec: Production) -> None:
    """Draw each process.

    Args:
        figure: where to draw.
        tables: predictions.
        spec: the entry in figures.yaml.

    Raises:
        InputError: a process that the model does not have.
    """
    table = tables["predictions"]
    axes = figure.subplots()
    several = len(spec.processes) > 1
    for colour, process in zip(SEQUENCE, spec.processes, strict=False):
        rows = table.where(table["process"] == process)
        if not len(rows):
            known = list(dict.fromkeys(table["process"].tolist()))
            raise InputError(
                f"predictions of {spec.model}: there is no process {process!r}{nearest(process, known)}",
                remedy=f"there are {', '.join(known)}",
            )
        mass, ratio = rows["mass_MeV"], rows["branching_ratio_per_coupling2"]
        axes.plot(mass, ratio, color=COLOURS[colour], label=plain(process) if several else None)
        if spec.theory:
            ends = (ratio * rows[f"theory_{end}"] for end in ("low", "high"))
            axes.fill_between(mass, *ends, color=COLOURS[colour], alpha=0.2, lw=0, label="theory uncertainty")
    axes.set_yscale("log")
    if several or spec.theory:
        key(figure, axes.get_legend_handles_labels()[0])
    finish(axes, spec)
