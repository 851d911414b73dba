"""Limits from HEPData folders: units, scales, lifetimes and qualifiers as the records write them, or a refusal.

A submission is a `submission.yaml`, which names tables and their files, and a file for each table with independent
and dependent variables (https://hepdata-submission.readthedocs.io). Nothing is guessed: a unit must match whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from darkaon.config.schema import check_known, read_yaml
from darkaon.config.slots.published import HEPDataColumn, Published
from darkaon.constants import SPEED_OF_LIGHT_M_PER_NS
from darkaon.errors import InputError
from darkaon.paths import find
from darkaon.reading import number, read_text
from darkaon.tables.masses import MASSES
from darkaon.tables.table import Table
from darkaon.typing import BANDS

_ENERGY = {"eV": 1e-6, "keV": 1e-3, "MeV": 1.0, "GeV": 1e3, "TeV": 1e6}
MASS_UNITS = _ENERGY | {unit.upper(): size for unit, size in _ENERGY.items()}  # in MeV
TIME_UNITS = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0, "ps": 1e-3, "fs": 1e-6}  # in ns
LENGTH_UNITS = {
    unit: metres / SPEED_OF_LIGHT_M_PER_NS
    for unit, metres in {"m": 1.0, "cm": 1e-2, "mm": 1e-3, "um": 1e-6}.items()  # c tau, in ns
}
NO_LIMIT = {"", "-", "--", "---", "n/a", "nan"}
SECOND_MASS = "Second mass"  # the axis of our own submissions of limits in two masses
WIDEST_BIN_MEV = 20.0  # the middle of a wider one is no mass hypothesis
MOST = 1e300  # of a number that is not infinite; whole numbers may be longer than that
_POWER = re.compile(r"(?:\\times|[x*])?10(?:\^|\*\*)(?:\{([+-]?\d+)\}|([+-]?\d+))|1(?:\.0*)?[eE]([+-]?\d+)")
_POWER_IN_NAME = re.compile(r"10\s*(?:\^|\*\*)|\\times|\d[eE][+-]?\d|\[\s*\\?%\s*\]")
_LEVEL = re.compile(r"(\d+(?:\.\d+)?)\s*\\?%\s*(?:C\.?L|conf)", re.IGNORECASE)
_MASS = re.compile(r"[$\s]*(?:\\mathrm\{)?m(?:[^a-z]|[xa]\b|$)|.*mass")
_SIGMAS = {"1 s.d.": 1, "2 s.d.": 2}


@dataclass
class _Column:
    """A variable of a table: what its header says, and its values."""

    file: Path
    name: str
    units: str
    values: list[Any]
    qualifiers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        where = ", ".join(f"{key}: {value}" for key, value in self.qualifiers.items())
        return f"{self.name!r}" + (f" where {{{where}}}" if where else "")

    def fault(self, what: str, remedy: str) -> InputError:
        """A refusal of it."""
        return InputError(f"{self.file}: {self}{what}", remedy=remedy)

    @property
    def unit(self) -> str:
        """Its unit without marks of LaTeX: from `units`, else from the last brackets of the name."""
        brackets = re.findall(r"\[([^\]]*)\]|\(([^)]*)\)", self.name)
        return _bare(self.units) or _bare("".join(brackets[-1]) if brackets else "")


def read_hepdata(slot: Published) -> Table:
    """The limits of the columns that a slot names, sorted by lifetime and mass.

    Returns:
        Columns lifetime_ns, mass_MeV, observed; mass2_MeV of our own submissions of limits in two masses; and the
        expected limits, where every column names some.

    Raises:
        InputError: a file, table or column that is missing or not to be told from another, columns of other lengths,
            a unit, scale, lifetime, level or axis that is not understood, a cell that is not a number.
    """
    folder = find(slot.path)
    tables = _tables_in(folder)
    rows: list[dict[str, float]] = []
    for item in slot.hepdata:
        check_known(item.table, tables, f"{folder}: no table {item.table!r}")
        rows += _rows(tables[item.table], item, slot.level)
    known = ("lifetime_ns", *MASSES, "observed", *BANDS)
    names = [name for name in known if all(name in row for row in rows)]
    columns = {name: np.array([row[name] for row in rows]) for name in names}
    order = np.lexsort([columns[name] for name in (*MASSES[::-1], "lifetime_ns") if name in columns])
    return Table({name: values[order] for name, values in columns.items()}, {}, (f"HEPData tables {folder.name}",))


def _tables_in(folder: Path) -> dict[str, Path]:
    """Table name -> file, from submission.yaml if it is there, else from the files' own names."""
    files = {file.stem: file for file in sorted(folder.glob("*.yaml")) if file.stem != "submission"}
    submission = folder / "submission.yaml"
    if not submission.is_file():
        return files
    try:
        parts = [part for part in yaml.safe_load_all(read_text(submission)) if isinstance(part, dict)]
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{submission}: not valid YAML ({' '.join(str(error).split())})", remedy="mend it") from None
    named: dict[str, Path] = {}
    for part in parts:
        if "data_file" not in part:
            continue
        file, name = folder / str(part["data_file"]), str(part.get("name", ""))
        if name in named:
            raise InputError(f"{submission}: table {name!r} is a duplicate", remedy="rename one of them")
        if not file.is_file():
            raise InputError(f"{submission}: data_file: there is no file {file}", remedy="add it or correct the name")
        files.pop(file.stem, None)
        named[name] = file
    return files | named


