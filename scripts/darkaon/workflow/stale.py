"""Results that no rule of this run makes any more: candidates of samples that are gone, open results now blinded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from darkaon.config.figures import OfSearch
from darkaon.config.search import Search
from darkaon.tables.table import read_table
from darkaon.workflow.project import Project

KINDS = {".npy", ".csv", ".json"}  # of what the workflow writes into the folder of a search
WITHOUT_DATA = {"acceptance", "simulated_acceptance", "edges", "blinding", "published_limits"}  # tables


def tables_of(project: Project, name: str) -> list[str]:
    """All that a run makes in the folder of a search."""
    folder = f"{project.results}/searches/{name}"
    targets = project.targets_of(name) if name in project.searches else []
    figures = [f for f in project.figures.values() if isinstance(f, OfSearch) and f.search == name]
    shown = [f"{folder}/{table}.csv" for figure in figures for table in figure.tables()]
    projected = [path for model in project.models for path in project.projections_for(model)]
    return [*targets, *project.steps_of(name), *shown, *projected]


def made_open(project: Project, name: str, search: Search) -> bool:
    """Whether the results of a blinded search may have been made before it was blinded as it is now."""
    owner = search.variant_of or search.data_of or name
    blinding = Path(project.results) / "searches" / owner / "blinding.csv"
    known = read_table(blinding).header.get("blind", "") if blinding.is_file() else ""
    return bool(search.blind) and known != json.dumps(search.blind)


def without_data(project: Project, name: str, path: Path) -> bool:
    """Whether a result of a search is made of simulation and published tables alone."""
    simulated = [*project.candidates(name, "signal"), *project.candidates(name, "background")]
    simulated += [varied for _, varied in project.variations(name)]
    return path.stem in WITHOUT_DATA or str(path.with_suffix(".npy")) in simulated


def stale_files(project: Project) -> list[Path]:
    """Files in the folders of this run's searches that show what a user took away.

    Candidates of samples that are not in the list of samples any more; of a search with blinded ranges whatever this
    run does not make, since it may have been made before they were blinded; and if they are blinded in no result yet,
    all that is made of data, whatever part of it this run makes again.
    """
    found: list[Path] = []
    for name, search in {**project.searches, **project.sources}.items():
        folder = Path(project.results) / "searches" / name
        kept = {Path(path) for path in tables_of(project, name)}
        if made_open(project, name, search):
            kept = {path for path in kept if without_data(project, name, path)}
        below = folder if search.blind else folder / "candidates"
        samples = {sample.sample for sample in project.all_samples if sample.search == name}
        for path in sorted(below.rglob("*")):
            sample = re.split(r"[.~]", path.stem)[0]  # of which it is a batch, or a variation
            gone = path.parent.name == "candidates" and sample not in samples
            if path.suffix in KINDS and path.is_file() and (gone or (search.blind and path not in kept)):
                found.append(path)
    return found


def other_sets(project: Project) -> list[Path]:
    """Folders of other sets with files older than the blinding of a search of this run."""
    dates = [
        blinding.stat().st_mtime
        for name, search in project.searches.items()
        if search.blind and (blinding := Path(project.results) / "searches" / name / "blinding.csv").is_file()
    ]
    roots = [Path(project.results), *sorted((Path(project.results) / "sets").glob("*"))]
    pages = {root: root / "summary.csv" for root in roots if root != Path(project.set_results)}
    return [root for root, page in pages.items() if dates and page.is_file() and page.stat().st_mtime < max(dates)]


def remove_stale(project: Project, say: Callable[[str], None]) -> None:
    """Remove `stale_files`, and name what was made before a search was blinded and is not removed."""
    own = {**project.searches, **project.sources}
    opened = [name for name, search in own.items() if made_open(project, name, search)]
    for path in stale_files(project):
        path.unlink()
        owner = path.relative_to(Path(project.results) / "searches").parts[0]
        why = (
            "it was made before its search was blinded"
            if owner in opened
            else "nothing of this run makes it any more"
        )
        say(f"{path}: removed, since {why}")
    if opened and Path(project.set_results, "summary.csv").is_file():
        say(f"{project.set_results}: figures and summary show {', '.join(opened)} open until they are made again")
    for folder in other_sets(project):
        say(f"{folder}: was made before a search was blinded, and may show what is closed now; make it again")
