"""Excluded regions of mass and coupling: published limits filled, own outlined; regions of others, overlays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from darkaon.config.figures import Exclusion, Region
from darkaon.plots.names import Name, place
from darkaon.plots.outline import fill, outline, sides
from darkaon.plots.style import COLOURS, NARROW, finish, key, what
from darkaon.tables.table import Table
from darkaon.typing import Array, Mask

POLYGONS = ("search", "label", "kind", "polygon", "mass_MeV", "coupling")
COLUMNS = {"contours": POLYGONS, "combination": POLYGONS}

DASHES = (0, (3, 1.2))
SHORT = (0, (1.5, 0.9))  # lifetimes continued
FAR = (0, (6, 2.5))  # projections
DOTS = (0, (1, 1.5))
BROKEN = (0, (5, 1.5, 1, 1.5))  # regions that others drew of the same data
HATCH = 4 * "\\"
BEYOND = "beyond_own_region"  # the kind of areas beyond what the authors of a search exclude
VARIATION = "observed_variation"  # how kinds begin
PROJECTION = "projection"  # how their labels begin
GREY, EDGE = "#d9d9d9", "#8a8a8a"  # regions of others

Key = dict[str, Patch | Line2D]


def draw(figure: Figure, tables: Mapping[str, Table], spec: Exclusion) -> None:
    """Draw every search that constrains the model and the regions of others, each with its name.

    Args:
        figure: where to draw.
        tables: contours, with the columns `POLYGONS`; combination, the same; region.<name> of others and overlay.0,
            overlay.1, ... of the user, with mass_MeV, coupling, polygon and perhaps label.
        spec: the entry in figures.yaml.
    """
    axes = figure.subplots()
    axes.set_yscale("log")
    finish(axes, spec)
    entries: Key = {}
    regions = _regions(spec, tables["contours"])
    names = [_region(axes, tables[f"region.{key}"], region) for key, region in regions.items()]
    if any(region.style == "line" for region in regions.values()):
        entries["line"] = Line2D([], [], color=EDGE, lw=0.8, ls=BROKEN, label="regions as their authors drew them")
    names += _searches(axes, tables["contours"], spec, entries)
    if "combination" in tables:
        joint = tables["combination"]
        together = [p for p in _polygons(joint, np.isin(joint["kind"], spec.own)) if np.ptp(p[:, 0]) > 0]
        lines = sides(together)
        outline(axes, lines, colors="black", linewidths=0.6, linestyles=[DOTS])
        if lines:
            words = what(spec.own[0], joint.label or "simulated")
            entries["combination"] = Line2D(
                [], [], color="black", lw=0.6, ls=DOTS, label=f"windows combined, {words}"
            )
    names += _overlays(axes, tables, spec, entries)
    if spec.hatched:
        axes.axvspan(*spec.hatched, facecolor="none", edgecolor="0.55", hatch="////", lw=0, zorder=2.5)
        entries["hatched"] = Patch(facecolor="none", edgecolor="0.55", hatch="////", lw=0, label=spec.hatched_label)
    key(figure, list(entries.values()))
    seen = [line for name in names for line in (*name.polygons, *name.lines) if len(line)]
    if not seen:
        axes.text(0.5, 0.5, "nothing is excluded", transform=axes.transAxes, ha="center")
    place(figure, axes, [name for name in names if name.text])


def _searches(axes: Axes, table: Table, spec: Exclusion, entries: Key) -> list[Name]:
    published, projected = table["label"] == "published", _starts(table["label"], PROJECTION)
    searches = [
        name for name in dict.fromkeys(table["search"].tolist()) if not spec.searches or name in spec.searches
    ]
    levels = dict(line.rsplit(" ", 1) for line in table.header.get("other_levels", "").splitlines())
    names = []
    for search in sorted(searches, key=lambda name: spec.shown(name).colour != "grey"):  # grey below
        of_search = table["search"] == search
        colour = COLOURS[spec.shown(search).colour]
        observed = of_search & published & (table["kind"] == "observed")
        drawn = of_search & ~published & ~projected & np.isin(table["kind"], spec.own)
        filled, own = _polygons(table, observed), _polygons(table, drawn)
        if spec.theory:
            entries |= _theory(axes, table, of_search & (published if filled else ~published), colour, spec)
        asked = [f"{PROJECTION} x{spec.projections[search]:g}"] if search in spec.projections else []
        more = _polygons(table, of_search & np.isin(table["label"], asked) & (table["kind"] == "expected"))
        outline(axes, sides(more), colors=colour, linewidths=0.9, linestyles=[FAR])
        if more:
            factor = spec.projections[search]
            text = spec.projection_label or f"expected with {factor:g} times the data"
            entries[f"projection {text}"] = Line2D([], [], color="0.3", lw=0.9, ls=FAR, label=text)
        fill(axes, filled, facecolors=colour, alpha=0.25)
        for polygons, rows, styles in ((filled, observed, ("solid", SHORT)), (own, drawn, (DASHES, DOTS))):
            _outline(axes, polygons, _continued(table)[rows], colour, styles)
        over = _polygons(table, of_search & published & (table["kind"] == BEYOND))
        axes.add_collection(PolyCollection(over, facecolors="none", edgecolors=colour, hatch=HATCH, linewidths=0))
        _search_key(table, (observed, drawn, bool(over)), colour, entries)
        level = f" ({100 * float(levels[search]):g} % CL)" if search in levels else ""
        name = spec.shown(search).name + level
        names.append(Name(name, colour, tuple(filled or own), tuple(more), spec.at.get(search)))
    return names


def _search_key(table: Table, shown: tuple[Mask, Mask, bool], colour: str, entries: Key) -> None:
    """What the styles of a search's regions mean; nothing that is not drawn. Dashes of one colour have it."""
    observed, drawn, over = shown
    if observed.any():
        text = what("observed", "published")
        entries["published"] = Patch(facecolor="0.85", edgecolor="0.3", lw=0.7, label=text)
    if np.any(_continued(table) & observed):
        text = "lifetimes continued below the table"
        entries["continued"] = Line2D([], [], color="0.3", lw=0.7, ls=SHORT, label=text)
    if over:
        text = "implied by the lifetime limits, not claimed"
        entries[BEYOND] = Patch(facecolor="none", edgecolor="0.3", hatch=HATCH, lw=0, label=text)
    for kind, label in dict.fromkeys(zip(table["kind"][drawn].tolist(), table["label"][drawn].tolist(), strict=True)):
        text = what(kind, label)
        known = entries.get(text)
        shade = "0.3" if isinstance(known, Line2D) and known.get_color() != colour else colour
        entries[text] = Line2D([], [], color=shade, lw=0.7, ls=DASHES, label=text)


