"""The explorer's page from the tables of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from darkaon.config.figures import Display, Exclusion
from darkaon.config.figures_file import load_figures
from darkaon.config.search import read_search
from darkaon.report.explorer import Plane, Search, document
from darkaon.report.greek import plain, plain_tex
from darkaon.report.pages import render
from darkaon.tables.contours import WORDS, read_contours
from darkaon.tables.table import read_table
from darkaon.version import VERSION


def explorer_page(
    planes: Mapping[str, Path],
    limits: Iterable[tuple[str, Path]],
    searches: Iterable[Path],
    figures: Sequence[Path],
) -> str:
    """The page as HTML.

    Args:
        planes: model -> folder with contours.csv and predictions.csv.
        limits: search and table of its limits on the branching ratio, several for a search if there are.
        searches: YAML files.
        figures: lists of figures, from which names, colours, axes and other experiments' contours are taken.

    Raises:
        InputError: a table that is not there, or lacks a column.
    """
    known = load_figures(*figures) if figures else {}
    drawn = [figure for figure in known.values() if isinstance(figure, Exclusion)]
    displays = {name: shown for figure in known.values() for name, shown in figure.display.items()}
    tables = [(search, read_table(path, required=("lifetime_ns", "mass_MeV"))) for search, path in limits]
    named = {path.stem: _search(path, displays.get(path.stem)) for path in searches}
    shown = [_plane(model, folder, [f for f in drawn if f.model == model]) for model, folder in planes.items()]
    return render("explorer.html", data=document(shown, tables, named), version=VERSION)


def _search(path: Path, shown: Display | None) -> Search:
    content = read_search(path)
    arxiv = (content.get("reference") or {}).get("arxiv", "")
    name, colour = (plain_tex(shown.name), shown.colour) if shown else (path.stem, "grey")
    return Search(name, colour, arxiv, plain(content["title"]))


def _plane(model: str, folder: Path, figures: Sequence[Exclusion]) -> Plane:
    first = figures[0] if figures else None
    others = {overlay.label or Path(overlay.path).stem: overlay.path for f in figures for overlay in f.overlays}
    return Plane(
        model,
        read_contours(folder / "contours.csv"),
        read_table(folder / "predictions.csv", required=("mass_MeV",), text=WORDS),
        first.y_label if first else "",
        first.x_range if first else None,
        first.y_range if first else None,
        {name: read_contours(path) for name, path in others.items()},
    )