def _rows(file: Path, item: HEPDataColumn, level: float) -> list[dict[str, float]]:
    content = read_yaml(file)
    axes, columns = (_columns(content, f"{kind}_variables", file) for kind in ("independent", "dependent"))
    masses, tau = _axes(axes)
    mass = masses["mass_MeV"]
    observed = _chosen(columns, item.observed, item.where, "observed")
    _check_level(observed, level)
    if any(cell.get("errors") for cell in _cells(observed)):
        raise observed.fault(" has errors: a measurement is not a limit", "name a column of limits")
    limits = {"observed": _limits(observed, item)}
    if item.expected is not None:
        expected = _chosen(columns, item.expected, item.where, "expected")
        _check_level(expected, level)
        limits |= _bands(expected, item)
    lifetimes = _lifetimes(item, observed, tau, file, len(mass.values))
    for column in (*([tau] if tau else []), *masses.values(), *columns):
        if len(column.values) != len(mass.values):
            fault = f" has {len(column.values)} values where {mass} has {len(mass.values)}"
            raise column.fault(fault, "give one for each row, '-' where there is none")
    factors = {name: _size(axis, MASS_UNITS, "an energy") for name, axis in masses.items()}
    found = []
    for row in range(len(mass.values)):
        cells = {name: values[row] for name, values in limits.items()}
        if not np.isnan(cells["observed"]):
            place = {n: factors[n] * _middle(axis, axis.values[row], factors[n]) for n, axis in masses.items()}
            found.append({"lifetime_ns": lifetimes[row]} | place | cells)
    return found


def _columns(content: dict[str, Any], key: str, file: Path) -> list[_Column]:
    variables = content.get(key)
    good = isinstance(variables, list) and variables and all(isinstance(v, dict) for v in variables)
    if not good or not all(isinstance(v.get("values"), list) for v in variables):  # type: ignore[union-attr]
        raise InputError(f"{file}: no HEPData table: it has no {key!r}", remedy="name the data file of a table")
    columns = []
    for variable in variables:  # type: ignore[union-attr]
        header = variable.get("header") if isinstance(variable.get("header"), dict) else {}
        qualifiers = _mappings(variable, "qualifiers", file)
        columns.append(
            _Column(
                file, str(header.get("name", "")), str(header.get("units") or ""), variable["values"],
                {str(q.get("name")): f"{q.get('value')} {q.get('units') or ''}".strip() for q in qualifiers},
            )
        )  # fmt: skip
    return columns


def _mappings(node: dict[str, Any], key: str, file: Path) -> list[dict[str, Any]]:
    """What stands under a key that holds a list of mappings, or nothing."""
    found = node.get(key) or []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise InputError(f"{file}: {key}: {found!r} is not a list of mappings", remedy="correct the file")
    return found


def _bare(text: str) -> str:
    text = re.sub(r"\\(?:mathrm|text|rm|mathit)\b", "", text)
    text = re.sub(r"[${}\s~]|\\[,;]", "", text).replace("\\%", "%")
    text = text.replace("\\mu", "u").replace("\u00b5", "u").replace("\u03bc", "u")
    return re.sub(r"/c(?:\^|\*\*)?2$", "", text)


def _is_lifetime(name: str) -> bool:
    plain = re.sub(r"[${}\\\s_]", "", name).lower()
    return bool(re.match(r"c?tau(?![a-z])|c?taux|.*lifetime|properdecaylength", plain))


