"""What the explorer shows: planes of excluded couplings and limits on branching ratios, as one JSON document.

Masses have seven digits; couplings and limits are steps of their logarithm: an edge then lies within 5e-5 of the
table. Each column of numbers stands once, since curves and their bands share most of them, and regions name it by
its number: a quarter of the bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from darkaon.errors import refuse
from darkaon.report.greek import plain, plain_tex
from darkaon.tables.gaps import gaps, least_gap
from darkaon.tables.masses import lifetime_text
from darkaon.tables.table import Table
from darkaon.typing import BANDS, Array

MASS_DIGITS, LIFETIME_DIGITS = 7, 6
LOG_STEP = 1e-4  # of natural logarithms
MASSES, VALUES = ("m", "px"), ("lo", "hi", "py", "v")  # columns of a region
KINDS = {
    "published": "published, observed", "observed": "own, observed", "unreal": "own, not of real data",
    "expected": "own, expected median",
    "band1": "±1σ band", "band2": "±2σ band", "theory": "theory band", "projection": "projection",
    "other": "other experiments", "beyond": "implied, beyond what the authors exclude",
}  # fmt: skip
REAL = ("measured", "published counts")  # labels of own limits that were observed


@dataclass(frozen=True)
class Search:
    """How a search is called: name, colour, arXiv number and DOI of its paper, title."""

    name: str
    colour: str = "grey"
    arxiv: str = ""
    title: str = ""


@dataclass(frozen=True)
class Plane:
    """The excluded couplings of a model.

    Attributes:
        model: its id.
        contours: polygons by search, label and kind.
        predictions: of the model: lifetime at the reference coupling.
        y_label: of the axis, mathtext; '' for the coupling's name.
        x_range, y_range: of the axes, if a figure has them.
        others: name -> polygons of other experiments, with arxiv in the header.
    """

    model: str
    contours: Table
    predictions: Table
    y_label: str = ""
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    others: Mapping[str, Table] = field(default_factory=dict)


def document(planes: Sequence[Plane], limits: Sequence[tuple[str, Table]], searches: Mapping[str, Search]) -> str:
    """The JSON text, safe inside `<script>`: no '<' stands in it.

    Limits are a search and its table each; a search that is not among `searches` is shown by its id.
    """
    shown = [_plane(plane) for plane in planes] + _branching_ratios(limits)
    names = {region["s"] for plane in shown for region in plane["regions"]}
    named = {name: vars(searches.get(name, Search(plain(name)))) for name in sorted(names)}
    for name in named:
        if name.startswith("other: "):
            named[name] = vars(Search(name.removeprefix("other: ")))
    masses, values = _shared(shown, MASSES), _shared(shown, VALUES)
    content = {
        "kinds": list(KINDS.items()), "planes": shown, "searches": named,
        "masses": masses, "log_step": LOG_STEP, "values": values,
    }  # fmt: skip
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).replace("<", r"\u003c")


def kind_of(kind: str, label: str) -> str:
    """The group of `KINDS` that a kind of limit belongs to; '' if it is not shown."""
    if label.startswith("projection"):
        return "projection" if kind == "expected" else ""
    if kind == "beyond_own_region":
        return "beyond"
    if "theory" in kind or "variation" in kind:
        return "theory"
    if label == "published":
        return "published" if kind == "observed" else ""
    if kind == "observed" and label not in REAL:
        return "unreal"
    return {
        "observed": "observed", "expected": "expected", "expected_m1": "band1", "expected_p1": "band1",
        "expected_m2": "band2", "expected_p2": "band2",
    }.get(kind, "")  # fmt: skip


def rounded(values: Array, digits: int) -> list[float]:
    """Numbers with so many digits."""
    return [float(f"{value:.{digits}g}") for value in values.tolist()]


def log_steps(values: Array) -> list[int]:
    """Logarithms in units of `LOG_STEP`: the first one, then the difference to the one before.

    Raises:
        InputError: a value that is not above 0.
    """
    refuse(~(values > 0), lambda i: f"{values[i]:g} is no value of a logarithmic axis")
    steps = np.rint(np.log(values) / LOG_STEP).astype(int)
    return np.diff(steps, prepend=0).tolist()


def _shared(planes: Sequence[dict[str, Any]], names: Sequence[str]) -> list[list[float]]:
    """The different columns of these names; in the regions stands from now on the number of each."""
    numbers: dict[tuple[float, ...], int] = {}
    for region in (region for plane in planes for region in plane["regions"]):
        for name in (name for name in names if name in region):
            region[name] = numbers.setdefault(tuple(region[name]), len(numbers))
    return [list(column) for column in numbers]


def _plane(plane: Plane) -> dict[str, Any]:
    header = plane.contours.header
    unit = "" if header["coupling_unit"] == "1" else f" [{header['coupling_unit']}]"
    regions = list(_regions(plane.contours))
    for name, table in plane.others.items():
        arxiv = table.header.get("arxiv", "")
        for mass, coupling in _polygons(table):
            regions.append(
                {"s": f"other: {name}", "k": "other", "l": "published", "a": arxiv, **_shape(mass, coupling)}
            )
    notes = [plain(header[key]) for key in ("notes", "decay_notes") if header.get(key, "none") != "none"]
    levels = ", ".join(f"{100 * float(level):g} %" for level in header.get("level", "0.9").split(", "))
    return {
        "id": plane.model,
        "title": header["title"],
        "group": "planes",
        "note": ". ".join([f"{levels} confidence level", *notes]),
        "axis": plain_tex(plane.y_label) or header["coupling"].replace("_", " ") + unit,
        "power": int(header["coupling_power"]),
        "own": _own(header["label"]),
        "lifetime": _lifetime(plane.predictions),
        "x": list(plane.x_range or ()),
        "y": list(plane.y_range or ()),
        "regions": regions,
    }


def _own(label: str) -> str:
    parts = [part for part in label.split(", ") if part != "published" and not part.startswith("projection")]
    return ", ".join(dict.fromkeys(parts))


def _lifetime(predictions: Table) -> dict[str, Any]:
    """Lifetime [ns] at the reference coupling by mass; nothing without a power law, or for an X that escapes."""
    header, mass = predictions.header, predictions["mass_MeV"]
    lifetime = predictions["lifetime_s_at_reference"] * 1e9
    good = np.isfinite(lifetime) & (lifetime > 0)
    if header.get("power_law") != "yes" or not good.any():
        return {}
    masses, first = np.unique(mass[good], return_index=True)
    return {
        "g": float(header["reference"]),
        "m": rounded(masses, MASS_DIGITS),
        "ns": rounded(lifetime[good][first], LIFETIME_DIGITS),
    }


def _polygons(table: Table) -> Iterable[tuple[Array, Array]]:
    number = table["polygon"]
    cuts = np.flatnonzero(np.diff(number)) + 1
    for rows in np.split(np.arange(len(number)), cuts):
        if len(rows):
            yield table["mass_MeV"][rows], table["coupling"][rows]


def _regions(contours: Table) -> Iterable[dict[str, Any]]:
    keys = list(zip(*(contours[name].tolist() for name in ("search", "label", "kind")), strict=True))
    for search, label, kind in dict.fromkeys(keys):
        group = kind_of(kind, label)
        if not group:
            continue
        rows = np.array([key == (search, label, kind) for key in keys], dtype=bool)
        for mass, coupling in _polygons(contours.where(rows)):
            yield {"s": search, "k": group, "l": label, **_shape(mass, coupling)}


def _shape(mass: Array, coupling: Array) -> dict[str, Any]:
    """A polygon there and back again as masses, low and high edge; any other as its points."""
    half = (len(mass) - 1) // 2
    back = mass[half : 2 * half][::-1]
    if len(mass) == 2 * half + 1 and half and np.array_equal(mass[:half], back) and np.all(np.diff(mass[:half]) > 0):
        low, high = coupling[:half], coupling[half : 2 * half][::-1]
        return {"m": rounded(mass[:half], MASS_DIGITS), "lo": log_steps(low), "hi": log_steps(high)}
    return {"px": rounded(mass, MASS_DIGITS), "py": log_steps(coupling)}


def _branching_ratios(limits: Sequence[tuple[str, Table]]) -> list[dict[str, Any]]:
    """A plane for each process and final state, with curves for each lifetime."""
    planes: dict[str, dict[str, Any]] = {}
    for search, table in limits:
        if "mass2_MeV" in table.columns:
            continue
        process, final = table.header["process"], table.header["final_state"]
        level = 100 * float(table.header.get("level", "0.9"))
        decay = f"{plain(process)}, X {'invisible' if final == 'invisible' else '→ ' + plain(final)}"
        name = "limits_" + "".join(c if c.isalnum() else "_" for c in f"{process}_{final}")
        plane = planes.setdefault(
            name,
            {
                "id": name, "title": f"Limits: {decay}", "group": "limits", "axis": f"B({decay})",
                "note": f"{level:g} % confidence level", "power": 0, "own": "",
                "lifetime": {}, "x": [], "y": [], "regions": [],
            },
        )  # fmt: skip
        own = {*plane["own"].split(", "), _own(table.label)} - {""}
        plane["own"] = ", ".join(sorted(own))
        for column in ("observed", *BANDS):
            group = kind_of(column, table.label)
            if group and column in table.columns:
                plane["regions"] += _curves(search, group, table, column)
    return [planes[name] for name in sorted(planes)]


def _curves(search: str, group: str, table: Table, column: str) -> Iterable[dict[str, Any]]:
    for lifetime in np.unique(table["lifetime_ns"]):
        rows = np.flatnonzero((table["lifetime_ns"] == lifetime) & np.isfinite(table[column]))
        mass, value = table["mass_MeV"][rows], table[column][rows]
        cuts = np.flatnonzero(gaps(mass, least_gap(table.header))) + 1
        tau = lifetime_text(lifetime)
        for part in np.split(np.arange(len(mass)), cuts):
            if len(part):
                yield {
                    "s": search, "k": group, "l": table.label, "t": tau, "m": rounded(mass[part], MASS_DIGITS),
                    "v": log_steps(value[part]),
                }  # fmt: skip
