"""Published limits: tidy CSV files, or HEPData YAML tables in their place."""

from __future__ import annotations

import numpy as np

from darkaon.config.slots.published import Published
from darkaon.errors import InputError, in_row, refuse
from darkaon.tables.gaps import KEY, least_gap
from darkaon.tables.hepdata import read_hepdata
from darkaon.tables.masses import check_places
from darkaon.tables.table import Table, read_table

CARRIED = ("experiment", "arxiv", "level", "process", "final_state", "quantity", "label", "status", KEY)


def read_published(slot: Published) -> Table:
    """The limits with the columns of our own: lifetime_ns, mass_MeV, observed; the file's notes as comments.

    The header holds what the file says of `CARRIED`: above all what the limits are of (`quantity`, none for a
    branching ratio), what they are (`label`: published, recast or interpolated), how sure they are (`status`) and
    the least step of masses that is a gap.

    Raises:
        InputError: a column or table that is missing, masses that do not rise within a lifetime, a limit that is
            not a number above 0.
    """
    if slot.hepdata:
        table = read_hepdata(slot)
    else:
        raw = read_table(slot.path, required=("lifetime_ns", "mass_MeV", "upper_limit"))
        columns = {("observed" if name == "upper_limit" else name): values for name, values in raw.columns.items()}
        notes = (*raw.comments, *(f"{key}: {text}" for key, text in raw.header.items()))
        table = Table(columns, {key: raw.header[key] for key in CARRIED if key in raw.header}, notes)
    _check(table, slot.path)
    return table


def _check(table: Table, source: str) -> None:
    least_gap(table.header, source)
    if "mass2_MeV" in table.columns:
        raise InputError(
            f"{source}: limits in two masses (mass2_MeV) have no coupling plane", remedy="give limits in one mass"
        )
    lifetime, mass, limit = table["lifetime_ns"], table["mass_MeV"], table["observed"]
    if len(table) == 0:
        raise InputError(f"{source}: no rows of limits", remedy="give at least one row for each lifetime")
    check_places(source, mass_MeV=mass, lifetime_ns=lifetime)
    bad = ~(np.isfinite(limit) & (limit > 0))
    refuse(bad, in_row(source, "upper_limit", limit, "must be above 0"))
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
