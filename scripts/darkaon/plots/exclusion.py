"""Excluded regions of mass and coupling: published limits filled, own outlined, projections and overlays as lines."""

from __future__ import annotations

import textwrap
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

from darkaon.config.figures import Exclusion
from darkaon.plots.style import COLOURS, finish
from darkaon.tables.table import Table
from darkaon.typing import Mask

POLYGONS = ("search", "label", "kind", "polygon", "mass_MeV", "coupling")
COLUMNS = {"contours": POLYGONS, "combination": POLYGONS}
HATCH = 4 * "\\"
BEYOND = "beyond_own_region"  # the kind of areas beyond what the authors of a search exclude

DASHES = (0, (3, 1.2))
FAR = (0, (6, 2.5))  # projections
DOTS = (0, (1, 1.5))
VARIATION = "observed_variation"  # how kinds begin
PROJECTION = "projection"  # how their labels begin
GRID = (60, 40)  # points at which places for names are tried
ASPECT = 0.25  # height of a name over its width
MARGIN = np.array([0.1, 0.04])  # from the frame
VISIBLE, NARROW = 0.003, 0.01  # part of the frame, and of its width, that a region must fill to be named
ENOUGH = 0.05  # room around a name's middle, in heights of the frame

Polygon = NDArray[np.float64]  # (points, 2): mass, coupling


def draw(figure: Figure, tables: Mapping[str, Table], spec: Exclusion) -> None:
    """Draw every search that constrains the model, its name inside its region.

    Args:
        figure: where to draw.
        tables: contours, with the columns `POLYGONS`; combination, the same; overlay.0, overlay.1, ... of the
            user, with mass_MeV, coupling, polygon and perhaps label.
        spec: the entry in figures.yaml.
    """
    axes = figure.subplots()
    axes.set_yscale("log")
    finish(axes, spec)
    table = tables["contours"]
    published, projected = table["label"] == "published", _starts(table["label"], PROJECTION)
    searches = [
        name for name in dict.fromkeys(table["search"].tolist()) if not spec.searches or name in spec.searches
    ]
    areas = {}
    for search in sorted(searches, key=lambda name: spec.shown(name).colour != "grey"):  # grey below
        of_search = table["search"] == search
        observed = of_search & published & (table["kind"] == "observed")
        drawn = of_search & ~published & ~projected & np.isin(table["kind"], spec.own)
        filled, own = _polygons(table, observed), _polygons(table, drawn)
        colour = COLOURS[spec.shown(search).colour]
        if spec.theory:
            shown = of_search & (published if filled else ~published)
            low, high = (
                _polygons(table, shown & (table["kind"] == f"observed_theory_{end}")) for end in ("m1", "p1")
            )
            axes.add_patch(_between(low, high, facecolor=colour, edgecolor="none", alpha=0.45))
            varied = _polygons(table, shown & _starts(table["kind"], VARIATION))
            axes.add_collection(
                PolyCollection(varied, facecolors="none", edgecolors=colour, linewidths=0.6, linestyles=[DOTS])
            )
        asked = [f"{PROJECTION} x{spec.projections[search]:g}"] if search in spec.projections else []
        more = _polygons(table, of_search & np.isin(table["label"], asked) & (table["kind"] == "expected"))
        axes.add_collection(
            PolyCollection(more, facecolors="none", edgecolors=colour, linewidths=0.9, linestyles=[FAR])
        )
        axes.add_collection(PolyCollection(filled, facecolors=colour, edgecolors="none", alpha=0.25))
        for polygons, rows, lines in ((filled, observed, ("solid", DASHES)), (own, drawn, (DASHES, DOTS))):
            _outline(axes, polygons, _continued(table)[rows], colour, lines)
        over = _polygons(table, of_search & published & (table["kind"] == BEYOND))
        axes.add_collection(PolyCollection(over, facecolors="none", edgecolors=colour, hatch=HATCH, linewidths=0))
        if filled or own:
            areas[search] = _covered(filled or own, spec)
    if "combination" in tables:
        joint = tables["combination"]
        together = [p for p in _polygons(joint, np.isin(joint["kind"], spec.own)) if np.ptp(p[:, 0]) > 0]
        axes.add_collection(PolyCollection(together, facecolors="none", edgecolors="black", linewidths=0.8))
    for number, overlay in enumerate(spec.overlays):
        lines = tables[f"overlay.{number}"]
        given = _polygons(lines, np.full(len(lines), True))
        axes.add_collection(
            PolyCollection(
                given, facecolors="none", edgecolors=COLOURS[overlay.colour], linewidths=0.7, linestyles=":"
            )
        )
    for search, place in _places(areas, spec).items():
        shown = spec.shown(search)
        colour = "0.3" if shown.colour == "grey" else COLOURS[shown.colour]  # to be read on grey
        axes.text(*place, shown.name, color=colour, ha="center", va="center")
    if spec.hatched:
        axes.axvspan(*spec.hatched, facecolor="none", edgecolor="0.55", hatch="////", lw=0, zorder=2.5)
    if areas:
        _key(axes, tables, spec)
    else:
        axes.text(0.5, 0.5, "nothing is excluded", transform=axes.transAxes, ha="center")


