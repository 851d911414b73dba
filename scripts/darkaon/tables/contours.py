"""Contours of excluded regions: of this run, of other experiments, of the user."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from darkaon.errors import in_row, refuse
from darkaon.tables.table import Table, read_table

COLUMNS = ("mass_MeV", "coupling", "polygon")
WORDS = ("search", "label", "kind", "process", "edge")


def read_contours(path: str | Path) -> Table:
    """A table of polygons.

    Raises:
        InputError: a file that is missing or lacks a column; a mass below 0, a coupling that is not above 0, or none.
    """
    table = read_table(path, required=COLUMNS, text=WORDS)
    mass, coupling = table["mass_MeV"], table["coupling"]
    wrong = ~(np.isfinite(mass) & (mass >= 0))
    refuse(wrong, in_row(str(path), "mass_MeV", mass, "a mass must be 0 or above"))
    wrong = ~(np.isfinite(coupling) & (coupling > 0))
    refuse(wrong, in_row(str(path), "coupling", coupling, "its axis is logarithmic"))
    return table
