"""Published limits: tidy CSV files, or HEPData YAML tables in their place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from darkaon.config.schema import nearest, read_yaml
from darkaon.config.slots.published import HEPDataColumn, Published
from darkaon.errors import CORRECT_ROW, InputError, in_row, refuse
from darkaon.paths import find
from darkaon.tables.table import Table, read_table

IN_MEV = {"MeV": 1.0, "GeV": 1e3}


def read_published(slot: Published) -> Table:
    """The limits with the columns of our own: lifetime_ns, mass_MeV, observed; the file's notes as comments.

    The header holds how sure they are (status) and of what (quantity), if the file says so.

    Raises:
        InputError: a column or table that is missing, masses that do not rise within a lifetime, a limit that is
            not a number above 0.
    """
    if slot.hepdata:
        table = _read_hepdata(find(slot.path), slot.hepdata)
    else:
        raw = read_table(slot.path, required=("lifetime_ns", "mass_MeV", "upper_limit"))
        columns = {("observed" if name == "upper_limit" else name): values for name, values in raw.columns.items()}
        notes = (*raw.comments, *(f"{key}: {text}" for key, text in raw.header.items()))
        status: dict[str, str] = {key: raw.header[key] for key in ("quantity", "status") if key in raw.header}
        table = Table(columns, status, notes)
    _check(table, slot.path)
    return table


def _check(table: Table, source: str) -> None:
    lifetime, mass, limit = table["lifetime_ns"], table["mass_MeV"], table["observed"]
    if len(table) == 0:
        raise InputError(f"{source}: no rows of limits", remedy="give at least one row for each lifetime")
    for name, values, bad, why in (
        ("lifetime_ns", lifetime, ~(lifetime >= 0), "must be 0 or more"),
        ("mass_MeV", mass, ~(np.isfinite(mass) & (mass >= 0)), "must be 0 or more"),
        ("upper_limit", limit, ~(np.isfinite(limit) & (limit > 0)), "must be above 0"),
    ):
        refuse(bad, in_row(source, name, values, why), remedy=CORRECT_ROW)
    for tau in np.unique(lifetime):
        rows = np.flatnonzero(lifetime == tau)
        stuck = np.flatnonzero(np.diff(mass[rows]) <= 0)
        if stuck.size:
            a, b = rows[stuck[0]], rows[stuck[0] + 1]
            fault = "is a duplicate" if mass[a] == mass[b] else f"comes after {mass[a]:g} MeV"
            raise InputError(
                f"{source}, row {b + 1}: mass {mass[b]:g} MeV {fault} at lifetime {tau:g} ns",
                remedy="masses must rise within each lifetime",
            )


def _read_hepdata(folder: Path, wanted: tuple[HEPDataColumn, ...]) -> Table:
    tables = _tables_in(folder)
    columns: dict[str, list[float]] = {"lifetime_ns": [], "mass_MeV": [], "observed": []}
    for item in wanted:
        if item.table not in tables:
            raise InputError(
                f"{folder}: no table {item.table!r}{nearest(item.table, tables)}",
                remedy=f"there are {', '.join(tables)}",
            )
        file = tables[item.table]
        content = read_yaml(file)
        axis = _variables(content, "independent_variables", file)[0]
        units = str(axis["header"].get("units", "")) or str(axis["header"].get("name", ""))
        factor = next((f for unit, f in IN_MEV.items() if unit in units), None)
        if factor is None:
            raise InputError(
                f"{file}: the mass axis {axis['header'].get('name')!r} has no unit MeV or GeV",
                remedy="only these can be read",
            )
        limits = {str(v["header"]["name"]): v for v in _variables(content, "dependent_variables", file)}
        if item.observed not in limits:
            raise InputError(
                f"{file}: no column {item.observed!r}{nearest(item.observed, limits)}",
                remedy=f"there are {', '.join(limits)}",
            )
        for x, y in zip(axis["values"], limits[item.observed]["values"], strict=False):
            if y.get("value") in (None, "-", ""):
                continue
            columns["lifetime_ns"].append(item.lifetime_ns)
            columns["mass_MeV"].append(factor * _number(x.get("value"), file))
            columns["observed"].append(_number(y.get("value"), file))
    return Table({name: np.array(values) for name, values in columns.items()}, {}, (f"HEPData tables {folder.name}",))


def _tables_in(folder: Path) -> dict[str, Path]:
    """Table name -> file, from submission.yaml if it is there, else from the files' own names."""
    files = {file.stem: file for file in sorted(folder.glob("*.yaml")) if file.stem != "submission"}
    submission = folder / "submission.yaml"
    if submission.is_file():
        import yaml

        for part in yaml.safe_load_all(submission.read_text(encoding="utf-8")):
            if part and "data_file" in part:
                files.pop(Path(part["data_file"]).stem, None)
                files[str(part["name"])] = folder / part["data_file"]
    return files


def _variables(content: dict[str, Any], key: str, file: Path) -> list[Any]:
    variables = content.get(key)
    if not isinstance(variables, list) or not variables or "values" not in variables[0]:
        raise InputError(f"{file}: no HEPData table: it has no {key!r}", remedy="name the data file of a table")
    return variables


def _number(value: Any, file: Path) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise InputError(f"{file}: {value!r} is not a number", remedy="correct the entry") from None
