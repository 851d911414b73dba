"""A model of the reader's own: a CSV of rates, or a Python module with the same functions as a `Model`.

CSV columns: mass_MeV; for each process, by its name, B/g^power; width_GeV (total width/g^power) or lifetime_ns
(whatever the coupling; inf: X escapes); for each final state, by its name, its branching fraction: ``invisible`` is
what no detector sees, what is left over of 1 counts as visible. Of two particles, as in K+ -> pi+ a a, the final
state (``4e``) is that of both. Between rows everything is linear in the mass, of a
lifetime its inverse; outside the masses nothing is produced.

A Python module defines ``production`` and ``decays``, dictionaries of functions of (mass_MeV, coupling), and a
function ``lifetime_ns(mass_MeV, coupling)``. It is run as it stands; what its functions return is checked on a grid
and wherever they are used.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from darkaon.config.schema import AnyCoupling, Strict, check_known
from darkaon.errors import InputError, in_row, refuse
from darkaon.models.model import FINAL_STATES, PROCESSES, Coupling, Function, Model, lifetime_of
from darkaon.paths import find
from darkaon.tables.masses import check_places
from darkaon.tables.table import Table, read_table
from darkaon.typing import Array

ALLOWED = {  # what a function returns: the largest value, and which are meant
    "rate": (float(np.finfo(float).max), "0 or more"),
    "fraction": (1 + 1e-9, "between 0 and 1"),
    "lifetime": (np.inf, "above 0 (inf: X escapes)"),
}
MASSES = np.array([1.0, 10.0, 50.0, 100.0, 140.0, 200.0, 230.0, 300.0])  # MeV, at which a module is checked first


class CouplingOptions(Strict):
    """The coupling g; rates in a CSV are divided by g**power."""

    name: str = "g"
    label: str = "$g$"
    unit: str = ""
    low: AnyCoupling = 1e-10
    high: AnyCoupling = 1.0
    reference: AnyCoupling = 1e-4
    power: Literal[1, 2] = 2

    @model_validator(mode="after")
    def _ordered(self) -> CouplingOptions:
        if not self.low < self.high:
            raise ValueError(f"low ({self.low:g}) must be below high ({self.high:g})")
        return self


class Options(Strict):
    """Where the model is.

    Attributes:
        path: a CSV or a Python file, from the folder in which darkaon is started.
        coupling: its coupling.
    """

    path: Annotated[str, Field(pattern=r"\.(csv|py)$")]
    coupling: CouplingOptions = CouplingOptions()


def _check_rows(table: Table, source: str) -> None:
    """Refuse numbers that no rate, lifetime or branching fraction can be."""
    names = list(table.columns)
    mass = table["mass_MeV"]
    finals = [name for name in names if name in FINAL_STATES]
    for name, values in table.columns.items():
        refuse(np.isnan(values), in_row(source, name, values, "a number is missing"))
        refuse(values < 0, in_row(source, name, values, "must not be negative"))
        if name != "lifetime_ns":
            refuse(np.isinf(values), in_row(source, name, values, "must be finite"))
    refuse(np.diff(mass, prepend=-1.0) <= 0, in_row(source, "mass_MeV", mass, "masses must grow from row to row"))
    check_places(source, mass_MeV=mass, lifetime_ns=table.columns.get("lifetime_ns"))
    if "lifetime_ns" in names:
        refuse(table["lifetime_ns"] == 0, in_row(source, "lifetime_ns", table["lifetime_ns"], "must be positive"))
    total = np.zeros(len(table))
    for name in finals:
        refuse(table[name] > 1, in_row(source, name, table[name], "a branching fraction is 1 at most"))
        total += table[name]
        why = "with the columns before it the branching fractions exceed 1"
        refuse(total > 1 + 1e-9, in_row(source, name, total, why))


def from_table(table: Table, source: str, power: int) -> tuple[dict[str, Function], dict[str, Function], Function]:
    """Production, decays and lifetime of a table.

    Raises:
        InputError: what is wrong, with row (counted from 1 below the column names) and column.
    """
    names = list(table.columns)
    known = ("mass_MeV", "width_GeV", "lifetime_ns", *PROCESSES, *FINAL_STATES)
    for name in names:
        check_known(name, known, f"{source}: column {name!r} is unknown")
    processes = [name for name in names if name in PROCESSES]
    if not processes:
        raise InputError(f"{source}: no column of production", remedy=f"needs one of {', '.join(PROCESSES)}")
    if ("width_GeV" in names) == ("lifetime_ns" in names):
        raise InputError(
            f"{source}: needs a column 'width_GeV' or 'lifetime_ns', and not both",
            remedy="remove one of them, or add one",
        )
    if len(table) < 2:
        raise InputError(f"{source}: needs two rows at least", remedy="add masses")
    mass, finals = table["mass_MeV"], [name for name in names if name in FINAL_STATES]
    _check_rows(table, source)

    def rate(name: str) -> Function:
        def function(mass_MeV: Any, coupling: Any) -> Array:
            return np.interp(mass_MeV, mass, table[name], left=0.0, right=0.0) * np.asarray(coupling) ** power

        return function

    def fraction(name: str) -> Function:
        def function(mass_MeV: Any, coupling: Any) -> Array:
            return np.interp(mass_MeV, mass, table[name]) * np.ones_like(coupling, dtype=float)

        return function

    def lifetime_ns(mass_MeV: Any, coupling: Any) -> Array:
        if "lifetime_ns" in names:
            # linear in the width, so that a row with inf is no exception
            width = np.interp(mass_MeV, mass, 1 / table["lifetime_ns"]) * np.ones_like(coupling, dtype=float)
            return np.divide(1.0, width, out=np.full_like(width, np.inf), where=width > 0)
        width = np.interp(mass_MeV, mass, table["width_GeV"]) * np.asarray(coupling, dtype=float) ** power
        return lifetime_of(width)

    return {name: rate(name) for name in processes}, {name: fraction(name) for name in finals}, lifetime_ns


def from_module(path: Path, coupling: CouplingOptions) -> tuple[dict[str, Function], dict[str, Function], Function]:
    """Production, decays and lifetime of a Python file.

    Raises:
        InputError: it cannot be run, lacks one of them, names what darkaon does not know, or returns what cannot be.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file", remedy="check 'path' in the model's YAML")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise InputError(
            f"{path}: cannot be run: {type(error).__name__}: {error}", remedy="mend the module"
        ) from None
    for name in ("production", "decays", "lifetime_ns"):
        if not hasattr(module, name):
            raise InputError(f"{path}: {name!r} is missing", remedy="it needs production, decays and lifetime_ns")
    functions: dict[str, dict[str, Function]] = {}
    for name, allowed in (("production", PROCESSES), ("decays", FINAL_STATES)):
        given = getattr(module, name)
        if not isinstance(given, dict):
            raise InputError(
                f"{path}: {name}: is a {type(given).__name__} and no dictionary of functions",
                remedy=f'write {name} = {{"{allowed[0]}": function of (mass_MeV, coupling)}}',
            )
        for key in given:
            check_known(key, allowed, f"{path}: {name}: {key!r} is not known")
        what = "fraction" if name == "decays" else "rate"
        functions[name] = {key: _checked(f"{path}: {name}[{key!r}]", what, of) for key, of in given.items()}
    lifetime = _checked(f"{path}: lifetime_ns", "lifetime", module.lifetime_ns)
    production, decays = functions["production"], _together(f"{path}: the sum of decays", functions["decays"])
    for function in (lifetime, *production.values(), *decays.values()):
        function(MASSES[:, None], np.geomspace(coupling.low, coupling.high, 5))
    return production, decays, lifetime


