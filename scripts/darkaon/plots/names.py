"""Names in a figure: each beside or inside what it is the name of, off the others, off lines, inside the frame.

Placed by the project itself, since no two names may touch: every place on a raster is tried, name after name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image, ImageDraw
from scipy.ndimage import distance_transform_edt

from darkaon.plots.boxes import renderer_of
from darkaon.typing import Array, Index, Mask

CELL = 0.015  # inches, of the raster
ROOM = 0.02  # inches about a name
FAR = 0.06  # inches from what it names, beyond which a thin line leads there
# what a place costs
ON_LINES, OUTSIDE, ON_OTHERS, DISTANCE = 6.0, 1.0, 0.7, 8.0  # per part of the name, and per inch
DARK = 0.55  # of a colour, for letters


@dataclass(frozen=True)
class Name:
    """A name and what it belongs to.

    Attributes:
        text: the name.
        colour: of what it names; letters are darker.
        polygons: areas, each (points, 2) in data coordinates; it may stand inside.
        lines: lines, the same; it stands beside them.
        at: a place in data coordinates, in place of a search for one.
    """

    text: str
    colour: str = "#434443"
    polygons: Sequence[Array] = field(default_factory=tuple)
    lines: Sequence[Array] = field(default_factory=tuple)
    at: tuple[float, float] | None = None


def level_names(lines: Any, words: Callable[[float], str]) -> list[Name]:
    """The names of contour lines: what `words` makes of each level."""
    return [
        Name(words(float(level)), lines=[segment for segment in segments if len(segment) > 1])
        for level, segments in zip(lines.levels, lines.allsegs, strict=True)
        if len(segments)
    ]


def dark(colour: str) -> str:
    """A colour in which letters can be read on white."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(DARK * part):02x}" for part in parts)


