"""darkaon in a notebook: limits, models, excluded couplings and their pictures, without a workflow.

>>> import darkaon
>>> excluded = darkaon.exclude("bc4", "na62_kpix_invisible_2016_22", "na62_kpix_mumu_2017_18")
>>> len(excluded), float(excluded["coupling_low"].min().round(12))
(391, 4.128e-09)
>>> round(float(darkaon.upper_limit(1, 0.5, 0.1)), 6)
3.513943
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from darkaon.config.schema import check_known, paths_in
from darkaon.errors import InputError
from darkaon.exclusion.combine import check_distinct, check_kinds, exclude_all, polygons, stack
from darkaon.exclusion.described import header
from darkaon.exclusion.files import DESCRIPTION, read_limits, read_regions
from darkaon.exclusion.limits import limits_from_table
from darkaon.exclusion.regions import areas_beyond, beyond
from darkaon.interface.results import ExclusionTable, LimitTable, References, Result, UpperLimit
from darkaon.models.loading import load_model, model_of, model_settings
from darkaon.models.model import Model
from darkaon.paths import named, root
from darkaon.reading import read_rows
from darkaon.report.explorer_page import explorer_page
from darkaon.statistics.limits import set_limits
from darkaon.tables.gaps import KEY
from darkaon.tables.lineage import header_of
from darkaon.tables.references import KEYS, listed, of_settings, of_table
from darkaon.tables.table import Table, read_table, write_text
from darkaon.typing import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ModelLike = str | Path | Mapping[str, Any]
LimitsLike = str | Path | LimitTable | Mapping[str, Any]
DESCRIBED = (
    *DESCRIPTION,
    "tau0_ns",
    "kappa_m_per_GeV",
    "lifetimes_ns",
    KEY,
    *KEYS,
)  # what a header may say of limits


def search_names() -> list[str]:
    """The ids of the searches: those of config/searches here, and darkaon's own."""
    return list(named("searches"))


def model_names() -> list[str]:
    """The ids of the models: those of config/models here, and darkaon's own."""
    return list(named("models"))


def published_names() -> list[str]:
    """The names of the published tables that darkaon carries."""
    return sorted(file.stem for file in (root() / "resources" / "published").glob("*.csv"))


def model(name: ModelLike) -> Model:
    """A model: rates of production, decays and lifetime as functions of mass and coupling.

    Args:
        name: its id, the path of a YAML, or what a YAML would say as a mapping (title, family, options).

    Raises:
        InputError: no such model, or a fault in what it says.
    """
    return model_of(dict(name), str(name.get("title", "model"))) if isinstance(name, Mapping) else load_model(name)


def limits(source: LimitsLike, **described: str | float) -> LimitTable:
    """Limits on the branching ratio.

    Args:
        source: name of a published table, path of a CSV (with '[SEARCH=]PATH[,LABEL]' as for `darkaon exclude`), or
            columns lifetime_ns, mass_MeV [MeV] and observed as a mapping or a pandas DataFrame.
        described: process, final_state, lifetime_law (escape, prompt, displaced or stable), search, label, level,
            quantity and the other keys of a table's header, where the table or the search that names it does not say.

    Raises:
        InputError: no such table, columns that are none, or a description that is nowhere or unknown.
    """
    for key in described:
        check_known(key, DESCRIBED, f"limits: argument {key!r} is unknown")
    header = {key: str(value) for key, value in described.items() if value is not None}
    if isinstance(source, LimitTable):
        return source
    if isinstance(source, str | Path):
        return LimitTable(*read_limits(str(source), header))
    if not hasattr(source, "keys"):
        raise InputError(
            f"limits: a {type(source).__name__} is no table of limits",
            remedy="give a name, a path, columns, or what darkaon.limits returns; several of them one by one",
        )
    name = header.get("search", "limits")
    table = Table({str(key): _numbers(f"{name}: {key}", source[key]) for key in source}, header)
    sizes = {key: len(values) for key, values in table.columns.items()}
    if len({*sizes.values()}) > 1:
        rows = ", ".join(f"{key} {size}" for key, size in sizes.items())
        raise InputError(f"{name}: columns of different lengths: {rows}", remedy="give a number for each row")
    return LimitTable(table, limits_from_table(table, name, **header))


def _numbers(name: str, values: Any) -> Array:
    """Values as an array of numbers, shape (n,).

    Raises:
        InputError: they are none.
    """
    try:
        numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: {error}", remedy="give numbers, or leave this column out") from None
    if numbers.ndim != 1:
        raise InputError(f"{name}: has {numbers.ndim} dimensions", remedy="give a list of numbers")
    return numbers


