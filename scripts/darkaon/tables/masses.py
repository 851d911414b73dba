"""Tables over mass hypotheses: one mass, that of X, or two, with that of what X decays to."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from darkaon.errors import InputError, in_row, refuse
from darkaon.tables.table import Table
from darkaon.typing import Array

MASSES = ("mass_MeV", "mass2_MeV")
LIKE_GEV, LIKE_KEV, LIKE_SECONDS = 1.0, 1e4, 1e-6
MOST_MEV, MOST_NS = 1e6, 1e15  # above is no mass, and no lifetime but infinity


def masses_of(table: Table) -> dict[str, NDArray[np.float64]]:
    """The columns of the mass hypotheses."""
    return {name: table[name] for name in MASSES if name in table.columns}


def rows_at(table: Table, of: Table, source: str) -> NDArray[np.intp]:
    """Of each row of `of`, the row of `table` with the same masses; `source` is the file of `table`.

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


def lifetime_text(lifetime_ns: float) -> str:
    """A lifetime in words: '0.5 ns', 'stable'."""
    return "stable" if np.isinf(lifetime_ns) else f"{lifetime_ns:g} ns"


def hypotheses_of(table: Table) -> list[tuple[float, ...]]:
    """The masses [MeV] of each row."""
    return list(zip(*(values.tolist() for values in masses_of(table).values()), strict=True))


def check_places(source: str, *, mass_MeV: Array, lifetime_ns: Array | None = None) -> None:
    """Refuse masses or lifetimes, shapes (rows,), that are none; warn of those that look like GeV, keV or seconds.

    Raises:
        InputError: a mass that is not from 0 to `MOST_MEV`, a lifetime that is not from 0 to `MOST_NS` nor infinite.
    """
    bad = ~((mass_MeV >= 0) & (mass_MeV <= MOST_MEV))
    refuse(bad, in_row(source, "mass_MeV", mass_MeV, f"must be from 0 to {MOST_MEV:g} MeV"))
    tau = np.empty(0) if lifetime_ns is None else lifetime_ns
    bad = ~((tau >= 0) & ((tau <= MOST_NS) | np.isinf(tau)))
    refuse(bad, in_row(source, "lifetime_ns", tau, f"must be from 0 to {MOST_NS:g} ns (inf: X escapes)"))
    last_mass, last_tau = mass_MeV.max(initial=0.0), tau[np.isfinite(tau)].max(initial=0.0)
    for wrong, text in (
        (0 < last_mass < LIKE_GEV, f"mass_MeV ends at {last_mass:g} MeV: are these masses in GeV?"),
        (last_mass > LIKE_KEV, f"mass_MeV ends at {last_mass:g} MeV: are these masses in keV?"),
        (0 < last_tau < LIKE_SECONDS, f"lifetime_ns ends at {last_tau:g} ns: are these lifetimes in s?"),
    ):
        if wrong:
            warnings.warn(f"{source}: {text}", stacklevel=3)