def _axes(axes: list[_Column]) -> tuple[dict[str, _Column], _Column | None]:
    """The axis of mass (and the second of our own submissions), and that of lifetime if there is one."""
    taus = [axis for axis in axes if _is_lifetime(axis.name)]
    masses = [
        axis for axis in axes if axis not in taus and axis.unit in MASS_UNITS and _MASS.match(axis.name.lower())
    ]
    others = [axis for axis in axes if axis not in taus and axis not in masses]
    if others:
        raise InputError(
            f"{others[0].file}: the axis {others[0].name!r} ({others[0].unit or 'without a unit'}) is neither a mass "
            "in eV to TeV nor a lifetime in s to fs",
            remedy="only tables of limits in a mass, or in a mass and a lifetime, can be read",
        )
    second = [axis for axis in masses if axis.name == SECOND_MASS]
    masses = [axis for axis in masses if axis not in second]
    if len(masses) != 1 or len(taus) > 1 or len(second) > 1:
        raise InputError(
            f"{axes[0].file}: {len(masses)} axes of mass and {len(taus)} of lifetime",
            remedy="a table needs one of mass and at most one of lifetime",
        )
    return dict(zip(MASSES, (*masses, *second), strict=False)), next(iter(taus), None)


def _size(column: _Column, units: dict[str, float], what: str) -> float:
    if column.unit not in units:
        remedy = f"write one of {', '.join(units)} as 'units'"
        raise column.fault(f" has the unit {column.unit!r}, which is not {what}", remedy)
    return units[column.unit]


def _middle(axis: _Column, cell: Any, factor: float) -> float:
    """The value of a row of an axis, or the middle of its bin."""
    cell = cell if isinstance(cell, dict) else {"value": cell}
    if cell.get("value") is not None:
        return _number(axis, cell["value"])
    low, high = (_number(axis, cell.get(end)) for end in ("low", "high"))
    if not 0 <= factor * (high - low) <= WIDEST_BIN_MEV * (1 + 1e-9):
        wrong = "falls" if high < low else f"is wider than {WIDEST_BIN_MEV:g} MeV"
        fault = f": the bin {low:g} to {high:g} {axis.unit} {wrong}"
        raise axis.fault(fault, "give its mass as 'value'")
    return 0.5 * (low + high)


def _number(column: _Column, value: Any) -> float:
    found = number(str(value).strip()) if isinstance(value, str) else value
    if isinstance(found, bool) or not isinstance(found, int | float) or not (abs(found) <= MOST or found == np.inf):
        raise column.fault(f": {value!r} is not a number", "correct the entry")
    return float(found)


def _chosen(columns: list[_Column], name: str, where: dict[str, str], key: str) -> _Column:
    """The one column of a name with these qualifiers."""
    named = [column for column in columns if column.name == name]
    file, names = columns[0].file, [column.name for column in columns]
    check_known(name, dict.fromkeys(names), f"{file}: no column {name!r}")
    if key == "expected" and len(named) == 1 and not named[0].qualifiers:
        return named[0]
    found = [
        column
        for column in named
        if all(_same(column.qualifiers.get(qualifier, ""), value) for qualifier, value in where.items())
    ]
    if len(found) != 1:
        raise InputError(
            f"{file}: {len(found)} columns are {key} {name!r}{f' where {where}' if where else ''}",
            remedy=f"say which by where: {{qualifier: value}}, there are {'; '.join(map(str, named))}",
        )
    return found[0]


def _same(one: str, other: str) -> bool:
    return "".join(one.lower().split()) == "".join(other.lower().split())


def _check_level(column: _Column, level: float) -> None:
    """Refuse a column whose qualifier or name says another confidence level."""
    stated = [float(found) / 100 for found in _LEVEL.findall(column.name)]
    for name, text in column.qualifiers.items():
        if re.sub(r"[.\s_]", "", name).lower() in ("cl", "confidencelevel"):
            percent = "%" in text
            value = number(text.replace("\\", "").replace("%", "").replace("CL", "").strip())
            if value is None:
                raise column.fault(f": the level {text!r} is not a number", "correct the qualifier")
            stated.append(value / 100 if percent or value > 1 else value)
    for value in stated:
        if abs(value - level) > 1e-9:
            fault = f" has limits at {100 * value:g} % CL, but published.level is {level:g}"
            raise column.fault(fault, "correct published.level, or name another column")


