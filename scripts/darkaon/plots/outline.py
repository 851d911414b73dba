"""Outlines of excluded regions: no side where a search only ends, a fade where an edge is not known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection

from darkaon.typing import Array, Mask

FADE = 0.14  # of the height of the frame, over which an open region fades
STEPS = 10
FRAME = 2e-3  # relative distance within which a coupling lies on the frame of its source


def sides(polygons: Sequence[Array], above: float = np.inf, below: float = 0.0) -> list[Array]:
    """The sides of polygons that are edges: none upright, where masses end, none on the frame of the source.

    Args:
        polygons: each (points, 2), mass and coupling.
        above: coupling at which the frame of the source lies, if it does.
        below: the same of its lower side.

    Returns:
        Lines (points, 2).
    """
    lines = []
    for polygon in polygons:
        start, end = polygon[:-1], polygon[1:]
        upright = start[:, 0] == end[:, 0]
        step = np.abs(np.log(end[:, 1] / start[:, 1]))
        closing = upright | ((np.abs(end[:, 0] - start[:, 0]) < 1e-3 * np.ptp(polygon[:, 0])) & (step > 1))
        open_ = on_frame(polygon, above, below)
        drawn = ~(closing | open_[:-1] | open_[1:])
        cuts = np.flatnonzero(drawn[1:] != drawn[:-1]) + 1
        for part in np.split(np.arange(len(drawn)), cuts):
            if len(part) and drawn[part[0]]:
                lines.append(polygon[part[0] : part[-1] + 2])
    return lines


def on_frame(polygon: Array, above: float, below: float) -> Mask:
    """Which points lie on (or beyond) the frame of the source."""
    coupling = polygon[:, 1]
    return np.asarray((coupling >= above * (1 - FRAME)) | (coupling <= below * (1 + FRAME)))


def fill(
    axes: Axes, polygons: Sequence[Array], above: float = np.inf, below: float = 0.0, **style: Any
) -> list[Array]:
    """Fill polygons; of one that ends at the frame of its source only a fade along its edge.

    Returns:
        What is filled, as polygons.
    """
    whole = [polygon for polygon in polygons if not on_frame(polygon, above, below).any()]
    axes.add_collection(PolyCollection(whole, edgecolors="none", **style))
    filled = list(whole)
    low, high = np.log(axes.get_ylim())
    alpha = style.pop("alpha", 1.0)
    for polygon in polygons:
        open_ = on_frame(polygon, above, below)
        if not open_.any():
            continue
        for edge in _edges(polygon, open_):
            up = 1 if polygon[open_, 1].mean() > edge[:, 1].mean() else -1
            height = up * FADE * (high - low)
            bands = [
                np.concatenate(
                    [_raised(edge, height * step / STEPS), _raised(edge, height * (step + 1) / STEPS)[::-1]]
                )
                for step in range(STEPS)
            ]
            for step, band in enumerate(bands):
                axes.add_collection(
                    PolyCollection([band], edgecolors="none", alpha=alpha * (1 - (step + 0.5) / STEPS), **style)
                )
            filled.append(np.concatenate([edge, _raised(edge, height / 2)[::-1]]))
    return filled


def outline(axes: Axes, lines: Sequence[Array], **style: Any) -> None:
    """Draw lines."""
    axes.add_collection(LineCollection(list(lines), **style))


def _edges(polygon: Array, open_: Mask) -> list[Array]:
    """The runs of points of a closed polygon that are not on the frame; one run over its seam stays one."""
    points = polygon[:-1] if np.array_equal(polygon[0], polygon[-1]) else polygon
    free = ~open_[: len(points)]
    first = int(np.argmin(free))  # begin on the frame, so that no run crosses the seam
    points, free = np.roll(points, -first, axis=0), np.roll(free, -first)
    cuts = np.flatnonzero(free[1:] != free[:-1]) + 1
    return [
        part
        for part, seen in zip(np.split(points, cuts), np.split(free, cuts), strict=True)
        if seen[0] and len(part) > 1
    ]


def _raised(edge: Array, height: float) -> Array:
    return np.column_stack([edge[:, 0], edge[:, 1] * np.exp(height)])
