"""The pictures of results: those of the workflow, with titles and axes that the data give."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from darkaon.config.figures import Colour, Exclusion, Limits, Overlay
from darkaon.config.figures_file import load_figures
from darkaon.exclusion.limits import Limits as BranchingLimits
from darkaon.models.model import Model
from darkaon.paths import find, root
from darkaon.plots import exclusion, limits
from darkaon.plots.style import canvas, notes_of, styled
from darkaon.tables.contours import read_contours
from darkaon.tables.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OVERLAID: tuple[Colour, ...] = ("purple", "green", "orange", "blue")
MOST = 7  # lifetimes


def exclusion_figure(model: Model, intervals: Table, contours: Table, overlay: Sequence[str | Path] = ()) -> Figure:
    """Excluded regions, published ones filled, and contours in CSV files; axes as in darkaon's figure of the model.

    Raises:
        InputError: an overlay that is no table of contours.
    """
    spec = _exclusion_spec(model, intervals).model_copy(
        update={
            "overlays": tuple(
                Overlay(path=str(path), label=Path(path).stem, colour=OVERLAID[i % len(OVERLAID)])
                for i, path in enumerate(overlay)
            )
        }
    )
    tables = {"contours": contours}
    for number, path in enumerate(overlay):
        tables[f"overlay.{number}"] = read_contours(path)
    for name, region in spec.drawn.items():
        tables[f"region.{name}"] = read_contours(find(region.path))
    with styled():
        figure = canvas(contours.label.split(", "), notes_of(tables), spec.title, wide=spec.wide)
        exclusion.draw(figure, tables, spec)
        figure.draw_without_rendering()
    return figure


def _exclusion_spec(own: Model, intervals: Table) -> Exclusion:
    unit = f" [{own.coupling.unit}]" if own.coupling.unit else ""
    carried = load_figures(root() / "config" / "figures.yaml")
    displays = {name: shown for figure in carried.values() for name, shown in figure.display.items()}
    mine = Path("config/figures.yaml")
    figures = {**carried, **(load_figures(mine) if mine.is_file() else {})}
    kinds = tuple(k for k in dict.fromkeys(intervals["kind"].tolist()) if k in ("observed", "expected"))
    always = {
        "searches": (), "own": kinds[:1], "projections": {}, "combination": False, "theory": False, "hatched": None,
    }  # fmt: skip
    for figure in figures.values():
        if isinstance(figure, Exclusion) and figure.model == own.id:
            return figure.model_copy(update={**always, "display": displays | figure.display})
    low = intervals["coupling_low"].min() if len(intervals) else own.coupling.low
    return Exclusion(
        kind="exclusion",
        model=own.id,
        title=own.title.replace("$", r"\$"),
        caption="",
        y_label=f"{own.coupling.label}{unit}",
        x_range=_span(intervals["mass_MeV"]) if len(intervals) else (0.0, 400.0),
        y_range=(10.0 ** np.floor(np.log10(low) - 1), own.coupling.high),
        display=displays,
    ).model_copy(update=always)


def limits_figure(search: BranchingLimits, limits_table: Table) -> Figure:
    """Limits on the branching ratio against the mass, a curve for each lifetime."""
    lifetimes = tuple(search.lifetime_ns.tolist())
    step = -(-len(lifetimes) // MOST)
    columns = {("observed" if name == "upper_limit" else name): c for name, c in limits_table.columns.items()}
    table = Table(columns, {**limits_table.header, "label": search.label})
    spec = Limits(
        kind="limits",
        search=search.search,
        title=search.search.replace("_", " "),
        caption="",
        lifetimes_ns=lifetimes[::-step][::-1],
        own="observed" if "observed" in columns else "expected",
        y_label=f"B({search.process}), X {search.final_state}".replace("->", r"$\to$"),
    )
    with styled():
        figure = canvas([search.label] if search.label else [], notes_of({"limits": table}), spec.title)
        limits.draw(figure, {"published" if search.label == "published" else "own": table}, spec)
        figure.draw_without_rendering()
    return figure


def _span(mass: np.ndarray) -> tuple[float, float]:
    low, high = float(mass.min()), float(mass.max())
    room = 0.05 * (high - low) or 1.0
    return max(low - room, 0.0), high + room
