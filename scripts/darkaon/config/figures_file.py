"""`config/figures.yaml`: the figures of a run by name, the names of searches, the regions of others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from darkaon.config.figures import Display, Exclusion, Figure, Limits, Region
from darkaon.config.schema import Strict, check_known, read_yaml, validate


class FiguresFile(Strict):
    """`config/figures.yaml`."""

    searches: dict[str, Display] = Field(default_factory=dict)
    regions: dict[str, dict[str, Region]] = Field(default_factory=dict)
    figures: dict[str, Figure]


def load_figures(path: str | Path, *more: str | Path) -> dict[str, Figure]:
    """Figure id -> its specification (one of the classes of `Figure`), with the names of searches filled in.

    Files after the first are for the figures and names that it does not have.

    Raises:
        InputError: a key that is unknown, missing or of the wrong kind.
    """
    files = [validate(FiguresFile, read_yaml(file), file) for file in (path, *more)]
    content = FiguresFile(
        searches={name: display for file in files[::-1] for name, display in file.searches.items()},
        regions={plane: regions for file in files[::-1] for plane, regions in file.regions.items()},
        figures={name: figure for file in files[::-1] for name, figure in file.figures.items()},
    )
    for name, figure in content.figures.items():
        plane = getattr(figure, "regions", "")
        if plane:
            check_known(plane, content.regions, f"{path}: figures.{name}.regions: there are none of {plane!r}")
    return {name: figure.model_copy(update=_filled_in(content, figure)) for name, figure in content.figures.items()}


def load_figure(path: str | Path, name: str, *more: str | Path) -> Figure:
    """One figure of files as for `load_figures`.

    Raises:
        InputError: as `load_figures`, and a figure that does not exist.
    """
    figures = load_figures(path, *more)
    check_known(name, figures, f"{path}: figures: there is no {name!r}")
    return figures[name]


def _filled_in(content: FiguresFile, figure: Figure) -> dict[str, Any]:
    found: dict[str, Any] = {"display": _used(content.searches, figure) | figure.display}
    if isinstance(figure, Exclusion) and figure.regions:
        found["drawn"] = content.regions[figure.regions] | figure.drawn
    return found


def _used(displays: Mapping[str, Display], figure: Any) -> dict[str, Display]:
    """Only what a figure can show, so that an edit of one search's name redraws only what shows it."""
    names: set[str] = set()
    if isinstance(figure, Limits):
        names = set(figure.beside)
    elif isinstance(figure, Exclusion):
        names = set(figure.searches or displays)
    return {name: display for name, display in displays.items() if name in names}
