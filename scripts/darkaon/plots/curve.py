"""A column of a search's table against the mass hypothesis."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from darkaon.config.figures import Curve
from darkaon.config.schema import check_known
from darkaon.errors import InputError
from darkaon.plots.style import COLOURS, SEQUENCE, finish, key, lifetime_name, with_gaps
from darkaon.tables.table import Table

COLUMNS: dict[str, tuple[str, ...]] = {}  # the figure says which


def draw(figure: Figure, tables: Mapping[str, Table], spec: Curve) -> None:
    """Draw the column of the one table, a curve for each lifetime if it has lifetimes.

    Raises:
        InputError: a column or lifetime that the table does not have.
    """
    table = tables[spec.table]
    for column in filter(None, ("mass_MeV", spec.column, spec.error)):
        check_known(column, table.columns, f"{spec.table}: there is no column {column!r}")
    axes = figure.subplots()
    for colour, lifetime in zip(SEQUENCE, spec.lifetimes_ns or (None,), strict=False):
        rows = table if lifetime is None else table.where(table["lifetime_ns"] == lifetime)
        if not len(rows):
            raise InputError(
                f"{spec.table}: there is no lifetime {lifetime:g} ns", remedy="change lifetimes_ns of the figure"
            )
        mass, value = with_gaps(rows["mass_MeV"], rows[spec.column])
        label = lifetime_name(lifetime) if lifetime is not None else None
        axes.plot(mass, value, color=COLOURS[colour], label=label)
        if spec.error:
            mass, value, error = with_gaps(rows["mass_MeV"], rows[spec.column], rows[spec.error])
            axes.fill_between(mass, value - error, value + error, color=COLOURS[colour], alpha=0.25, lw=0)
    for mark in spec.marks:
        axes.plot(mark.masses_MeV, [mark.value] * 2, lw=1.6, color=COLOURS["red"], label=mark.label)
    if spec.log:
        axes.set_yscale("log")
    else:
        axes.set_ylim(0, 1.08 * axes.get_ylim()[1])
    if len(spec.lifetimes_ns) > 1 or spec.marks:
        key(figure, axes.get_legend_handles_labels()[0])
    finish(axes, spec)
