"""What figures read from a model's predictions: the lifetime at any coupling."""

from __future__ import annotations

import numpy as np

from darkaon.errors import InputError
from darkaon.tables.table import Table
from darkaon.typing import Array


def lifetimes(table: Table, process: str) -> Table:
    """The rows of a process in which X has a finite lifetime.

    Raises:
        InputError: there are none: X escapes.
    """
    rows = table.where((table["process"] == process) & np.isfinite(table["lifetime_s_at_reference"]))
    if not len(rows):
        model = table.header.get("model", "")
        raise InputError(
            f"predictions of {model}: no finite lifetime for {process}: nothing can be drawn",
            remedy="remove the process from the figure",
        )
    return rows


def lifetime_s(table: Table, coupling: float | Array) -> Array:
    """Lifetime of each row [s] at a coupling; widths grow with it to the power that the table's header names."""
    grows = table.header["coupling2"].removeprefix(table.header["coupling"])  # '^2', or nothing
    power = float(grows.lstrip("^") or 1)
    return table["lifetime_s_at_reference"] * (float(table.header["reference"]) / coupling) ** power
