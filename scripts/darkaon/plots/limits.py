"""Limits on the branching ratio: the own chain's band with the published limit over it, or curves by lifetime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from darkaon.config.figures import Limits
from darkaon.errors import InputError
from darkaon.plots.names import Name, place
from darkaon.plots.style import BAND_1, BAND_2, COLOURS, SEQUENCE, finish, key, lifetime_name, what, with_gaps
from darkaon.tables.gaps import least_gap
from darkaon.tables.table import Table
from darkaon.typing import BANDS

COLUMNS = {
    "own": ("lifetime_ns", "mass_MeV", "observed", *BANDS),
    "published": ("lifetime_ns", "mass_MeV", "observed"),
}

DASHES = (0, (4, 1.5))
SOLID = ("published", "measured")  # what was observed; all else is dashed
BESIDE = 0.075  # of the width of the frame, from the end of a curve to the middle of its name
BAND_SEEN = 1.02  # upper over lower end of a band that is seen

End = tuple[tuple[float, float], str, str]  # mass and limit at which a curve ends, its name and colour


def draw(figure: Figure, tables: Mapping[str, Table], spec: Limits) -> None:
    """Draw the limits from the tables own (this run's), published, whichever there are, and of searches beside.

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
    ends, handles = _curves(axes, tables, spec) if several else ([], _band(axes, tables, spec, spec.lifetimes_ns[0]))
    for mark in spec.marks:
        handles += axes.plot(mark.masses_MeV, [mark.value] * 2, lw=1.6, color=COLOURS["red"], label=mark.label)
    axes.set_yscale("log")
    low, high = axes.dataLim.intervaly
    if not spec.y_range and low < high:
        axes.set_ylim(low / (high / low) ** 0.06, high * (high / low) ** 0.06)
    if several and not spec.x_range:
        first, last = axes.dataLim.intervalx
        axes.set_xlim(first - 0.03 * (last - first), last + 0.18 * (last - first))  # names at the end
    finish(axes, spec)
    key(figure, handles)
    names = [
        Name(text, colour, lines=[np.array([end, end])], at=(end[0] + BESIDE * np.ptp(axes.get_xlim()), end[1]))
        for end, text, colour in ends
    ]
    place(figure, axes, names)


def _band(axes: Axes, tables: Mapping[str, Table], spec: Limits, lifetime: float) -> list[Artist]:
    own = tables.get("own")
    dashes: Any
    if own is not None:
        rows = own.where(own["lifetime_ns"] == lifetime)
        columns = (rows[name] for name in ("mass_MeV", *BANDS, "observed"))
        mass, m2, m1, median, p1, p2, observed = with_gaps(*columns)
        for low, high, colour, text in ((m2, p2, BAND_2, r"$\pm2\sigma$"), (m1, p1, BAND_1, r"$\pm1\sigma$")):
            wide = np.nanmax(high / low) > BAND_SEEN
            axes.fill_between(mass, low, high, color=colour, lw=0, label=text if wide else None)
        axes.plot(mass, median, "--", lw=0.9, color=COLOURS["blue"], label=what("expected", own.label))
        dashes = "solid" if own.label in SOLID else DASHES
        axes.plot(mass, observed, lw=0.45, ls=dashes, color="0.25", label=what("observed", own.label))
    for colour, (name, table) in zip(("red", "orange", "purple"), _published(tables), strict=False):
        rows = table.where(table["lifetime_ns"] == lifetime)
        mass, observed = with_gaps(rows["mass_MeV"], rows["observed"], least_MeV=least_gap(table.header))
        search = "" if name == "published" else f", {spec.shown(name).name}"
        if "expected" in table.columns:  # own limits of another search
            _, limit = with_gaps(rows["mass_MeV"], rows[spec.own])
            seen = spec.own == "observed" and table.label in SOLID
            label = what(spec.own, table.label) + search
            axes.plot(mass, limit, lw=0.7, ls="solid" if seen else DASHES, color=COLOURS[colour], label=label)
            continue
        text = what("observed", table.label) + search
        dashes = "solid" if table.label in SOLID else DASHES
        axes.plot(mass, observed, lw=1.0, ls=dashes, color=COLOURS[colour], label=text)
        if "point" in rows.columns:
            known = rows["point"] == 1
            points, label = rows.where(known), f"published points{search}"
            axes.plot(points["mass_MeV"], points["observed"], "o", ms=3, color=COLOURS[colour], label=label)
    return list(axes.get_legend_handles_labels()[0])


def _curves(axes: Axes, tables: Mapping[str, Table], spec: Limits) -> tuple[list[End], list[Artist]]:
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
            line = with_gaps(rows["mass_MeV"], rows[column], least_MeV=least_gap(table.header))
            axes.plot(*line, lw=width, ls=style, color=COLOURS[colour])
            ends.append((rows["mass_MeV"][-1], rows[column][-5:].mean()))
        if ends:
            named.append((max(ends), lifetime_name(lifetime), COLOURS[colour]))
    handles: list[Artist] = []
    note = [own.header["lifetime_note"]] if own is not None and own.header.get("lifetime_note") else []
    if _published(tables):
        handles.append(Line2D([], [], color="0.2", lw=0.9, label=what("observed", _published(tables)[0][1].label)))
    if own is not None:
        handles.append(
            Line2D([], [], color="0.2", lw=0.7, ls=DASHES, label=", ".join([what(spec.own, own.label), *note]))
        )
    return named, handles


def _published(tables: Mapping[str, Table]) -> list[tuple[str, Table]]:
    return [(name, table) for name, table in tables.items() if name != "own"]
