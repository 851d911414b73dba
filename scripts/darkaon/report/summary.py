"""What the summary says of a search: its best limits, the couplings that it reaches, how sure its numbers are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from darkaon.tables.masses import hypotheses_of
from darkaon.tables.provenance import ORDER
from darkaon.tables.table import Table

DATA = {  # label -> whether it is of nature
    "measured": "real data",
    "published": "real data",
    "published counts": "real counts",
    "recast": "real data, efficiencies by theorists",
    "simulated": "simulated",
    "assumed counts": "assumed",
    "interpolated": "assumed between real points",
}
NOT_A_NUMBER = ("source", "status", "value", "uncertainty")  # of a quantity; its other keys are values too


@dataclass(frozen=True)
class Best:
    """The strongest of some limits, and where it is."""

    value: float
    mass_MeV: float
    mass2_MeV: float
    lifetime_ns: float


@dataclass(frozen=True)
class Reach:
    """The smallest coupling of a model that a search excludes."""

    model: str
    title: str
    coupling: str
    label: str
    value: float
    mass_MeV: float


@dataclass(frozen=True)
class Number:
    """A number from outside that is not read."""

    status: str
    name: str
    value: str
    source: str


@dataclass(frozen=True)
class Row:
    """A search in the summary.

    Attributes:
        search: its id.
        settings: its YAML.
        label: what its own limits are made of: measured, simulated, published or assumed counts; '' without any.
        own, published: its limits on the branching ratio, if it has such.
        reaches: couplings that it excludes, one for each model and each of own and published.
        comparison: how published limits lie in the expected band, if both are there.
        statuses: status -> names of the numbers from outside that its limits are made from.
        headlines: rows of headlines.csv.
    """

    search: str
    settings: Mapping[str, Any]
    label: str
    own: Table | None
    published: Table | None
    reaches: tuple[Reach, ...]
    comparison: Table | None
    statuses: Mapping[str, Sequence[str]]
    headlines: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def data(self) -> str:
        """The label of its own limits, without such that of the table that it gives: published, recast, ..."""
        given = self.published.label if self.published else ""
        return self.label or given or "published"

    @property
    def unsure(self) -> list[Number]:
        """The numbers that are not read, the least sure first."""
        return [
            Number(status, name, *_told(_find(self.settings, name)))
            for status in ORDER[:-1]
            for name in self.statuses.get(status, ())
        ]

    def verdicts(self, verdict: str) -> int:
        """How many headlines have this verdict."""
        return sum(headline["verdict"] == verdict for headline in self.headlines)


def best(limits: Table, column: str) -> Best | None:
    """The strongest limit of a column, over all masses and lifetimes (of equal ones that of the longest); or None."""
    if column not in limits.columns or not np.isfinite(limits[column]).any():
        return None
    least = np.flatnonzero(limits[column] == np.nanmin(limits[column]))
    row = int(least[np.argmax(np.nan_to_num(limits["lifetime_ns"][least], posinf=np.inf))])
    mass2 = limits["mass2_MeV"][row] if "mass2_MeV" in limits.columns else np.nan
    return Best(
        *(float(x) for x in (limits[column][row], limits["mass_MeV"][row], mass2, limits["lifetime_ns"][row]))
    )


def reaches(exclusion: Table, model: str) -> Iterator[tuple[str, Reach]]:
    """Search -> the smallest observed coupling it excludes, for own and for published limits; (search, reach)."""
    observed = exclusion.where(exclusion["kind"] == "observed")
    unit = exclusion.header.get("coupling_unit", "1")
    coupling = exclusion.header.get("coupling", "coupling") + ("" if unit == "1" else f" [{unit}]")
    for search, label in dict.fromkeys(zip(observed["search"].tolist(), observed["label"].tolist(), strict=True)):
        rows = observed.where((observed["search"] == search) & (observed["label"] == label))
        row = int(np.argmin(rows["coupling_low"]))
        value, mass = float(rows["coupling_low"][row]), float(rows["mass_MeV"][row])
        title = exclusion.header.get("title", model)
        yield search, Reach(model, title, coupling, label, value, mass)


def method(settings: Mapping[str, Any]) -> str:
    """How limits are set, in words of the search's YAML."""
    input_level = settings.get("input", "")
    if input_level == "limits":
        return "published limits"
    alone = settings.get("normalisation", {}).get("kind") == "none"
    parts = [*["limits on signal events"] * alone, f"input: {input_level}"]
    for slot in ("window", "background"):
        given = settings.get(slot)
        if isinstance(given, Mapping):
            width = f" ±{given['half_width_sigma']:g}σ" if "half_width_sigma" in given else ""
            order = f", polynomial of order {given['order']}" if "order" in given else ""
            parts.append(f"{slot} {str(given.get('kind', '')).replace('_', ' ')}{width}{order}")
    statistics = settings.get("statistics", {})
    parts.append(f"CLs, {statistics.get('method', 'hybrid')}, {100 * statistics.get('level', 0.9):g} % CL")
    return "; ".join(parts)