def _scale(column: _Column, item: HEPDataColumn) -> float:
    """What the numbers of a column are multiplied with to be fractions."""
    unit = _bare(column.units)
    power = _POWER.fullmatch(re.sub(r"[$\s]", "", column.units))
    stated = {"": 1.0, "%": 1e-2}.get(unit)
    if power:
        stated = float(f"1e{next(filter(None, power.groups()))}")
    if item.scale is not None:
        if unit and stated is not None and abs(stated / item.scale - 1) > 1e-9:
            fault = f" has the unit {column.units!r}, but scale is {item.scale:g}"
            raise column.fault(fault, "remove 'scale' from published.hepdata")
        return item.scale
    if stated is None or _POWER_IN_NAME.search(column.name):
        fault = f" has the unit {column.units!r}" if stated is None else " has a factor in its name"
        raise column.fault(fault, "say by 'scale' in published.hepdata what its numbers are multiplied with")
    return stated


def _cells(column: _Column) -> list[Any]:
    return [cell if isinstance(cell, dict) else {"value": cell} for cell in column.values]


def _limits(column: _Column, item: HEPDataColumn) -> list[float]:
    """A column of limits; NaN where there is none."""
    scale, found = _scale(column, item), []
    for cell in _cells(column):
        value = cell.get("value")
        if isinstance(value, str):
            value = re.sub(r"^\$?(?:<|\\lt|\\leq?|\u2264)\s*\$?", "", value.strip()).strip()
        none = value is None or str(value).lower() in NO_LIMIT
        found.append(np.nan if none else scale * _number(column, value))
    return found


def _bands(column: _Column, item: HEPDataColumn) -> dict[str, list[float]]:
    """The expected limits of a column, with the bands that its errors hold."""
    scale, central = _scale(column, item), _limits(column, item)
    found = {"expected": central}
    for row, cell in enumerate(_cells(column)):
        for error in _mappings(cell, "errors", column.file):
            sigma = _SIGMAS.get(str(error.get("label")))
            if sigma is None:
                fault = f" has an error labelled {error.get('label')!r}"
                raise column.fault(fault, "only '1 s.d.' and '2 s.d.' are bands")
            both = error.get("asymerror")
            if not isinstance(both, dict):
                both = {"plus": error.get("symerror"), "minus": f"-{error.get('symerror')}"}
            for name, end in ((f"expected_p{sigma}", "plus"), (f"expected_m{sigma}", "minus")):
                values = found.setdefault(name, [np.nan] * len(central))
                values[row] = central[row] + scale * _number(column, both.get(end))
    return found


def _lifetimes(item: HEPDataColumn, column: _Column, tau: _Column | None, file: Path, rows: int) -> list[float]:
    """The lifetime of each row [ns], from all that say one."""
    said: list[tuple[str, list[float]]] = []
    if item.lifetime_ns is not None:
        said.append(("lifetime_ns of published.hepdata", [item.lifetime_ns] * rows))
    if tau is not None:
        units = LENGTH_UNITS if tau.unit in LENGTH_UNITS else TIME_UNITS
        size = _size(tau, units, "a time or, for c tau, a length")
        cells = [cell.get("value") for cell in _cells(tau)]
        said.append((f"the axis {tau}", [size * _number(tau, value) for value in cells]))
    for name, text in column.qualifiers.items():
        if _is_lifetime(name):
            said.append((f"the qualifier {name!r}", [_lifetime(column, text)] * rows))
    if not said:
        raise InputError(
            f"{file}: nothing says for which lifetime {column} holds",
            remedy="give lifetime_ns in published.hepdata (.inf: X escapes)",
        )
    first, values = said[0]
    for other, also in said[1:]:
        if len(values) == len(also) and not np.allclose(values, also, rtol=1e-9, atol=0):
            raise InputError(
                f"{file}: {first} and {other} give different lifetimes ({values[0]:g} and {also[0]:g} ns)",
                remedy="correct the one or the other",
            )
    return values


def _lifetime(column: _Column, text: str) -> float:
    """The lifetime [ns] of a qualifier, as in '0.5 ns' or 'stable'."""
    if text.lower() in ("stable", "inf", "infinity", "infinite"):
        return float(np.inf)
    parts = re.fullmatch(r"([+-]?[\d.]+(?:[eE][+-]?\d+)?)\s*(.+)", text.strip())
    value = number(parts[1]) if parts else None
    factor = (TIME_UNITS | LENGTH_UNITS).get(_bare(parts[2])) if parts else None
    if value is None or factor is None:
        raise column.fault(f": the lifetime {text!r} is not understood", "write it as '0.5 ns' or 'stable'")
    return value * factor
