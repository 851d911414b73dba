"""The boxes that the words of a figure fill, as they are drawn, and which of them overlap."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text

SHRUNK = 0.5  # points by which a box may reach into another: the room about the letters
POINTS = 72.0


def renderer_of(figure: Figure) -> RendererAgg:
    """What draws the figure, and measures its texts."""
    canvas = figure.canvas if isinstance(figure.canvas, FigureCanvasAgg) else FigureCanvasAgg(figure)
    return canvas.get_renderer()


def _ticks_out_of_range(figure: Figure) -> set[int]:
    """Tick labels that matplotlib keeps, but does not draw."""
    hidden: set[int] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            scale = axis.get_transform().transform
            low, high = sorted(scale(axis.get_view_interval()))
            room = 1e-6 * (high - low)
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not low - room <= scale(np.array([tick.get_loc()]))[0] <= high + room:
                    hidden |= {id(tick.label1), id(tick.label2)}
    return hidden


def overlaps(figure: Figure) -> list[str]:
    """What overlaps in a drawn figure: text and text, text and the rim, a name and the frame of its axes or a key."""
    renderer, hidden = renderer_of(figure), _ticks_out_of_range(figure)
    shrink = SHRUNK * figure.dpi / POINTS
    found, boxes = [], []
    for artist in figure.findobj(Text):
        if id(artist) in hidden or not artist.get_visible() or not artist.get_text().strip():
            continue
        box = Text.get_window_extent(artist, renderer)
        boxes.append((artist, box.padded(-shrink) if min(box.width, box.height) > 2 * shrink else box))
    for (one, a), (two, b) in combinations(boxes, 2):
        if a.overlaps(b):
            found.append(f"{one.get_text()!r} and {two.get_text()!r}")
    rim = figure.bbox
    for artist, box in boxes:
        if not (rim.x0 <= box.x0 and box.x1 <= rim.x1 and rim.y0 <= box.y0 and box.y1 <= rim.y1):
            found.append(f"{artist.get_text()!r} and the rim")
        if artist.get_gid() == "name" and artist.axes is not None:
            frame = artist.axes.bbox
            if not (frame.x0 < box.x0 and box.x1 < frame.x1 and frame.y0 < box.y0 and box.y1 < frame.y1):
                found.append(f"{artist.get_text()!r} and the frame")
    for legend in figure.findobj(Legend):
        key, own = legend.get_window_extent(renderer), {id(text) for text in legend.findobj(Text)}
        found += [f"{t.get_text()!r} and the key" for t, box in boxes if id(t) not in own and box.overlaps(key)]
        found += ["the key and a frame" for axes in figure.axes if key.padded(-shrink).overlaps(axes.bbox)]
    return found
