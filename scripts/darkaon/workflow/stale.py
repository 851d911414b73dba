"""Results that no rule of this run makes any more: candidates of samples that are gone, open results now blinded."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from darkaon.config.figures import OfSearch
from darkaon.workflow.project import Project

KINDS = {".npy", ".csv", ".json"}  # of what the workflow writes into the folder of a search


def tables_of(project: Project, name: str) -> list[str]:
    """All that a run makes in the folder of a search."""
    folder = f"{project.results}/searches/{name}"
    targets = project.targets_of(name) if name in project.searches else []
    figures = [f for f in project.figures.values() if isinstance(f, OfSearch) and f.search == name]
    shown = [f"{folder}/{table}.csv" for figure in figures for table in figure.tables()]
    projected = [path for model in project.models for path in project.projections_for(model)]
    return [*targets, *project.steps_of(name), *shown, *projected]


def stale_files(project: Project) -> list[Path]:
    """Files in the folders of this run's searches that show what a user took away.

    Candidates of samples that are not in the list of samples any more; of a search with blinded ranges whatever this
    run does not make, since it may have been made before they were blinded.
    """
    found: list[Path] = []
    for name, search in {**project.searches, **project.sources}.items():
        folder = Path(project.results) / "searches" / name
        kept = {Path(path) for path in tables_of(project, name)}
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
    """Remove `stale_files`, and name `other_sets`."""
    for path in stale_files(project):
        path.unlink()
        say(f"{path}: removed, since nothing of this run makes it any more")
    for folder in other_sets(project):
        say(f"{folder}: was made before a search was blinded, and may show what is closed now; make it again")