def _theory(axes: Axes, table: Table, shown: Mask, colour: str, spec: Exclusion) -> Key:
    entries: Key = {}
    low, high = (_polygons(table, shown & (table["kind"] == f"observed_theory_{end}")) for end in ("m1", "p1"))
    axes.add_patch(_between(low, high, facecolor=colour, edgecolor="none", alpha=0.45))
    if _seen(low, high, axes):
        entries["theory"] = Patch(facecolor="0.5", alpha=0.6, label="theory uncertainty")
    varied = _polygons(table, shown & _starts(table["kind"], VARIATION))
    outline(axes, sides(varied), colors=colour, linewidths=0.6, linestyles=[DOTS])
    if varied:
        entries["variation"] = Line2D([], [], color="0.3", lw=0.6, ls=DOTS, label=spec.variation_label)
    return entries


def _seen(low: Sequence[Array], high: Sequence[Array], axes: Axes) -> bool:
    """Whether a band between two sets of polygons is wide enough to be seen: by their lowest edges, in the frame."""
    if not low or not high:
        return bool(len(low) != len(high))
    bottom, top = np.log(axes.get_ylim())
    edges = [np.array([np.log(p[:, 1]).min() for p in part]) for part in (low, high)]
    count = min(len(part) for part in edges)
    one, other = (np.clip(part[:count], bottom, top) for part in edges)
    return bool(np.any(np.abs(one - other) > NARROW * (top - bottom)))


def _regions(spec: Exclusion, table: Table) -> dict[str, Region]:
    """The regions of others; one of the same data as drawn limits is a line to compare with, without name."""
    ours = set(np.unique(table["search"][table["label"] == "published"]).tolist())
    if spec.searches:
        ours &= set(spec.searches)
    twice = {"style": "line", "colour": "grey", "name": ""}
    return {key: r.model_copy(update=twice) if r.search in ours else r for key, r in spec.drawn.items()}


