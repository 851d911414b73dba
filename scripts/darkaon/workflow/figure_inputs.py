"""Which tables and files of a run each figure is drawn from."""

from __future__ import annotations

from darkaon.config.figures import OWN, Exclusion, Figure, Limits, OfModel, Spectrum
from darkaon.paths import find
from darkaon.workflow.project import Project


def figure_inputs(figure: Figure, project: Project) -> dict[str, str]:
    """Name -> path of each table and file that a figure shows."""
    if isinstance(figure, OfModel):
        return _of_model(figure, project)
    folder = f"{project.results}/searches/{figure.search}"
    if isinstance(figure, Limits):
        return _limits(figure, project)
    files = {name: f"{folder}/{name}.csv" for name in figure.tables()}
    if isinstance(figure, Spectrum):
        for path in project.candidates(figure.search, "data"):
            name = path.rpartition("/")[2].removesuffix(".npy")
            files[f"candidates.{name}"] = path
            files[f"cutflow.{name}"] = path.removesuffix(".npy") + ".csv"
    return files


def _limits(figure: Limits, project: Project) -> dict[str, str]:
    folder = f"{project.results}/searches"
    files = {}
    if project.searches[figure.search].input in OWN:
        files["own"] = f"{folder}/{figure.search}/branching_limits.csv"
    for search in (figure.search, *figure.beside):
        if search not in project.searches:
            continue
        if project.searches[search].published:
            files["published" if search == figure.search else search] = f"{folder}/{search}/published_limits.csv"
        elif search != figure.search:
            files[search] = f"{folder}/{search}/branching_limits.csv"
    return files


def _of_model(figure: OfModel, project: Project) -> dict[str, str]:
    folder = f"{project.set_results}/models/{figure.model}"
    files = {figure.table: f"{folder}/{figure.table}.csv"}
    if isinstance(figure, Exclusion):
        files |= {f"overlay.{i}": str(find(overlay.path)) for i, overlay in enumerate(figure.overlays)}
        files |= {f"region.{name}": str(find(region.path)) for name, region in figure.drawn.items()}
        if figure.combination and figure.model in project.combined_models():
            files["combination"] = f"{folder}/combination_contours.csv"
    return files
