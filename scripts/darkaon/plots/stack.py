"""The candidates over the expected background, component by component."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from darkaon.config.figures import Stack
from darkaon.config.schema import check_known
from darkaon.plots.style import COLOURS, finish, garwood, key
from darkaon.tables.table import Table

COLUMNS: dict[str, tuple[str, ...]] = {}  # the figure says which
SEQUENCE = ("sky", "orange", "blue", "green", "purple", "grey", "red")


def draw(figure: Figure, tables: Mapping[str, Table], spec: Stack) -> None:
    """Draw the stacked background and the candidates with the 68 % intervals of their means (Garwood).

    The one table has low, high, n_observed and a column for each component.

    Raises:
        InputError: a component that the table does not have.
    """
    (name,) = spec.tables()
    table = tables[name]
    for component in ("low", "high", "n_observed", *spec.names):
        check_known(component, table.columns, f"{name}: there is no column {component!r}")
    axes = figure.subplots()
    low, high, counts = table["low"], table["high"], table["n_observed"]
    ends = np.append(np.flatnonzero(low[1:] > high[:-1] * (1 + 1e-9)), len(low) - 1)
    first = 0
    for last in ends:
        axes.axvspan(low[first], high[last], color="0.94", lw=0, zorder=0)
        first = last + 1
    base = np.zeros(len(low))
    for colour, (component, label) in zip(SEQUENCE, spec.names.items(), strict=False):
        axes.bar(low, table[component], high - low, base, align="edge", color=COLOURS[colour], lw=0, label=label)
        base = base + table[component]
    seen = np.nan_to_num(counts) > 0
    middle = 0.5 * (low + high)
    below, above = garwood(counts[seen])
    axes.errorbar(
        middle[seen], counts[seen], np.array([below, above]), fmt="o", ms=2, lw=0.7, color="black",
        label="blinded" if np.isnan(counts).all() else f"{np.nansum(counts):.0f} candidates",
    )  # fmt: skip
    axes.set_ylim(0, 1.08 * np.max([base.max(), *(counts[seen] + above)]))
    key(figure, axes.get_legend_handles_labels()[0])
    finish(axes, spec)
    axes.set_axisbelow(False)
