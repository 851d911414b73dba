"""Limits on the branching ratio: the own chain's band with the published limit over it, or curves by lifetime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from darkaon.config.figures import Limits
from darkaon.errors import InputError
from darkaon.plots.style import BAND_1, BAND_2, COLOURS, SEQUENCE, finish, lifetime_text, with_gaps
from darkaon.tables.table import Table
from darkaon.typing import BANDS

COLUMNS = {
    "own": ("lifetime_ns", "mass_MeV", "observed", *BANDS),
    "published": ("lifetime_ns", "mass_MeV", "observed"),
}

DASHES = (0, (4, 1.5))
LINE, NEAR = 0.048, 0.1  # height of a line of text, and what is beside another, in parts of the frame

End = tuple[float, float, str, str]  # mass and limit at which a curve ends, its name and colour


def draw(figure: Figure, tables: Mapping[str, Table], spec: Limits) -> None:
    """Draw the limits.

    Args:
        figure: where to draw.
        tables: own (this run's limits) and published, whichever there are, and those of searches beside.
        spec: the entry in figures.yaml.

    Raises:
        InputError: a lifetime that no table has.
    """
    axes = figure.subplots()
    for lifetime in spec.lifetimes_ns:
        if not any((table["lifetime_ns"] == lifetime).any() for table in tables.values()):
            raise InputError(
                f"{spec.search}: no table of limits has the lifetime {lifetime:g} ns",
                remedy="change lifetimes_ns of the figure",
            )
    several = len(spec.lifetimes_ns) > 1
    ends = _curves(axes, tables, spec) if several else _band(axes, tables, spec, spec.lifetimes_ns[0])
    for mark in spec.marks:
        axes.plot(mark.masses_MeV, [mark.value] * 2, lw=1.6, color=COLOURS["red"], label=mark.label)
    if spec.marks:
        axes.legend(loc="lower right")
    axes.set_yscale("log")
    low, high = axes.dataLim.intervaly
    if not spec.y_range and low < high:
        key = min(0.062 * len(axes.get_legend_handles_labels()[1]), 0.8)  # of the frame, below
        room = 0.15 if several else key / (1 - key)
        axes.set_ylim(low / (high / low) ** room, high * (high / low) ** 0.05)
    if several and not spec.x_range:
        first, last = axes.dataLim.intervalx
        axes.set_xlim(first - 0.03 * (last - first), last + 0.18 * (last - first))  # names at the end
    finish(axes, spec)
    _name(axes, ends)


def _band(axes: Axes, tables: Mapping[str, Table], spec: Limits, lifetime: float) -> list[End]:
    own = tables.get("own")
    if own is not None:
        rows = own.where(own["lifetime_ns"] == lifetime)
        columns = (rows[name] for name in ("mass_MeV", *BANDS, "observed"))
        mass, m2, m1, median, p1, p2, observed = with_gaps(*columns)
        axes.fill_between(mass, m2, p2, color=BAND_2, lw=0, label=r"$\pm2\sigma$")
        axes.fill_between(mass, m1, p1, color=BAND_1, lw=0, label=r"$\pm1\sigma$")
        axes.plot(mass, median, "--", lw=0.9, color=COLOURS["blue"], label=f"expected, {own.label}")
        axes.plot(mass, observed, lw=0.45, color="0.25", label=f"observed, {own.label}")
    for colour, (name, table) in zip(("red", "orange", "purple"), _published(tables), strict=False):
        rows = table.where(table["lifetime_ns"] == lifetime)
        mass, observed = with_gaps(rows["mass_MeV"], rows["observed"])
        search = "" if name == "published" else f", {spec.shown(name).name}"
        if "expected" in table.columns:  # own limits of another search
            _, limit = with_gaps(rows["mass_MeV"], rows[spec.own])
            width, style = (0.9, "dashed") if spec.own == "expected" else (0.6, "solid")
            label = f"{spec.own}, {table.label}{search}"
            axes.plot(mass, limit, lw=width, ls=style, color=COLOURS[colour], label=label)
            continue
        axes.plot(mass, observed, lw=1.0, color=COLOURS[colour], label=f"observed, published{search}")
    axes.legend(loc="lower right")
    return []


def _curves(axes: Axes, tables: Mapping[str, Table], spec: Limits) -> list[End]:
    own = tables.get("own")
    curves: list[tuple[Table, str, float, Any]] = [
        (table, "observed", 0.9, "solid") for _, table in _published(tables)
    ]
    if own is not None:
        curves.append((own, spec.own, 0.7, DASHES))
    named = []
    for colour, lifetime in zip(SEQUENCE, spec.lifetimes_ns, strict=False):
        ends = []
        for table, column, width, style in curves:
            rows = table.where((table["lifetime_ns"] == lifetime) & np.isfinite(table[column]))
            if not len(rows):
                continue
            axes.plot(*with_gaps(rows["mass_MeV"], rows[column]), lw=width, ls=style, color=COLOURS[colour])
            ends.append((rows["mass_MeV"][-1], rows[column][-5:].mean()))
        if ends:
            named.append((*max(ends), lifetime_text(lifetime), COLOURS[colour]))
    handles = []
    if _published(tables):
        handles.append(Line2D([], [], color="0.2", lw=0.9, label="observed, published"))
    if own is not None:
        handles.append(Line2D([], [], color="0.2", lw=0.7, ls=DASHES, label=f"{spec.own}, {own.label}"))
    wide = sum(len(str(handle.get_label())) for handle in handles) > 40
    axes.legend(handles=handles, loc="lower right", ncols=1 if wide else 2)
    return named


def _name(axes: Axes, ends: Sequence[End]) -> None:
    """Names at the ends of curves; where curves end close together, the names are moved apart."""
    if not ends:
        return
    to_frame = (axes.transData - axes.transAxes).transform
    x, y = to_frame([end[:2] for end in ends]).T
    order = np.argsort(y)
    for _ in range(100):
        for low, high in pairwise(order):
            overlap = LINE - (y[high] - y[low])
            if overlap > 0 and abs(x[high] - x[low]) < NEAR:
                y[[low, high]] += -overlap / 2, overlap / 2
    for (*_, text, colour), place in zip(ends, zip(x, y, strict=True), strict=True):
        axes.annotate(
            text, place, (3, 0), xycoords="axes fraction", textcoords="offset points", va="center", color=colour
        )


def _published(tables: Mapping[str, Table]) -> list[tuple[str, Table]]:
    return [(name, table) for name, table in tables.items() if name != "own"]