def _region(axes: Axes, table: Table, region: Region) -> Name:
    """A region of others; an edge that lies on the frame of its source is no edge."""
    above, below = (
        float(table.header.get(f"open_{end}", default)) for end, default in (("above", "inf"), ("below", "0"))
    )
    polygons = _polygons(table, np.ones(len(table), dtype=bool))
    lines = sides(polygons, above, below)
    level = table.header.get("level", "0.9")
    text = region.name + ("" if float(level) == 0.9 or not region.name else f" ({100 * float(level):g} %)")
    if region.style == "grey":
        filled = fill(axes, polygons, above, below, facecolors=GREY, alpha=0.8, zorder=0.5)
        outline(axes, lines, colors=EDGE, linewidths=0.5, zorder=0.6)
        return Name(text, "#434443", tuple(filled), tuple(lines))
    if region.style == "own":
        colour = COLOURS[region.colour]
        filled = fill(axes, polygons, above, below, facecolors=colour, alpha=0.2)
        outline(axes, lines, colors=colour, linewidths=0.7)
        return Name(text, colour, tuple(filled), tuple(lines))
    colour = EDGE if region.colour == "grey" else COLOURS[region.colour]
    style = BROKEN if region.style == "line" else FAR
    outline(axes, lines, colors=colour, linewidths=0.8, linestyles=[style], zorder=2.2)
    return Name(text, "#434443" if region.colour == "grey" else colour, (), tuple(lines))


def _overlays(axes: Axes, tables: Mapping[str, Table], spec: Exclusion, entries: Key) -> list[Name]:
    names = []
    for number, overlay in enumerate(spec.overlays):
        table, colour = tables[f"overlay.{number}"], COLOURS[overlay.colour]
        polygons = _polygons(table, np.ones(len(table), dtype=bool))
        outline(axes, sides(polygons), colors=colour, linewidths=0.8, linestyles=["dotted"], zorder=3)
        labels = dict.fromkeys(table.columns.get("label", np.array([overlay.path])).tolist())
        text = overlay.label or ", ".join(labels)
        entries[f"overlay {number}"] = Line2D([], [], color=colour, lw=0.8, ls=":", label=f"{text} (overlaid)")
        names.append(Name("", colour, (), tuple(polygons)))
    return names


def _outline(axes: Axes, polygons: Sequence[Array], continued: Mask, colour: str, styles: Sequence[Any]) -> None:
    """The sides of polygons: in the first style, or in the second where both ends are continued beyond a table."""
    if not polygons:
        return
    parts = np.split(continued, np.cumsum([len(p) for p in polygons])[:-1])
    for polygon, far in zip(polygons, parts, strict=True):
        for line in sides([polygon]):
            start = int(np.flatnonzero((polygon == line[0]).all(axis=1))[0])
            beyond = far[start : start + len(line)]
            beyond = beyond[:-1] & beyond[1:] if len(beyond) == len(line) else np.zeros(len(line) - 1, dtype=bool)
            pairs = np.stack([line[:-1], line[1:]], axis=1)
            if not beyond.any():
                outline(axes, [line], colors=colour, linewidths=0.7, linestyles=[styles[0]])
                continue
            for chosen, style in ((~beyond, styles[0]), (beyond, styles[1])):
                axes.add_collection(
                    LineCollection(list(pairs[chosen]), colors=colour, linewidths=0.7, linestyles=[style])
                )


def _continued(table: Table) -> Mask:
    """Where an edge is that of limits continued below their table; nowhere, if the table does not say."""
    return np.asarray(table.columns.get("edge", np.full(len(table), "")) == "extrapolated")


def _starts(words: NDArray[Any], beginning: str) -> Mask:
    return np.array([word.startswith(beginning) for word in words.tolist()], dtype=bool)


def _polygons(table: Table, rows: Mask) -> list[Array]:
    points = np.column_stack([table["mass_MeV"][rows], table["coupling"][rows]])
    names = [name for name in ("label", "kind", "polygon") if name in table.columns]
    keys = list(zip(*(table[name][rows].tolist() for name in names), strict=True))
    cuts = [i for i in range(1, len(keys)) if keys[i] != keys[i - 1]]
    return [part for part in np.split(points, cuts) if len(part)]


def _between(inner: Sequence[Array], outer: Sequence[Array], **style: Any) -> PathPatch:
    """What lies in the outer polygons but not in the inner ones: those run backwards, so that they cut out."""
    parts = [Path(polygon, closed=True) for polygon in (*outer, *(p[::-1] for p in inner))]
    return PathPatch(Path.make_compound_path(*parts) if parts else Path(np.empty((0, 2))), **style)