def columns(rows: Sequence[Row]) -> dict[str, list[str | float]]:
    """The columns of summary.csv, one row for each search."""
    made: dict[str, list[str | float]] = {}
    for row in rows:
        found = _cells(row)
        for name, value in found.items():
            made.setdefault(name, []).append(value)
    return made


def _cells(row: Row) -> dict[str, str | float]:
    limits = row.own or row.published
    assert limits is not None
    mass = limits["mass_MeV"]
    cells: dict[str, str | float] = {
        "search": row.search,
        "process": row.settings.get("process", ""),
        "final_state": row.settings.get("final_state", ""),
        "label": row.data,
        "data": DATA.get(row.data, row.data),
        "method": method(row.settings),
        "hypotheses": len(set(hypotheses_of(limits))),
        "first_mass_MeV": mass.min(),
        "last_mass_MeV": mass.max(),
    }
    for name, table, column in (
        ("observed", row.own, "observed"),
        ("expected", row.own, "expected"),
        ("published", row.published, "observed"),
    ):
        found = best(table, column) if table else None
        cells[name] = found.value if found else np.nan
        cells[f"{name}_mass_MeV"] = found.mass_MeV if found else np.nan
        cells[f"{name}_lifetime_ns"] = found.lifetime_ns if found else np.nan
    cells["couplings"] = "; ".join(
        f"{reach.model} {reach.coupling} {reach.value:.3g} at {reach.mass_MeV:g} MeV ({reach.label})"
        for reach in row.reaches
    )
    for status in reversed(ORDER):
        cells[f"numbers_{status}"] = len(row.statuses.get(status, ()))
    cells["not_read"] = "; ".join(f"{number.name} ({number.status})" for number in row.unsure)
    for verdict in ("reproduced", "missed", "shape not reproduced", "not counted", "no result"):
        cells[f"headlines_{verdict.replace(' ', '_')}"] = row.verdicts(verdict)
    return cells


def _find(settings: Any, name: str) -> Any:
    """What stands at a dotted name; of slots that a table names without the slot, the one that ends so."""
    place = settings
    for part in name.split("."):
        place = place.get(part) if isinstance(place, Mapping) else None
    if place is not None or not isinstance(settings, Mapping):
        return place
    return next((found for slot in settings.values() if (found := _find(slot, name)) is not None), None)


def _told(quantity: Any) -> tuple[str, str]:
    """Value with uncertainty, and source."""
    if not isinstance(quantity, Mapping):
        return "table", ""
    values = [_text(quantity["value"])] if "value" in quantity else []
    values += [f"{key} {_text(value)}" for key, value in quantity.items() if key not in (*NOT_A_NUMBER, "kind")]
    error = f" ± {_text(quantity['uncertainty'])}" if quantity.get("uncertainty") else ""
    return ", ".join(values) + error, str(quantity.get("source", ""))


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(part)}" for key, part in value.items() if key not in ("source", "status"))
    return f"{value:.6g}" if isinstance(value, float) else str(value)
