"""What a table of excluded couplings says in its header."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from darkaon.exclusion.limits import Limits
from darkaon.models.model import Model
from darkaon.tables import provenance
from darkaon.tables.table import Table

USUAL_LEVEL = 0.90  # others are named beside a search


def header(
    model: Model,
    settings: Mapping[str, Any],
    rates: Iterable[str | Path],
    tables: Sequence[Table],
    searches: Sequence[Limits],
    rows: Collection[tuple[str, str]] = (),
) -> dict[str, str]:
    """The lines of exclusion.csv, contours.csv and union.csv.

    Args:
        model: the model.
        settings: what its YAML says.
        rates: files that its options name.
        tables: of limits.
        searches: the same as limits, one for each table; those that the model does not meet give no label or level.
        rows: (search, label) of those of which something was made: the others hand on neither label nor statuses.
    """
    met = [limits for limits in searches if model.meets(limits.process, limits.final_state, limits.quantity)]
    made_of = [(t, s) for t, s in zip(tables, searches, strict=True) if not rows or (s.search, s.label) in rows]
    return provenance.header(
        "exclude",
        label=", ".join(sorted({limits.label for _, limits in made_of if limits.label})),
        settings=settings,
        files=rates,
        tables=[table for table, _ in made_of],
        model=model.id,
        title=model.title,
        coupling=model.coupling.name,
        coupling_unit=model.coupling.unit or "1",
        coupling_power=model.coupling.power,
        level=", ".join(f"{level:g}" for level in sorted({limits.level for limits in met})),
        data_fraction=", ".join(
            f"{limits.search} {table.header['data_fraction']}"
            for table, limits in made_of
            if "data_fraction" in table.header
        ),
        lifetime_note="\n".join(
            sorted({f"{s.search}: {t.header['lifetime_note']}" for t, s in made_of if t.header.get("lifetime_note")})
        ),
        statuses_of="\n".join(_statuses_of(model, settings, made_of)),
        other_levels="\n".join(
            sorted({f"{limits.search} {limits.level:g}" for _, limits in made_of if limits.level != USUAL_LEVEL})
        ),
        notes=model.notes or "none",
        decay_notes=model.decay_notes or "none",
    )


def _statuses_of(model: Model, settings: Mapping[str, Any], made_of: Sequence[tuple[Table, Limits]]) -> list[str]:
    """The statuses by where they are from, the model or a search: a figure may show some searches alone."""
    found = {model.id: provenance.statuses(settings)}
    for table, limits in made_of:
        mine = found.setdefault(limits.search, {})
        for status, names in provenance.table_statuses(table).items():
            mine[status] = sorted({*mine.get(status, ()), *names})
    return [f"{of} {status}: {', '.join(names)}" for of, mine in found.items() for status, names in mine.items()]
