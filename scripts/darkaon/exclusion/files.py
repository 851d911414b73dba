"""Limits and windows from files, described by their headers or by the searches of config/searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from darkaon.config.schema import read_yaml
from darkaon.errors import InputError, in_row, located, refuse
from darkaon.exclusion.combination import Counts
from darkaon.exclusion.limits import Limits, limits_from_table
from darkaon.exclusion.regions import Region
from darkaon.models.loading import own_regions
from darkaon.paths import find, named, sibling
from darkaon.statistics import checks
from darkaon.statistics.combination import windows_from
from darkaon.statistics.limits import NUISANCES
from darkaon.tables.contours import read_contours
from darkaon.tables.masses import check_places
from darkaon.tables.table import Table, read_table
from darkaon.typing import Array

DESCRIPTION = ("search", "process", "final_state", "lifetime_law", "label", "level", "quantity")


def read_limits(text: str, given: dict[str, Any]) -> tuple[Table, Limits]:
    """A table of limits from [SEARCH=]PATH[,LABEL].

    Args:
        text: the path, or the name of a table in resources/published, where wanted with the search's id and a label.
        given: process, final_state, lifetime_law of tables whose header lacks them (empty: not given).

    What the header and `given` do not say is taken from the search of config/searches that has the id, or that
    names the file as its published table; of the latter also the id and the lifetime law.

    Raises:
        InputError: a fault of the table, or a description that is nowhere.
    """
    rest, _, label = text.partition(",")
    before, equals, after = rest.rpartition("=")
    search, path = (before, after) if equals else ("", rest)
    if not find(path).exists() and find(f"resources/published/{path}.csv").exists():
        path = f"resources/published/{path}.csv"
    table = read_table(path, required=("lifetime_ns", "mass_MeV"))
    header = {key: table.header[key] for key in DESCRIPTION if table.header.get(key)}
    if label and header.get("label", label) != label:
        raise InputError(
            f"{path}: the header's label is {header['label']!r}, not {label!r}", remedy="leave it out behind the path"
        )
    configured = _configured(search, path)
    papers = configured.pop("references", "")
    if papers and "references" not in table.header:
        table = replace(table, header={**table.header, "references": papers})
    known = configured | {key: value for key, value in given.items() if value} | header
    if configured.get("label") == "published":  # its law may say more than the table: how a stable X is continued
        known |= {key: configured[key] for key in ("search", "lifetime_law")}
    if search:
        known["search"] = search
    if label:
        known["label"] = label
    try:
        return table, limits_from_table(table, path, **known)
    except InputError as error:
        missing = [key for key in ("process", "final_state", "lifetime_law") if key not in known]
        if not missing:
            raise
        options = ", ".join(f"--{key.replace('_', '-')}" for key in missing)
        raise InputError(
            f"{error.fault}; no search of config/searches names this file", remedy=f"give {options}"
        ) from None


def _papers(content: dict[str, Any], slot: dict[str, Any]) -> list[str]:
    own = (content.get("reference") or {}).get("arxiv")
    return [*([own] if own else []), *content.get("references", []), *slot.get("references", [])]


def _file(path: str) -> Path:
    return find(path).resolve()


def _configured(search: str, path: str) -> dict[str, str]:
    """What config/searches says of a raw table: by the search's id, or as its published table."""
    for file in named("searches").values():
        content = read_yaml(file)
        if "variant_of" in content:  # what it does not say is said there; but for published limits
            content = read_yaml(sibling(file, content["variant_of"])) | {"published": None} | content
        slot = content.get("published") or {}
        published = slot.get("path")
        is_published = published is not None and _file(published) == _file(path)
        if file.stem == search or (not search and is_published):
            found = {
                "search": file.stem,
                "process": content.get("process"),
                "final_state": content.get("final_state"),
                "lifetime_law": (content.get("lifetime") or {}).get("kind"),
                "label": "published" if is_published else None,
                "references": ", ".join(_papers(content, slot if is_published else {})),
                **_law(content.get("lifetime") or {}),
                "level": slot.get("level") if is_published else (content.get("statistics") or {}).get("level"),
            }
            return {key: str(value) for key, value in found.items() if value}
    return {}


def _law(lifetime: Mapping[str, Any]) -> dict[str, str]:
    """The constants of a law, as they stand in the header of a table."""
    return {
        "tau0_ns": (lifetime.get("tau0_ns") or {}).get("value", ""),
        "kappa_m_per_GeV": (lifetime.get("kappa_m_per_GeV") or {}).get("value", ""),
        "lifetimes_ns": " ".join(str(tau) for tau in lifetime.get("values_ns", ())),
    }


def read_regions(model: str | Path) -> dict[str, Region]:
    """The regions that a model's YAML names under own_regions, by search.

    Raises:
        InputError: a file that is missing or has other columns.
    """
    regions = {}
    for search, own in own_regions(model).items():
        table = read_contours(own.path)
        regions[search] = Region(table["mass_MeV"], table["coupling"], table["polygon"], *own.masses_MeV)
    return regions


