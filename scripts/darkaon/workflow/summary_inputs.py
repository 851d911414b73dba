"""Which tables and figures of a run its summary is made of."""

from __future__ import annotations

from pathlib import Path

from darkaon.config.figures import Exclusion, Limits, OfSearch
from darkaon.config.slots.headlines import CouplingReach, files
from darkaon.paths import find
from darkaon.workflow.project import Project


def with_headlines(project: Project) -> list[str]:
    """The searches that have published headlines to be compared with."""
    return [name for name, search in project.searches.items() if search.headlines]


def headline_tables(project: Project) -> list[str]:
    """The tables of searches that their headlines are compared with."""
    folder = f"{project.results}/searches"
    found = {name: files(s.headlines, s.input).values() for name, s in project.searches.items()}
    return [f"{folder}/{name}/{file}" for name, tables in found.items() for file in tables]


def exclusions(project: Project) -> dict[str, str]:
    """Model -> its table of excluded couplings, of all models that a search constrains."""
    met = [model for model in project.models if project.limits_for(model)]
    return {model: f"{project.set_results}/models/{model}/exclusion.csv" for model in met}


def headline_exclusions(project: Project) -> dict[str, str]:
    """The same of the models that headlines name."""
    lines = [headline for search in project.searches.values() for headline in search.headlines]
    named = {headline.model for headline in lines if isinstance(headline, CouplingReach)}
    return {model: path for model, path in exclusions(project).items() if model in named}


def summary_tables(project: Project) -> list[str]:
    """The tables of searches that stand in the summary."""
    limits = {name: project.limits_of(name) for name in project.searches}
    compared = [name for name, tables in limits.items() if len(tables) > 1]
    own = [table for name, tables in limits.items() for table in (*tables, *project.event_limits(name))]
    return own + [f"{project.results}/searches/{name}/comparison.csv" for name in compared]


def explored_planes(project: Project) -> list[str]:
    """MODEL=FOLDER, for every model that a search constrains."""
    return [f"{model}={Path(path).parent.as_posix()}" for model, path in exclusions(project).items()]


def explored_limits(project: Project) -> list[str]:
    """SEARCH=PATH, for every table of limits on the branching ratio."""
    return [f"{name}={table}" for name in project.searches for table in project.limits_of(name)]


def explored_tables(project: Project) -> list[str]:
    """The tables and contours that the explorer shows."""
    planes = [pair.partition("=")[2] for pair in explored_planes(project)]
    tables = [f"{folder}/{table}.csv" for folder in planes for table in ("contours", "predictions")]
    drawn = [figure for figure in project.figures.values() if isinstance(figure, Exclusion)]
    others = [str(find(overlay.path)) for figure in drawn for overlay in figure.overlays]
    return [*tables, *(pair.partition("=")[2] for pair in explored_limits(project)), *dict.fromkeys(others)]


def limits_figure(project: Project, search: str) -> list[str]:
    """The first figure of a search's limits as PNG, if there is one."""
    names = [n for n, figure in project.figures.items() if isinstance(figure, Limits) and figure.search == search]
    return [f"{project.set_results}/figures/{name}.png" for name in names[:1]]


def figures_of(project: Project) -> list[str]:
    """FIGURE=SEARCH, for every figure of a search."""
    return [f"{name}={figure.search}" for name, figure in project.figures.items() if isinstance(figure, OfSearch)]


def planes_of(project: Project) -> dict[str, str]:
    """Model -> the first figure of its excluded couplings, as PNG."""
    found: dict[str, str] = {}
    for name, figure in project.figures.items():
        if isinstance(figure, Exclusion):
            found.setdefault(figure.model, f"{project.set_results}/figures/{name}.png")
    return found
