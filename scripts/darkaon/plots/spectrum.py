"""The spectrum of the observable, with Poisson errors and the range that is searched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from darkaon.config.figures import Spectrum
from darkaon.plots.style import COLOURS, finish, garwood
from darkaon.tables.blocks import Candidates

COLUMNS = {"windows": ("mass_MeV",)}


def draw(figure: Figure, tables: Mapping[str, Any], spec: Spectrum) -> None:
    """Draw the candidates of all samples (candidates.<sample>) together, and the masses of windows."""
    candidates = Candidates(
        [path for table in tables.values() if isinstance(table, Candidates) for path in table.paths]
    )
    low, high = spec.x_range or candidates.ends()
    first, last = np.floor(low / spec.bin_width), np.ceil(high / spec.bin_width)
    edges = spec.bin_width * np.arange(first, last + 1)
    below, squares = candidates.weight_below(np.append(edges[:-1], np.nextafter(edges[-1], np.inf)))
    counts, errors = np.diff(below), np.tile(np.sqrt(np.diff(squares)), (2, 1))
    if np.array_equal(below, squares):  # no weights
        errors = np.array(garwood(counts))
    axes = figure.subplots()
    masses = tables["windows"]["mass_MeV"]
    axes.axvspan(masses.min(), masses.max(), color="0.93", lw=0, zorder=0)
    place = axes.get_xaxis_transform()
    axes.text(masses.mean(), 0.03, "search range", transform=place, ha="center", color="0.35", gid="name")
    filled = counts > 0
    middle = 0.5 * (edges[1:] + edges[:-1])
    style: dict[str, Any] = {"fmt": "o", "ms": 1.6, "lw": 0.6, "color": COLOURS["black"]}
    axes.errorbar(middle[filled], counts[filled], errors[:, filled], **style)
    axes.set_ylim(0, 1.12 * (counts + errors[1]).max())
    axes.text(0.97, 0.94, f"{len(candidates)} candidates", transform=axes.transAxes, ha="right", va="top", gid="name")
    finish(axes, spec)
    if not spec.y_label:
        axes.set_ylabel(f"candidates / ({spec.bin_width:g} {spec.unit})")
    axes.set_axisbelow(False)