def _outline(axes: Axes, polygons: Sequence[Polygon], continued: Mask, colour: str, lines: Sequence[Any]) -> None:
    """The sides of polygons: in the first style, or in the second where both ends are continued beyond a table."""
    if not polygons:
        return
    sides = np.concatenate([np.stack([p[:-1], p[1:]], axis=1) for p in polygons])
    parts = np.split(continued, np.cumsum([len(p) for p in polygons])[:-1])
    beyond = np.concatenate([part[:-1] & part[1:] for part in parts])
    for chosen, style in ((~beyond, lines[0]), (beyond, lines[1])):
        axes.add_collection(LineCollection(list(sides[chosen]), colors=colour, linewidths=0.7, linestyles=[style]))


def _continued(table: Table) -> Mask:
    """Where an edge is that of limits continued below their table; nowhere, if the table does not say."""
    return table.columns.get("edge", np.full(len(table), "")) == "extrapolated"


def _starts(words: NDArray[Any], beginning: str) -> Mask:
    return np.array([word.startswith(beginning) for word in words.tolist()], dtype=bool)


def _polygons(table: Table, rows: Mask) -> list[Polygon]:
    points = np.column_stack([table["mass_MeV"][rows], table["coupling"][rows]])
    names = [name for name in ("label", "kind", "polygon") if name in table.columns]
    keys = list(zip(*(table[name][rows].tolist() for name in names), strict=True))
    cuts = [i for i in range(1, len(keys)) if keys[i] != keys[i - 1]]
    return [part for part in np.split(points, cuts) if len(part)]


def _between(inner: Sequence[Polygon], outer: Sequence[Polygon], **style: Any) -> PathPatch:
    """What lies in the outer polygons but not in the inner ones: those run backwards, so that they cut out."""
    parts = [Path(polygon, closed=True) for polygon in (*outer, *(p[::-1] for p in inner))]
    return PathPatch(Path.make_compound_path(*parts) if parts else Path(np.empty((0, 2))), **style)


def _covered(polygons: Sequence[Polygon], spec: Exclusion) -> Mask:
    """Which points of the grid over the axes lie in the polygons."""
    x, y = (np.linspace(0, 1, size) for size in GRID)
    points = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    covered = np.zeros(len(points), dtype=bool)
    (x0, x1), (y0, y1) = spec.x_range, np.log(spec.y_range)
    for polygon in polygons:
        if np.ptp(polygon[:, 0]) < NARROW * (x1 - x0):
            continue
        path = np.column_stack([(polygon[:, 0] - x0) / (x1 - x0), (np.log(polygon[:, 1]) - y0) / (y1 - y0)])
        covered |= Path(path).contains_points(points)
    return covered.reshape(GRID)


