"""Results that no rule of this run makes any more: candidates of samples that are gone, open results now blinded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from darkaon.config.figures import OfSearch
from darkaon.errors import InputError
from darkaon.workflow.dependencies import content_of
from darkaon.workflow.project import Project
from darkaon.workflow.sources import states

KINDS = {".npy", ".csv", ".json"}  # of what the workflow writes into the folder of a search
WITHOUT_DATA = {"acceptance", "simulated_acceptance", "edges", "blinding", "published_limits"}  # tables
MARK = ".blind"  # in the folder of a blinded search: what closed its data when its results were made


def tables_of(project: Project, name: str) -> list[str]:
    """All that a run makes in the folder of a search."""
    folder = f"{project.results}/searches/{name}"
    targets = project.targets_of(name) if name in project.searches else []
    figures = [f for f in project.figures.values() if isinstance(f, OfSearch) and f.search == name]
    shown = [f"{folder}/{table}.csv" for figure in figures for table in figure.tables()]
    projected = [path for model in project.models for path in project.projections_for(model)]
    return [*targets, *project.steps_of(name), *shown, *projected]


def closing(project: Project, name: str) -> str:
    """What closes data of a search: slots and files of the search whose data they are; nothing, if all are open."""
    content = content_of(project.search_path(name))
    if not content.get("blind"):
        return ""
    owner = content.get("data_of") or content.get("variant_of") or name
    return json.dumps([project.slots(owner, "make_blinding"), states(project.files(owner, "make_blinding"))])


def closings(project: Project) -> dict[str, str]:
    """`closing` of each search of the run, and of those of whose results a folder lies beside."""
    found = {name: closing(project, name) for name in (*project.searches, *project.sources)}
    for name in project.configured("searches"):
        if name not in found and (Path(project.results) / "searches" / name).is_dir():
            with suppress(InputError):  # a fault in a search that is not in the run stops no run
                found[name] = closing(project, name)
    return found


def made_open(project: Project) -> list[str]:
    """The blinded searches whose results may have been made before they were blinded as they are now."""
    marks = {name: Path(project.results) / "searches" / name / MARK for name in closings(project)}
    known = {name: mark.read_text(encoding="utf-8") if mark.is_file() else "" for name, mark in marks.items()}
    return [name for name, now in closings(project).items() if now and now != known[name]]


def stale_files(project: Project) -> list[Path]:
    """Files in the folders of searches that show what a user took away.

    Candidates of samples that are not in the list of samples any more; of a search with blinded ranges whatever this
    run does not make, since it may have been made before they were blinded; and if it was not made with what is
    closed now, all that is made of data, whatever part of it this run makes again, and be the search in it or not.
    """
    found: list[Path] = []
    opened = made_open(project)
    for name, closed in closings(project).items():
        run = name in project.searches or name in project.sources
        kept = {Path(path) for path in tables_of(project, name)} if run else set()
        roles = {sample.sample: sample.role for sample in project.all_samples if sample.search == name}
        for path in sorted((Path(project.results) / "searches" / name).rglob("*")):
            sample = re.split(r"[.~]", path.stem)[0]  # of which it is a batch, or a variation
            gone = path.parent.name == "candidates" and sample not in roles
            gone |= not closed and path.stem == "blinding"
            without_data = path.stem in WITHOUT_DATA or roles.get(sample) in ("signal", "background")
            stale = (run and (gone or (closed and path not in kept))) or (name in opened and not without_data)
            if path.suffix in KINDS and path.is_file() and stale:
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
    """Remove `stale_files`, say what was made before a search was blinded and is not removed; mark what is closed."""
    opened = made_open(project)
    for path in stale_files(project):
        path.unlink()
        owner = path.relative_to(Path(project.results) / "searches").parts[0]
        why = (
            "it was made before its search was blinded"
            if owner in opened
            else "nothing of this run makes it any more"
        )
        say(f"{path}: removed, since {why}")
    for name, closed in closings(project).items():
        mark = Path(project.results) / "searches" / name / MARK
        if closed:
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.write_text(closed, encoding="utf-8")
        elif name in project.searches or name in project.sources:
            mark.unlink(missing_ok=True)
    if opened and Path(project.set_results, "summary.csv").is_file():
        say(f"{project.set_results}: figures and summary show {', '.join(opened)} open until they are made again")
    for folder in other_sets(project):
        say(f"{folder}: was made before a search was blinded, and may show what is closed now; make it again")
