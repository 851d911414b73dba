"""Units of branches, and whether the events of a file look like the unit that was declared."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkaon.config.slots.events import Branch, Cut, Events
from darkaon.errors import InputError
from darkaon.typing import Mask

# How many of a unit make darkaon's own (GeV, m, rad, ns). Values are divided by it, which rounds once: the
# same number written as 75000 MeV and as 75 GeV is the same number here, to the last bit.
PER_UNIT = {"GeV": 1, "MeV": 1e3, "m": 1, "cm": 1e2, "mm": 1e3, "rad": 1, "mrad": 1e3, "urad": 1e6,
            "ns": 1, "1": 1}  # fmt: skip
KINDS = (("GeV", "MeV"), ("m", "cm", "mm"), ("rad", "mrad", "urad"))  # of units that may be mistaken for each other

# A quantity whose typical size is outside was declared in a wrong unit: (ending of its name, low, high, unit). The
# first that fits counts: a beam may be parallel, decay products are not.
PLAUSIBLE = (("_momentum", 0.1, 450.0, "GeV"), ("beam_slope_x", 0.0, 0.5, "rad"), ("beam_slope_y", 0.0, 0.5, "rad"),
             ("_slope_x", 2e-5, 0.5, "rad"), ("_slope_y", 2e-5, 0.5, "rad"),
             ("vertex_z", 0.0, 1e3, "m"), ("_energy", 0.1, 450.0, "GeV"), ("_mass_MeV", 1.0, 1e6, "MeV"))  # fmt: skip
MANY = 10  # events in a file's first chunk, from which on a small typical size is no chance
LAST = 1024  # events of each further chunk that are looked at: another unit begins where files were merged
NARROWEST_BEAM = 1e-5  # rad: beams of kaons are wider, or inclined
MASSES = 1.0, 2e5  # MeV: of an observable
FEW = 0.05  # of the events may have another: more are of a file with another unit


def check_units(columns: Mapping[str, Any], complete: Mask, wanted: Mapping[str, Branch], path: str | Path) -> None:
    """Compare typical sizes of quantities with what they can be, in the first events of a file.

    Columns are in darkaon's units; `complete`, shape (n,), says which events have all quantities.

    Raises:
        InputError: a typical size that is far off, a momentum or energy below 0, a beam without width or slope.
    """
    check_sizes(columns, complete, wanted, path)
    _check_beam(columns, complete, wanted, path)


def check_sizes(columns: Mapping[str, Any], complete: Mask, wanted: Mapping[str, Branch], path: str | Path) -> None:
    """The same of any events of a file, without what only a beam has."""
    for name, branch in wanted.items():
        values = columns.get(name)
        if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
            continue
        values = values[complete]
        values = values[np.isfinite(values)]
        if name.endswith(("_momentum", "_energy")) and np.any(values < 0):
            raise InputError(
                f"{path}: branch {branch.name!r} is {values[values < 0][0]:.4g} GeV in an event, and {name} is a "
                "magnitude", remedy=f"if its sign is the charge, set events.derived.{name} to abs() of another name",
            )  # fmt: skip
        if fault := _size(name, values):
            declared = "without a unit" if branch.unit == "1" else f"in {branch.unit}"
            raise InputError(
                f"{path}: branch {branch.name!r} has {fault}: it is declared {declared}",
                remedy=f"set events.branches.{name}.unit in the search's YAML to the file's unit",
            )


def check_derived(name: str, values: NDArray[Any], path: str | Path) -> None:
    """The same of a derived quantity under one of darkaon's own names, shape (n,), where it is not 0, as of no track.

    Raises:
        InputError: a typical size that is far off.
    """
    if fault := _size(name, values[np.isfinite(values) & (values != 0)]):
        raise InputError(
            f"{path}: events.derived.{name} has {fault}",
            remedy="set the units of the branches that it is derived from to the file's units",
        )


def _size(name: str, values: NDArray[Any]) -> str:
    """What is wrong with the typical size of the values of a quantity; '' if nothing is."""
    limits = next(((end, *rest) for end, *rest in PLAUSIBLE if name.endswith(end)), None)
    if limits is None or not values.size:
        return ""
    end, low, high, unit = limits
    low, size = low if values.size >= MANY else 0.0, np.abs(values)
    if (end == "_mass_MeV" and np.all(size == 0)) or 2 * np.count_nonzero((size >= low) & (size <= high)) > size.size:
        return ""  # of most within the limits the median is too, and it costs more
    median = np.median(size)
    return "" if low <= median <= high else f"a typical {name} of {median:.4g} {unit}, expected {low:g} to {high:g}"


def _check_beam(columns: Mapping[str, Any], complete: Mask, wanted: Mapping[str, Branch], path: str | Path) -> None:
    slopes = [name for name in ("beam_slope_x", "beam_slope_y") if name in wanted]
    values = [np.asarray(columns[name], dtype=float)[complete] for name in slopes]
    if not slopes or values[0].size < MANY:
        return
    size = np.nanmedian(np.hypot.reduce(values))
    if all(np.all(part == 0) for part in values):
        warnings.warn(
            f"{path}: {' and '.join(slopes)} are 0 in all of the first events: a parallel beam", stacklevel=2
        )
    elif size < NARROWEST_BEAM:
        raise InputError(
            f"{path}: the beam is inclined by {size:.3g} rad, typically: {slopes[0]} is declared in "
            f"{wanted[slopes[0]].unit.replace('1', 'rad')}",
            remedy=f"set events.branches.{slopes[0]}.unit in the search's YAML to the file's unit",
        )


def check_last(
    columns: Mapping[str, Any], complete: Mask, events: Events, wanted: Mapping[str, Branch], path: str | Path
) -> None:
    """The same of the last events of a chunk that is not a file's first, without the truth, which is in MeV always.

    Raises:
        InputError: see `check_sizes` and `check_cuts`.
    """
    last = {name: v[-LAST:] for name, v in columns.items() if isinstance(v, np.ndarray) and name != "x_mass_MeV"}
    check_sizes(last, complete[-LAST:], wanted, path)
    if len(complete) >= LAST:
        check_cuts(last, events, wanted, path)


def check_observable(values: NDArray[Any], name: str, path: str | Path) -> None:
    """Compare an observable [MeV] of the selected events of a chunk, shape (n,), with what a mass can be.

    0 is no mass, and what is missing is asked for elsewhere.

    Raises:
        InputError: it is far off in `MANY` events or more, and in more than a part `FEW` of all.
    """
    size = np.abs(values)
    outside = (size > 0) & ((size < MASSES[0]) | (size > MASSES[1])) & (size < np.inf)
    number = np.count_nonzero(outside)
    if number >= max(MANY, FEW * size.size):
        raise InputError(
            f"{path}: the observable {name!r} is {np.median(size[outside]):.4g} MeV, typically, in {number} of "
            f"{size.size} events, expected {MASSES[0]:g} to {MASSES[1]:g}",
            remedy="set the unit of its branch, or of those that it is derived from, to the file's unit, or take a "
            "factor 1000 out of events.derived",
        )


def check_cuts(columns: Mapping[str, Any], events: Events, wanted: Mapping[str, Branch], path: str | Path) -> None:
    """Whether a cut that removes all of the first events would keep most of them in another unit.

    Raises:
        InputError: it would.
    """
    for cut in events.selection:
        branch = wanted.get(cut.quantity or "")
        if branch is None or cut.low is None or cut.high is None:
            continue
        values = columns.get(cut.quantity or "")
        if not isinstance(values, np.ndarray) or len(values) < MANY or np.any(_inside(cut, values)):
            continue
        for unit in _others(branch.unit):
            if np.mean(_inside(cut, values * PER_UNIT[branch.unit] / PER_UNIT[unit])) > 0.5:
                raise InputError(
                    f"{path}: branch {branch.name!r}: no event passes the cut {cut.name!r}, and most would if it "
                    f"were in {unit}: it is declared in {branch.unit}",
                    remedy=f"set events.branches.{cut.quantity}.unit in the search's YAML to the file's unit, or "
                    f"give the cut in {next(kind for kind in KINDS if unit in kind)[0]}, as all quantities are",
                )


def _inside(cut: Cut, values: Any) -> Any:
    return (values >= cut.low) & (values < cut.high)


def _others(unit: str) -> Iterable[str]:
    return [other for kind in KINDS if unit in kind for other in kind if other != unit]
