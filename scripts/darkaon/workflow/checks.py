"""Whether the files of `config/` go together: samples, published limits, models."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from darkaon.config.figures import Exclusion, Figure, Limits, OfSearch
from darkaon.config.samples import Sample
from darkaon.config.schema import nearest, paths_in, read_yaml
from darkaon.config.search import Search, read_search
from darkaon.config.slots.acceptance import Given
from darkaon.config.slots.masses import Plane, ResolutionSteps
from darkaon.errors import InputError, located, refuse
from darkaon.paths import find
from darkaon.windows.grid import centre, given_masses
from darkaon.workflow.project import Project

SHARES = 0.02  # how far the shares of the periods may be from 1 in all, as rounded


def check(project: Project) -> None:
    """Whether the samples, searches and figures of a run go together.

    Raises:
        InputError: the first that does not.
    """
    check_names(project)
    check_owners(project, project.all_samples)
    for name in project.searches:
        check_search(project, name)
    for figure in project.all_figures.values():
        check_figure(project, figure)


def check_names(project: Project) -> None:
    """Whether names can be part of a path, and of the command of a job.

    Raises:
        InputError: one with a blank, or another character that cannot.
    """
    config = project.folder / "config.yaml"
    if not re.fullmatch(r"[\w.@%+=:,/][\w.@%+=:,/-]*", project.results):
        raise InputError(
            f"{config}: results: {project.results!r} holds a blank, or what else a shell reads", remedy="rename it"
        )
    named = [(config, key, name) for key in ("searches", "models") for name in getattr(project.run, key)]
    for name in (*project.searches, *project.sources):
        search, path = project.search(name), Path(project.search_path(name))
        parts = {
            "periods": (search.periods or {}) if getattr(search.statistics, "periods", "") == "separate" else {},
            "events.variations": search.events.variations if search.events else {},
            "background.others": getattr(search.background, "others", {}),
            "normalisation.channels": getattr(search.normalisation, "channels", {}),
        }
        named += [(path, key, own) for key, names in parts.items() for own in names]
    for where, key, name in named:
        if not re.fullmatch(r"[\w.][\w.+-]*", name):
            raise InputError(
                f"{where}: {key}: {name!r} may hold letters, digits, _, -, + and ., and begins with no - or +",
                remedy="rename it",
            )


def check_figure(project: Project, figure: Figure) -> None:
    """Whether there are the searches, models and files that a figure names, in the run or not.

    Raises:
        InputError: one that is not there.
    """
    named = [("search", figure.search)] if isinstance(figure, OfSearch) else [("model", figure.model)]
    if isinstance(figure, Limits):
        named += [("beside", search) for search in figure.beside]
    if isinstance(figure, Exclusion):
        named += [(key, search) for key in ("searches", "at", "projections") for search in getattr(figure, key)]
        for overlay in figure.overlays:
            if not find(overlay.path).is_file():
                raise InputError(
                    f"{project.run.figures}: overlays: there is no file {overlay.path}", remedy="correct its path"
                )
    for key, name in named:
        kind = "models" if key == "model" else "searches"
        check_there(project, kind, name, f"{project.run.figures}: {key}: {name!r}")


def check_there(project: Project, kind: str, name: str, where: str) -> None:
    """Whether there is the file of one of the `searches` or `models`, in the run or not.

    Raises:
        InputError: there is none; `where` says what names it.
    """
    path = project.model_path(name) if kind == "models" else project.search_path(name)
    if not Path(path).is_file():
        near = nearest(name, project.configured(kind))
        raise InputError(f"{where} has no file {path}{near}", remedy="name one of that folder")


def check_owners(project: Project, samples: Iterable[Sample]) -> None:
    """Whether there is a search for each sample, in the run or not.

    Raises:
        InputError: a sample of no search.
    """
    for sample in samples:
        where = f"{project.run.samples}: sample {sample.sample!r}: search {sample.search!r}"
        check_there(project, "searches", sample.search, where)


def check_search(project: Project, name: str) -> None:
    """Whether a search has the files that it names and samples of its own, all that it needs.

    Raises:
        InputError: what is missing, or does not go with it.
    """
    search = project.searches[name]
    _check_published(project, name)
    for path in paths_in(read_search(project.search_path(name))):
        if not find(path).exists():
            raise InputError(f"{project.search_path(name)}: path: there is no file {path}", remedy="correct the path")
    for number, headline in enumerate(search.headlines):
        if model := getattr(headline, "model", ""):
            where = f"{project.search_path(name)}: headlines.{number}.model: {model!r}"
            check_there(project, "models", model, where)
    if search.variant_of and search.input == "events" and search.variant_of not in project.searches:
        raise InputError(
            f"{project.folder / 'config.yaml'}: searches: {name!r} is made of the candidates of "
            f"{search.variant_of!r}",
            remedy="put both there",
        )
    if search.input == "events":
        with located(project.search_path(name)):
            check_regions(search)
        _check_samples(project, name)


def check_regions(search: Search) -> None:
    """Refuse mass hypotheses between regions whose acceptance is given: it does not know of what the gap hides.

    Raises:
        InputError: the first of them.
    """
    if not search.regions or not isinstance(search.acceptance, Given):
        return
    slot = search.masses
    assert not isinstance(slot, Plane)  # of input level counts
    if isinstance(slot, ResolutionSteps):  # nearly even: near enough to meet a gap
        masses = np.linspace(slot.start, slot.stop, slot.count)
    else:
        masses = given_masses(slot)
    middle = centre(search.observable, masses)
    refuse(
        ~np.any([(middle >= region.low) & (middle <= region.high) for region in search.regions.values()], axis=0),
        lambda at: (
            f"masses: X of {masses[at]:g} MeV lies in none of the regions {', '.join(search.regions or {})}, and an "
            "acceptance that is given does not say what part of it is seen in the nearest"
        ),
        remedy="leave it out, or set acceptance.kind to simulation",
    )


def _check_samples(project: Project, name: str) -> None:
    """Whether a search on events has the samples that its periods, channels and components need."""
    search = project.searches[name]
    for sample in project.samples_of(name):
        if sample.role == "data" and sample.period not in search.periods:
            raise InputError(
                f"{project.run.samples}: sample {sample.sample!r}: period {sample.period!r} is none of the periods "
                f"{', '.join(search.periods)} of {project.search_path(name)}{nearest(sample.period, search.periods)}",
                remedy="name one of them",
            )
        if search.inject and (sample.role, sample.kind) == ("data", "measured"):
            raise InputError(
                f"{project.search_path(name)}: inject: the sample {sample.sample!r} is measured, and a signal is "
                "put into simulated data alone",
                remedy="remove this key",
            )
        part = search.simulation.fraction if search.simulation else 1.0
        if part < 1 and (sample.role, sample.kind) == ("data", "measured"):
            raise InputError(
                f"{project.search_path(name)}: simulation.fraction: the sample {sample.sample!r} is measured, and "
                "only simulated files can stand for a part of the data",
                remedy="remove this key",
            )
        if not sample.path and search.simulation is None:
            raise InputError(
                f"{project.run.samples}: sample {sample.sample!r} has no path and {project.search_path(name)} has no "
                "slot 'simulation'",
                remedy="give the file's path, or say how to simulate it",
            )
    shares = [period.share for period in search.periods.values() if period.share is not None]
    if shares and abs(sum(shares) - 1) > SHARES and not search.variant_of:
        warnings.warn(
            f"{project.search_path(name)}: periods: the shares add up to {sum(shares):g}, not to 1", stacklevel=2
        )
    project.label(name)
    for role in ("data", "signal", "background", "control"):
        project.parts(name, role)
    for period in search.periods:
        if not any(s.period == period for s in project.samples_of(name, "data")):
            raise InputError(
                f"{project.run.samples}: the search {name!r} has no sample with role 'data' for the period "
                f"{period!r}",
                remedy=f"add one, or remove the period from {project.search_path(name)}",
            )
    wanted = sorted(getattr(search.normalisation, "channels", [""]))
    found = sorted({sample.period for sample in project.samples_of(name, "signal")})
    if project.needs_signal(name) and found and found != wanted:
        raise InputError(
            f"{project.run.samples}: the search {name!r} needs one sample with role 'signal' for each channel of "
            f"its normalisation ({', '.join(wanted) or 'here one, with an empty period'})",
            remedy=f"there are {', '.join(f'{channel!r}' for channel in found)}",
        )
    components = bool(getattr(search.background, "components", {}))
    controls = sorted(getattr(search.background, "controls", ()))
    found = sorted({sample.period for sample in project.samples_of(name, "control")})
    if found != controls:
        raise InputError(
            f"{project.run.samples}: the search {name!r} has control samples for {', '.join(found) or 'nothing'}, "
            f"and background.others has {', '.join(controls) or 'none'}",
            remedy="give each a sample with role 'control' and the component's name for a period",
        )
    signal = ["signal"] if project.needs_signal(name) else []
    for role in ("data", *signal, *(["background"] if components else [])):
        if not project.samples_of(name, role):
            raise InputError(
                f"{project.run.samples}: the search {name!r} has no sample with role {role!r}",
                remedy="add one; with an empty path it is simulated, if the search has a slot 'simulation'",
            )


def _check_published(project: Project, name: str) -> None:
    """A YAML that was copied may still name the published limits of the search that it came from."""
    slot = project.searches[name].published
    if slot is None or slot.hepdata:  # a record of HEPData has tables for many
        return
    for other in project.configured("searches"):
        path = project.search_path(other)
        if other == name or slot.path not in Path(path).read_text(encoding="utf-8"):
            continue
        if (read_yaml(path).get("published") or {}).get("path") == slot.path:
            raise InputError(
                f"{project.search_path(name)}: published.path: {slot.path} is also named by {path}, and limits of "
                "one search would be shown as those of the other",
                remedy="remove 'published' (and 'headlines') from the copy",
            )