def read_counts(text: str, correlated: Sequence[str] = (), nuisance: str = "gamma") -> tuple[list[Table], Counts]:
    """The windows of a search from SEARCH=WINDOWS,ACCEPTANCE (windows.csv, and acceptance.csv with its ses).

    Args:
        text: the search's id and its files.
        correlated: which of its uncertainties are common with other searches.
        nuisance: gamma, gauss or lognormal.

    Raises:
        InputError: another form, a missing column, a number that is none of its kind, a search that config/searches
            does not describe.
    """
    search, equals, paths = text.partition("=")
    windows_path, comma, acceptance_path = paths.partition(",")
    if not equals or not comma:
        raise InputError(
            f"{text!r}: must be SEARCH=WINDOWS,ACCEPTANCE", remedy="write the search's id and both files"
        )
    names = ("mass_MeV", "n_observed", "background", "background_stat", "background_syst")
    windows = read_table(windows_path, required=names)
    _check_windows(windows, windows_path, nuisance)
    acceptance = read_table(acceptance_path, required=("lifetime_ns", "mass_MeV", "ses", "ses_error"))
    known = {**_configured(search, acceptance_path), **acceptance.header}
    described = {key: known[key] for key in DESCRIPTION if known.get(key)} | {"search": search}
    tau = acceptance["lifetime_ns"]
    columns = {"lifetime_ns": tau, "mass_MeV": acceptance["mass_MeV"]}
    sensitivity = limits_from_table(Table({**columns, "observed": acceptance["ses"]}), acceptance_path, **described)
    order = np.argsort(windows["mass_MeV"])
    mass, n, b, stat, syst = (windows[name][order] for name in names)
    relative = _relative(acceptance, sensitivity.lifetime_ns, mass, acceptance_path)
    uncertainty = np.hypot(stat, syst)
    down = windows.columns.get("background_down", np.full(len(windows), np.nan))[order]
    if "background" in correlated and np.any(np.isfinite(down) & (down != uncertainty)):
        raise InputError(
            f"--correlated: {search}=background: {windows_path} has another uncertainty downwards, background_down",
            remedy="leave background out, or remove the column",
        )
    leak = windows.columns.get("leak", np.zeros(len(windows)))[order]
    counts = Counts(sensitivity, mass, n, b, uncertainty, relative, down, leak, tuple(correlated), nuisance)
    return [windows, acceptance], counts


def _check_windows(windows: Table, source: str, nuisance: str) -> None:
    """Refuse windows that are none: no row, two at one mass, counts, backgrounds, leaks out of their range."""
    if not len(windows):
        raise InputError(f"{source}: has no row", remedy="give a row for each window")
    mass, n = windows["mass_MeV"], windows["n_observed"]
    check_places(source, mass_MeV=mass)
    repeated = ~np.isin(np.arange(len(mass)), np.unique(mass, return_index=True)[1])
    refuse(repeated, in_row(source, "mass_MeV", mass, "a row before it has this mass"), remedy="remove one of them")
    names = ("background", "background_stat", "background_syst")
    with located(source):
        checks.one_of("nuisance", nuisance, NUISANCES)
        b, stat, syst = checks.not_negative(**{name: windows[name] for name in names})
        down = windows.columns.get("background_down")
        windows_from(np.where(np.isnan(n), 0.0, n), b, np.hypot(stat, syst), uncertainty_down=down, nuisance=nuisance)
    leak = windows.columns.get("leak", np.zeros(len(windows)))
    refuse(~(leak < 1), in_row(source, "leak", leak, "a part of the signal is below 1"))


def _relative(acceptance: Table, lifetime_ns: Array, mass_MeV: Array, source: str) -> Array:
    """Relative uncertainty of the sensitivity, shape (lifetimes, masses); NaN where a lifetime has none.

    Raises:
        InputError: an uncertainty that is negative or no number; one above 1 at all lifetimes of a mass.
    """
    ses, error, tau = (acceptance[name] for name in ("ses", "ses_error", "lifetime_ns"))
    bad = np.isfinite(ses) & ~((error >= 0) & np.isfinite(error))
    refuse(bad, in_row(source, "ses_error", error, "must be 0 or more"))
    result = np.full((len(lifetime_ns), len(mass_MeV)), np.nan)
    for values, own_ns in zip(result, lifetime_ns, strict=True):
        own = np.flatnonzero((tau == own_ns) & np.isfinite(ses))
        own = own[np.argsort(acceptance["mass_MeV"][own])]
        if len(own):
            values[:] = np.interp(mass_MeV, acceptance["mass_MeV"][own], error[own] / ses[own])
    least = np.nanmin(result, axis=0)
    refuse(
        least > 1,
        lambda i: f"{source}: at {mass_MeV[i]:g} MeV ses_error is {least[i]:g} times ses or more at every lifetime",
        remedy="give it in the unit of ses",
    )
    return result
