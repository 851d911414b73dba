"""What a table of excluded couplings says in its header."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from darkaon.exclusion.limits import Limits
from darkaon.models.model import Model
from darkaon.tables import provenance
from darkaon.tables.table import Table


def header(
    model: Model,
    settings: Mapping[str, Any],
    rates: Iterable[str | Path],
    tables: Sequence[Table],
    searches: Sequence[Limits],
) -> dict[str, str]:
    """The lines of exclusion.csv, contours.csv and union.csv.

    Args:
        model: the model.
        settings: what its YAML says.
        rates: files that its options name.
        tables: of limits.
        searches: the same as limits, one for each table; those that the model does not meet give no label or level.
    """
    met = [limits for limits in searches if model.meets(limits.process, limits.final_state, limits.quantity)]
    return provenance.header(
        "exclude",
        label=", ".join(sorted({limits.label for limits in met if limits.label})),
        settings=settings,
        files=rates,
        tables=tables,
        model=model.id,
        title=model.title,
        coupling=model.coupling.name,
        coupling_unit=model.coupling.unit or "1",
        coupling_power=model.coupling.power,
        level=", ".join(f"{level:g}" for level in sorted({limits.level for limits in met})),
        data_fraction=", ".join(
            f"{limits.search} {table.header['data_fraction']}"
            for table, limits in zip(tables, searches, strict=True)
            if "data_fraction" in table.header and model.meets(limits.process, limits.final_state)
        ),
        notes=model.notes or "none",
        decay_notes=model.decay_notes or "none",
    )
