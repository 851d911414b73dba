"""Tables over mass hypotheses: one mass, that of X, or two, with that of what X decays to."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from darkaon.errors import InputError
from darkaon.tables.table import Table
from darkaon.typing import Array

MASSES = ("mass_MeV", "mass2_MeV")
LIKE_GEV, LIKE_KEV, LIKE_SECONDS = (
    1.0,
    1e4,
    1e-6,
)  # ends of masses [MeV] and lifetimes [ns] that look like another unit


def masses_of(table: Table) -> dict[str, NDArray[np.float64]]:
    """The columns of the mass hypotheses."""
    return {name: table[name] for name in MASSES if name in table.columns}


def rows_at(table: Table, of: Table, source: str) -> NDArray[np.intp]:
    """Of each row of `of`, the row of `table` with the same masses.

    Args:
        table: one row for each hypothesis.
        of: any number of rows for each.
        source: the file of `table`, for messages.

    Returns:
        Shape (rows of `of`,).

    Raises:
        InputError: a hypothesis that `table` does not have, or has twice; one table has one mass, the other two.
    """
    if list(masses_of(table)) != list(masses_of(of)):
        raise InputError(
            f"{source}: has {', '.join(masses_of(table))}, and is used with {', '.join(masses_of(of))}",
            remedy="make both from the same masses",
        )
    known = hypotheses_of(table)
    place = {hypothesis: row for row, hypothesis in enumerate(known)}
    wanted = hypotheses_of(of)
    missing = next((h for h in wanted if h not in place), None)
    if missing is not None:
        raise InputError(
            f"{source}: no row at {masses_text(missing)}, where another table of the search has one",
            remedy="make both from the same masses",
        )
    if len(place) < len(known):
        repeated = next(h for row, h in enumerate(known) if place[h] != row)
        raise InputError(f"{source}: {masses_text(repeated)} is a duplicate", remedy="remove one of the rows")
    return np.array([place[hypothesis] for hypothesis in wanted], dtype=np.intp)


def masses_text(masses_MeV: tuple[float, ...]) -> str:
    """A hypothesis in words: '100 MeV', '100, 20 MeV'."""
    return ", ".join(f"{mass:g}" for mass in masses_MeV) + " MeV"


def hypotheses_of(table: Table) -> list[tuple[float, ...]]:
    """The masses [MeV] of each row."""
    return list(zip(*(values.tolist() for values in masses_of(table).values()), strict=True))


def warn_of_units(source: str, *, mass_MeV: Array, lifetime_ns: Array | None = None) -> None:
    """Warn of masses that look like GeV or keV, and of lifetimes that look like seconds.

    Args:
        source: the file, for the warning.
        mass_MeV: masses, any shape.
        lifetime_ns: lifetimes, any shape.
    """
    masses = mass_MeV[np.isfinite(mass_MeV)]
    if len(masses) and 0 < masses.max() < LIKE_GEV:
        warnings.warn(f"{source}: mass_MeV ends at {masses.max():g} MeV: are these masses in GeV?", stacklevel=3)
    if len(masses) and masses.max() > LIKE_KEV:
        warnings.warn(f"{source}: mass_MeV ends at {masses.max():g} MeV: are these masses in keV?", stacklevel=3)
    finite = np.empty(0) if lifetime_ns is None else lifetime_ns[np.isfinite(lifetime_ns) & (lifetime_ns > 0)]
    if len(finite) and finite.max() < LIKE_SECONDS:
        warnings.warn(f"{source}: lifetime_ns ends at {finite.max():g} ns: are these lifetimes in s?", stacklevel=3)