def _checked(place: str, what: str, function: Function) -> Function:
    """A function of a module; each call sees that it gives what it must, one of `ALLOWED`, or is refused."""

    def checked(mass_MeV: Any, coupling: Any) -> Array:
        shape = np.broadcast_shapes(np.shape(mass_MeV), np.shape(coupling))
        try:
            value = np.asarray(function(mass_MeV, coupling), dtype=float)
            fits = np.broadcast_shapes(value.shape, shape) == shape
        except Exception as error:
            low, high = np.min(mass_MeV, initial=np.inf), np.max(mass_MeV, initial=0.0)
            raise InputError(
                f"{place}: fails for arrays, of masses from {low:g} to {high:g} MeV: {type(error).__name__}: {error}",
                remedy="let it take arrays of couplings and masses, also those at which nothing is produced",
            ) from None
        if not fits:
            raise InputError(
                f"{place}: must return one number for each mass and coupling",
                remedy="return an array of the shape of its arguments",
            )
        value = np.broadcast_to(value, shape)
        _check_values(place, what, value, mass_MeV, coupling)
        return value

    return checked


def _together(place: str, decays: Mapping[str, Function]) -> dict[str, Function]:
    """The branching fractions; each call sees that their sum is one, too."""

    def fraction(name: str) -> Function:
        def function(mass_MeV: Any, coupling: Any) -> Array:
            values = {key: of(mass_MeV, coupling) for key, of in decays.items()}
            _check_values(place, "fraction", np.sum([*values.values()], axis=0), mass_MeV, coupling)
            return values[name]

        return function

    return {name: fraction(name) for name in decays}


def _check_values(place: str, what: str, value: Array, mass_MeV: Any, coupling: Any) -> None:
    most, wanted = ALLOWED[what]

    def fault(at: int) -> str:
        mass, g = (np.broadcast_to(of, np.shape(value)).flat[at] for of in (mass_MeV, coupling))
        return f"{place}: is {value.flat[at]:g} at {mass:g} MeV and a coupling of {g:g}: it must be {wanted}"

    refuse(
        ~((value >= 0) & (value <= most)) | ((what == "lifetime") & (value == 0)), fault, remedy="mend the function"
    )


def build(options: Options) -> Model:
    """The model of these options."""
    path = find(options.path)
    power_law = False
    if path.suffix == ".py":
        production, decays, lifetime = from_module(path, options.coupling)
    else:
        table = read_table(path, required=("mass_MeV",))
        power_law = "width_GeV" in table.columns
        production, decays, lifetime = from_table(table, str(path), options.coupling.power)
    return Model(
        coupling=Coupling(**options.coupling.model_dump()),
        production={name: _full(function) for name, function in production.items()},
        decays={name: _full(function) for name, function in decays.items()},
        lifetime_ns=_full(lifetime),
        power_law=power_law,
    )


def _full(function: Function) -> Function:
    """The function with its result at the full broadcast shape, floats."""

    def filled(mass_MeV: Any, coupling: Any) -> Array:
        shape = np.broadcast_shapes(np.shape(mass_MeV), np.shape(coupling))
        return np.array(np.broadcast_to(np.asarray(function(mass_MeV, coupling), dtype=float), shape))

    return filled
