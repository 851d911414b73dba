"""Excluded regions of mass and coupling: published limits filled, this run's own outlined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path
from numpy.typing import NDArray

from darkaon.figures import Exclusion
from darkaon.plots.style import COLOURS, finish
from darkaon.tables import Table

DASHES = (0, (3, 1.2))
GRID = (60, 40)  # points at which places for names are tried
ASPECT = 0.35  # a name is about three times as wide as high

Polygon = NDArray[np.float64]  # (points, 2): mass, coupling
Mask = NDArray[np.bool_]


def draw(figure: Figure, tables: Mapping[str, Table], spec: Exclusion) -> None:
    """Draw every search that constrains the model, its name inside its region.

    Args:
        figure: where to draw.
        tables: contours, with the columns search, label, kind, polygon, mass_MeV and coupling.
        spec: the entry in figures.yaml.
    """
    axes = figure.subplots()
    axes.set_yscale("log")
    finish(axes, spec)
    table = tables["contours"]
    published = table["label"] == "published"
    searches = [
        name for name in dict.fromkeys(table["search"].tolist()) if not spec.searches or name in spec.searches
    ]
    areas = {}
    for search in searches:
        of_search = table["search"] == search
        filled = _polygons(table, of_search & published & (table["kind"] == "observed"))
        own = _polygons(table, of_search & ~published & np.isin(table["kind"], spec.own))
        colour = COLOURS[spec.shown(search).colour]
        axes.add_collection(PolyCollection(filled, facecolors=colour, edgecolors="none", alpha=0.25))
        axes.add_collection(PolyCollection(filled, facecolors="none", edgecolors=colour, linewidths=0.7))
        axes.add_collection(
            PolyCollection(own, facecolors="none", edgecolors=colour, linewidths=0.7, linestyles=[DASHES])
        )
        if filled or own:
            areas[search] = _covered(filled or own, spec)
    for search, place in _places(areas, spec).items():
        shown = spec.shown(search)
        axes.text(*place, shown.name, color=COLOURS[shown.colour], ha="center", va="center")
    _key(axes, table, spec)


def _polygons(table: Table, rows: Mask) -> list[Polygon]:
    points = np.column_stack([table["mass_MeV"][rows], table["coupling"][rows]])
    keys = list(zip(*(table[name][rows].tolist() for name in ("label", "kind", "polygon")), strict=True))
    cuts = [i for i in range(1, len(keys)) if keys[i] != keys[i - 1]]
    return [part for part in np.split(points, cuts) if len(part)]


def _covered(polygons: Sequence[Polygon], spec: Exclusion) -> Mask:
    """Which points of the grid over the axes lie in the polygons."""
    x, y = (np.linspace(0, 1, size) for size in GRID)
    points = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    covered = np.zeros(len(points), dtype=bool)
    (x0, x1), (y0, y1) = spec.x_range, np.log(spec.y_range)
    for polygon in polygons:
        path = np.column_stack([(polygon[:, 0] - x0) / (x1 - x0), (np.log(polygon[:, 1]) - y0) / (y1 - y0)])
        covered |= Path(path).contains_points(points)
    return covered.reshape(GRID)


def _places(areas: Mapping[str, Mask], spec: Exclusion) -> dict[str, tuple[float, float]]:
    """Where the names go: as deep inside their own regions and as far from the others as they can."""
    places = dict(spec.at)
    for search, area in areas.items():
        if search in places or not area.any():
            continue
        others = np.any([other for name, other in areas.items() if name != search] or [np.zeros(GRID, bool)], axis=0)
        depth = _depth(area & ~others)
        if depth.max() < 2 / GRID[1]:
            depth = _depth(area)
        i, j = np.unravel_index(int(depth.argmax()), GRID)
        (x0, x1), (y0, y1) = spec.x_range, np.log(spec.y_range)
        places[search] = (x0 + (x1 - x0) * i / (GRID[0] - 1), float(np.exp(y0 + (y1 - y0) * j / (GRID[1] - 1))))
    return {search: place for search, place in places.items() if search in areas}


def _depth(area: Mask) -> NDArray[np.float64]:
    """For each point of the grid, how far the nearest point outside the area (or the frame) is."""
    framed = np.pad(area, 1)
    inside, outside = np.argwhere(framed), np.argwhere(~framed)
    depth = np.zeros(framed.shape)
    if len(inside):
        steps = np.abs(inside[:, None] - outside) * np.array([ASPECT / GRID[0], 1 / GRID[1]])
        depth[tuple(inside.T)] = steps.max(axis=-1).min(axis=-1)
    return depth[1:-1, 1:-1]


def _key(axes: Axes, table: Table, spec: Exclusion) -> None:
    handles: list[Patch | Line2D] = []
    for label in dict.fromkeys(table["label"].tolist()):
        if label == "published":
            handles.insert(0, Patch(facecolor="0.8", edgecolor="0.3", lw=0.7, label=label))
        else:
            handles.append(Line2D([], [], color="0.3", lw=0.7, ls=DASHES, label=f"{label}, {' and '.join(spec.own)}"))
    axes.legend(handles=handles, loc=spec.key)