def _places(areas: Mapping[str, Mask], spec: Exclusion) -> dict[str, tuple[float, float]]:
    """Where the names go: inside their own regions, off the others and off one another, as far as that goes."""
    (x0, x1), (y0, y1) = spec.x_range, np.log(spec.y_range)
    fractions = {
        search: np.array([(mass - x0) / (x1 - x0), (np.log(coupling) - y0) / (y1 - y0)])
        for search, (mass, coupling) in spec.at.items()
        if search in areas
    }
    grid = np.stack(np.meshgrid(*(np.linspace(0, 1, size) for size in GRID), indexing="ij"), axis=-1)
    for search, area in areas.items():
        if search in fractions or area.mean() < VISIBLE:
            continue
        taken = np.zeros(GRID, dtype=bool)
        for place in fractions.values():
            taken |= np.all(np.abs(grid - place) < (2 * ENOUGH / ASPECT, 2 * ENOUGH), axis=-1)
        others = np.any([np.zeros(GRID, bool), *(a for name, a in areas.items() if name != search)], axis=0)
        depths = [_depth(where) for where in (area & ~others & ~taken, area & ~taken, area)]
        depth = next((depth for depth in depths if depth.max() > 0.6 * ENOUGH), depths[-1])
        good = grid[depth >= min(0.7 * depth.max(), ENOUGH)]
        nearest = good[np.square(good - grid[area].mean(axis=0)).sum(axis=1).argmin()]
        fractions[search] = np.clip(nearest, MARGIN, 1 - MARGIN)
    return {
        search: (float(x0 + (x1 - x0) * x), float(np.exp(y0 + (y1 - y0) * y))) for search, (x, y) in fractions.items()
    }


def _depth(area: Mask) -> NDArray[np.float64]:
    """For each point of the grid, how far the nearest point outside the area (or the frame) is."""
    framed = np.pad(area, 1)
    inside, outside = np.argwhere(framed), np.argwhere(~framed)
    depth = np.zeros(framed.shape)
    if len(inside):
        steps = np.abs(inside[:, None] - outside) * np.array([ASPECT / GRID[0], 1 / GRID[1]])
        depth[tuple(inside.T)] = steps.max(axis=-1).min(axis=-1)
    return depth[1:-1, 1:-1]


def _key(axes: Axes, tables: Mapping[str, Table], spec: Exclusion) -> None:
    table = tables["contours"]
    handles: list[Patch | Line2D] = []
    labels = list(dict.fromkeys(table["label"].tolist()))
    if "published" in labels:
        handles.append(Patch(facecolor="0.85", edgecolor="0.3", lw=0.7, label="observed, published"))
    if np.any(_continued(table) & (table["label"] == "published")):
        handles.append(Line2D([], [], color="0.3", lw=0.7, ls=DASHES, label="lifetimes continued below the table"))
    if np.any(table["kind"] == BEYOND):
        text = "implied by the lifetime limits, not claimed"
        handles.append(Patch(facecolor="none", edgecolor="0.3", hatch=HATCH, lw=0, label=text))
    own = [label for label in labels if label != "published" and not label.startswith(PROJECTION)]
    if own and spec.own:
        kinds = " and ".join(spec.own).replace("expected_", "expected ")
        label = textwrap.fill(f"{kinds}, {' / '.join(own)}", 42)
        handles.append(Line2D([], [], color="0.3", lw=0.7, ls=DASHES, label=label))
    if spec.hatched:
        handles.append(Patch(facecolor="none", edgecolor="0.55", hatch="////", lw=0, label=spec.hatched_label))
    if spec.theory:
        handles.append(Patch(facecolor="0.5", alpha=0.6, label="theory uncertainty"))
        if _starts(table["kind"], VARIATION).any():
            handles.append(Line2D([], [], color="0.3", lw=0.6, ls=DOTS, label=spec.variation_label))
    factors = [f"expected with {factor:g} times the data" for factor in sorted(set(spec.projections.values()))]
    for label in [spec.projection_label] if factors and spec.projection_label else factors:
        handles.append(Line2D([], [], color="0.3", lw=0.9, ls=FAR, label=label))
    if "combination" in tables:
        handles.append(Line2D([], [], color="black", lw=0.8, label="windows combined"))
    for number, overlay in enumerate(spec.overlays):
        names = dict.fromkeys(tables[f"overlay.{number}"].columns.get("label", np.array([overlay.path])).tolist())
        label = overlay.label or ", ".join(names)
        handles.append(Line2D([], [], color=COLOURS[overlay.colour], lw=0.7, ls=":", label=f"{label} (overlaid)"))
    axes.legend(handles=handles, loc=spec.key)