def exclude(
    model_or_name: ModelLike,
    *sources: LimitsLike,
    kinds: str | Sequence[str] | None = None,
    masses_MeV: Any = None,
    theory: bool = False,
    **described: str | float,
) -> ExclusionTable:
    """The couplings of a model that searches exclude.

    Args:
        model_or_name: as for `model`.
        sources: as for `limits`.
        kinds: which limits (observed, expected, ..., or several of them); all by default.
        masses_MeV: masses to evaluate; those tabulated by default.
        theory: add the ends of the model's theory band.
        described: of limits that do not say, as for `limits`.

    Returns:
        A row for each interval: search, label, kind, mass_MeV, coupling_low, coupling_high, edge_low, edge_high.

    Raises:
        InputError: a fault of the model or of a table, two tables of one search and label, a kind that none has.
    """
    if not sources:
        raise InputError("exclude: no limits are given", remedy=f"name some: {', '.join(published_names())}")
    own = model(model_or_name)
    if isinstance(model_or_name, Mapping):
        settings: dict[str, Any] = dict(model_or_name)
        rates = paths_in(settings.get("options", {}))
    else:
        settings, rates = model_settings(model_or_name)
    tables = [limits(source, **described) for source in sources]
    searches = [table.search for table in tables]
    met = [search for search in searches if own.meets(search.process, search.final_state, search.quantity)]
    wanted = [kinds] if isinstance(kinds, str) else kinds
    check_distinct(met)
    check_kinds(wanted or (), met)
    masses = None if masses_MeV is None else np.unique(_numbers("masses_MeV", np.atleast_1d(masses_MeV)))
    regions = {} if isinstance(model_or_name, Mapping) else read_regions(model_or_name)
    found = beyond(exclude_all(own, met, masses, wanted, theory), regions)
    drawn = stack([found, areas_beyond(found, regions)])
    rows = {*zip(found["search"].tolist(), found["label"].tolist(), strict=True)}
    lines = header(own, settings, rates, [table.table for table in tables], searches, rows)
    return ExclusionTable(Table(found, lines), Table(polygons(drawn, met, masses), lines), own)


def upper_limit(
    observed: float | None,
    background: float,
    uncertainty: float = 0.0,
    *,
    method: str = "hybrid",
    level: float = 0.90,
    nuisance: str = "gamma",
    signal_uncertainty: float = 0.0,
) -> UpperLimit:
    """The upper limit on the signal in one counting experiment by the CLs method.

    Args:
        observed: events counted; None while blinded.
        background: events expected from background.
        uncertainty: of the background, in events.
        method: hybrid, known, on_off, profile or asymptotic.
        level: confidence level.
        nuisance: distribution of the background.
        signal_uncertainty: relative, of the sensitivity.

    Raises:
        InputError: an argument that is not allowed.
    """
    found = set_limits(
        observed, background, uncertainty, None,
        method=method, level=level, nuisance=nuisance, signal_uncertainty=signal_uncertainty,
    )  # fmt: skip
    return UpperLimit.of(found, method, level)


def plot(result: Result, *, overlay: Sequence[str | Path] = (), output: str | Path | None = None) -> Figure:
    """Draw limits or excluded regions.

    Args:
        result: what `limits` or `exclude` returned.
        overlay: CSV files of contours to draw over excluded regions (mass_MeV, coupling, polygon).
        output: .png or .pdf to write.

    Raises:
        InputError: a file of another kind, or nothing that can be drawn.
    """
    from darkaon.plots.saving import check_kinds, save

    figure = result.draw(overlay) if isinstance(result, ExclusionTable) else result.draw()
    if figure is None:
        raise InputError("plot: this result has no picture", remedy="give what limits or exclude returns")
    if output is not None:
        check_kinds([Path(output)])
        save(figure, [Path(output)], result.table.header)
    return figure


def references(*results: Result | Model | str | Path) -> References:
    """The papers that results stand on.

    Args:
        results: what the functions here returned, or paths of tables and figures of darkaon.

    Returns:
        One line of text for each; `.bibtex` is the same as BibTeX.

    Raises:
        InputError: a file that does not say what made it.
    """
    keys: set[str] = set()
    for result in results:
        if isinstance(result, Result):
            keys |= of_table(result.table)
        elif isinstance(result, Model):
            keys |= of_settings(model_settings(result.id)[0])
        else:
            keys |= listed(header_of(result).get("references", ""))
    return References(tuple(sorted(keys)))


def explore(results: str | Path = "results", output: str | Path | None = None) -> Path:
    """Write the page on which all planes and limits of a run can be looked at.

    Args:
        results: folder of the run, with `models` and `searches`; of a set of searches, results/sets/<name>.
        output: the page; by default explorer.html in that folder.

    Returns:
        The page's path.

    Raises:
        InputError: no tables in the folder.
    """
    folder, page = Path(results), Path(output) if output else Path(results) / "explorer.html"
    planes = {path.parent.name: path.parent for path in sorted(folder.glob("models/*/contours.csv"))}
    shared = folder if (folder / "searches").is_dir() else folder.parents[1]
    kinds = ("branching_limits", "published_limits")
    tables = [(p.parent.name, p) for p in sorted(shared.glob("searches/*/*_limits.csv")) if p.stem in kinds]
    if not planes and not tables:
        raise InputError(f"{folder}: has no tables of models or searches", remedy="name the folder of a run")
    lists = [path for path in (Path("config/figures.yaml"), root() / "config/figures.yaml") if path.is_file()]
    known = named("searches")
    text = explorer_page(planes, tables, [known[name] for name in dict(tables) if name in known], lists)
    write_text(page, text)
    return page


def read(path: str | Path) -> Result:
    """A table of darkaon's, or any CSV with '#' comment lines; columns that hold anything but numbers are text.

    Raises:
        InputError: no such file, or no table.
    """
    rows = read_rows(path)
    return Result(read_table(path, text=[name for name in rows.names if not all(map(_number, rows.text(name)))]))


def _number(cell: str) -> bool:
    try:
        float(cell or "nan")
    except ValueError:
        return False
    return True