def place(figure: Figure, axes: Axes, names: Sequence[Name], lines: Sequence[Array] = ()) -> None:
    """Write the names into the axes, whose ranges and place in the figure are final after this; small areas first.

    The figure holds all but the names; `lines`, in data coordinates, are further ones that names avoid.
    """
    if not names:
        return
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    raster = _Raster(axes)
    areas = [raster.filled(name.polygons) | raster.drawn(name.lines) for name in names]
    sides = raster.drawn([*lines, *(p for name in names for p in (*name.polygons, *name.lines))])
    taken = np.zeros_like(sides)
    others = np.sum(areas, axis=0)
    order = sorted(range(len(names)), key=lambda i: (names[i].at is None, areas[i].sum(), i))
    for i in order:
        name, own = names[i], areas[i]
        if not own.any() and name.at is None:
            continue  # nothing of it is in the frame
        text = axes.text(
            0.5, 0.5, name.text, transform=axes.transAxes, ha="center", va="center", color=dark(name.colour),
            zorder=6, gid="name", linespacing=1.0,
            bbox={"boxstyle": "square,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.75},
        )  # fmt: skip
        text.set_in_layout(False)
        box = text.get_window_extent(renderer_of(figure))
        size = raster.cells(box.width, box.height)
        spot = raster.best(size, own, taken, at=name.at, sides=sides, others=others - own > 0)
        if spot is None:
            text.remove()
            continue
        taken[
            spot[0] - size[0] // 2 : spot[0] + size[0] // 2 + 1, spot[1] - size[1] // 2 : spot[1] + size[1] // 2 + 1
        ] = True
        x, y = raster.fraction(spot)
        text.set_position((x, y))
        nearest = raster.nearest(own, spot, size)
        if nearest is not None:
            axes.annotate(
                "", nearest, (x, y), xycoords="axes fraction", zorder=5,
                arrowprops={"arrowstyle": "-", "lw": 0.4, "color": dark(name.colour), "shrinkA": 0, "shrinkB": 0},
            )  # fmt: skip


class _Raster:
    """The inside of the axes as cells, first across, then upwards."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self.dpi = axes.figure.dpi
        across, up = (max(int(side / self.dpi / CELL), 8) for side in (axes.bbox.width, axes.bbox.height))
        self.shape = across, up

    def _to_cells(self, points: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            fraction = (self.axes.transData - self.axes.transAxes).transform(points)
        return np.clip(fraction, -3, 4) * np.array(self.shape)

    def _paint(self, paths: Sequence[Array], fill: bool) -> Mask:
        image = Image.new("1", self.shape)
        pen = ImageDraw.Draw(image)
        for path in paths:
            cells = self._to_cells(np.asarray(path, dtype=float))
            for part in _parts(cells):
                pairs = [tuple(point) for point in part.tolist()]
                if fill and len(pairs) > 2:
                    pen.polygon(pairs, fill=1)
                elif not fill and len(pairs) > 1:
                    pen.line(pairs, fill=1)
        return np.asarray(image, dtype=bool).T.copy()

    def filled(self, polygons: Sequence[Array]) -> Mask:
        """The cells inside polygons."""
        return self._paint(polygons, fill=True)

    def drawn(self, lines: Sequence[Array]) -> Mask:
        """The cells on lines."""
        return self._paint(lines, fill=False)

    def cells(self, width: float, height: float) -> tuple[int, int]:
        """Cells that a box of so many pixels takes, with room about it; odd numbers."""
        width_cells, height_cells = (
            int(np.ceil((side / self.dpi + 2 * ROOM) / CELL)) | 1 for side in (width, height)
        )
        return width_cells, height_cells

    def fraction(self, spot: Index) -> tuple[float, float]:
        """The middle of a cell in parts of the axes."""
        return float((spot[0] + 0.5) / self.shape[0]), float((spot[1] + 0.5) / self.shape[1])

    def best(
        self,
        size: tuple[int, int],
        own: Mask,
        taken: Mask,
        *,
        at: tuple[float, float] | None,
        sides: Mask,
        others: Mask,
    ) -> Index | None:
        """The cheapest free middle of a box of `size` cells; None, if none is free."""
        if size[0] >= self.shape[0] or size[1] >= self.shape[1]:
            return None
        count = size[0] * size[1]
        on_taken = _sums(taken, size)
        part_of = {
            name: _sums(mask, size) / count for name, mask in (("own", own), ("sides", sides), ("others", others))
        }
        inner = tuple(slice(s // 2, s // 2 + n) for s, n in zip(size, on_taken.shape, strict=True))
        target = own
        if at is not None:
            target = np.zeros_like(own)
            cell = np.clip(self._to_cells(np.array([at]))[0].astype(int), 0, np.array(self.shape) - 1)
            target[tuple(cell)] = True
        away = distance_transform_edt(~target)[inner] * CELL
        half = 0.0 if at is not None else 0.5 * size[1] * CELL
        cost = DISTANCE * np.maximum(away - half, 0)
        if at is None:
            cost = cost + ON_LINES * part_of["sides"] + OUTSIDE * (1 - part_of["own"]) + ON_OTHERS * part_of["others"]
        cost = np.where(on_taken > 0, np.inf, cost)
        spot = np.unravel_index(np.argmin(cost), cost.shape)
        if not np.isfinite(cost[spot]):
            return None
        return np.array([spot[0] + size[0] // 2, spot[1] + size[1] // 2])

    def nearest(self, own: Mask, spot: Index, size: tuple[int, int]) -> tuple[float, float] | None:
        """The nearest point of what is named, if it is far from the box about `spot`."""
        cells = np.argwhere(own)
        if not len(cells):
            return None
        gap = np.maximum(np.abs(cells - spot) - np.array(size) // 2, 0) * CELL
        distance = np.hypot(*gap.T)
        row = int(np.argmin(distance))
        return self.fraction(cells[row]) if distance[row] > FAR else None


def _parts(points: Array) -> list[Array]:
    """Runs of points without NaN."""
    known = np.asarray(np.isfinite(points).all(axis=1))
    cuts = np.flatnonzero(known[1:] != known[:-1]) + 1
    return [part for part in np.split(points, cuts) if len(part) and bool(np.isfinite(part[0]).all())]


def _sums(mask: Mask, size: tuple[int, int]) -> Index:
    """For each place of a box of `size` cells, how many cells of the mask are in it."""
    total = np.zeros(np.array(mask.shape) + 1, dtype=np.intp)
    total[1:, 1:] = mask.cumsum(axis=0).cumsum(axis=1)
    w, h = size
    return total[w:, h:] - total[:-w, h:] - total[w:, :-h] + total[:-w, :-h]
