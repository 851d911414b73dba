"""Events: read in chunks through a search's branch map, and simulated ones written.

What leaves this module is in darkaon's names and units (GeV, m, rad) and float64; what is in the file is the
business of `events.branches` in the search's YAML.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkaon.config.schema import nearest
from darkaon.config.slots.events import Branch, Events
from darkaon.errors import InputError
from darkaon.events.files import is_csv, open_root, open_source, readable, trees
from darkaon.tables.table import atomic_path
from darkaon.typing import Array, Mask

CHUNK = 200_000  # events in memory at a time
SIGNAL_MASS = "x_mass_MeV"  # branch of simulated signal: the true mass of X
SIGNAL_FLIGHT = "x_flight_m_per_GeV"  # branch of simulated signal that escapes: true path out of the detector / p
COMPONENT = "component"  # branch of simulated background: place of the event's component in background.components
TRUTH = (SIGNAL_MASS, SIGNAL_FLIGHT, COMPONENT)
GROUPS = (SIGNAL_MASS, COMPONENT)  # what a file's events are counted by, if it has the one or the other
IS_SIMULATION = "is_simulation"  # branch of simulated files: true
GENERATED = "generated"  # tree of simulated signal or background: x_mass_MeV or component, decays
WEIGHT = "weight"
DOUBLE = (*TRUTH, "event_time")  # not rounded to float32 in simulated files

# How many of a unit make darkaon's own (GeV, m, rad, ns). Values are divided by it, which rounds once: the
# same number written as 75000 MeV and as 75 GeV is the same number here, to the last bit.
PER_UNIT = {"GeV": 1, "MeV": 1e3, "m": 1, "cm": 1e2, "mm": 1e3, "rad": 1, "mrad": 1e3, "urad": 1e6,
            "ns": 1, "1": 1}  # fmt: skip

# A quantity whose typical size is outside was declared in a wrong unit: (ending of its name, low, high, unit). The
# first that fits counts: a beam may be parallel, decay products are not.
PLAUSIBLE = (("_momentum", 0.1, 450.0, "GeV"), ("beam_slope_x", 0.0, 0.5, "rad"), ("beam_slope_y", 0.0, 0.5, "rad"),
             ("_slope_x", 2e-5, 0.5, "rad"), ("_slope_y", 2e-5, 0.5, "rad"),
             ("vertex_z", 0.0, 1e3, "m"), ("_energy", 0.1, 450.0, "GeV"))  # fmt: skip
MANY = 10  # events in a file's first chunk, from which on a small typical size is no chance


@dataclass(frozen=True)
class Chunk:
    """Some events of a file.

    Attributes:
        columns: quantity -> values in darkaon's units, shape (n,), float64.
        complete: shape (n,): False where a jagged array had too few elements; the values there are NaN.
    """

    columns: dict[str, Array]
    complete: Mask

    def __len__(self) -> int:
        return len(self.complete)


def read_events(path: str | Path, events: Events, quantities: Sequence[str], size: int = CHUNK) -> Iterator[Chunk]:
    """Read a file chunk by chunk; memory does not grow with the file.

    Args:
        path: a ROOT file (TTree or RNTuple), or CSV by its suffix .csv.
        events: tree, branch map and optional weight.
        quantities: which of `events.branches` to read. The weight, `is_simulation` and the branches of `TRUTH`
            come along where there are any.
        size: events per chunk.

    Raises:
        InputError: an unreadable or empty file, a missing tree or branch, a branch of the wrong shape, a value
            that is not finite, a wrong unit.
    """
    wanted = {name: events.branches[name] for name in quantities}
    if events.weight is not None:
        wanted[WEIGHT] = events.weight
    with open_source(path, events.tree) as source:
        for name in (IS_SIMULATION, *TRUTH):
            if name in source.names:
                wanted[name] = Branch(name=name)
        for name, branch in wanted.items():
            if branch.name not in source.names:
                key = "weight" if name == WEIGHT else f"branches.{name}"
                raise InputError(
                    f"{path}: {source.where} has no branch {branch.name!r}{nearest(branch.name, source.names)}",
                    remedy=f"change events.{key}.name in the search's YAML",
                )
        first = 0
        for raw in source.chunks(sorted({branch.name for branch in wanted.values()}), size):
            chunk = _decode(raw, wanted, path, first)
            if first == 0:
                _check_units(chunk, wanted, path)
            first += len(chunk)
            yield chunk
        if first == 0:
            raise InputError(f"{path}: {source.where} holds no events", remedy="leave the file out")


def read_generated(path: str | Path) -> dict[float, int]:
    """Decays simulated for each true mass [MeV] of a signal file, or component of a background file.

    Nothing for any other file.

    Raises:
        InputError: a tree `generated` without x_mass_MeV (or component) and decays.
    """
    if is_csv(path):
        return {}
    with open_root(path) as file:
        if GENERATED not in trees(file):
            return {}
        with readable(path, f"tree {GENERATED!r} needs the branches {SIGNAL_MASS!r} and 'decays'"):
            group = COMPONENT if COMPONENT in file[GENERATED].keys() else SIGNAL_MASS  # noqa: SIM118
            columns = file[GENERATED].arrays([group, "decays"], library="np")
    return {float(m): int(n) for m, n in zip(columns[group], columns["decays"], strict=True)}


def write_simulated(  # noqa: PLR0917
    path: str | Path,
    events: Events,
    columns: Mapping[str, Any],
    metadata: Mapping[str, Any],
    generated: Mapping[float, int] | None = None,
    group: str = SIGNAL_MASS,
) -> None:
    """Write a simulated file in the layout that `events` describes; atomic, `is_simulation` set.

    Args:
        path: the ROOT file.
        events: tree and branch map; quantities that it does not name keep their own name.
        columns: what `encode` gave.
        metadata: kept as JSON in the object ``metadata``.
        generated: for a signal file, decays simulated for each mass [MeV]; for background, for each component.
        group: which of `GROUPS` that is.
    """
    import uproot

    columns = {**columns, IS_SIMULATION: np.ones(len(next(iter(columns.values()))), dtype=bool)}
    with atomic_path(path) as temporary, uproot.recreate(temporary, compression=uproot.LZ4(1)) as file:
        _write_tree(file, events.tree, columns)
        if generated:
            keys = np.array(list(generated), dtype=float)
            decays = np.array(list(generated.values()), dtype=np.int64)
            _write_tree(file, GENERATED, {group: keys, "decays": decays})
        file["metadata"] = json.dumps({"label": "simulated", **metadata})


def _write_tree(file: Any, name: str, columns: Mapping[str, NDArray[Any]]) -> None:
    tree = file.mktree(name, {key: (values.dtype, values.shape[1:]) for key, values in columns.items()})
    for start in range(0, len(next(iter(columns.values()))), CHUNK):
        tree.extend({key: values[start : start + CHUNK] for key, values in columns.items()})


def encode(columns: Mapping[str, NDArray[Any]], events: Events) -> dict[str, NDArray[Any]]:
    """Quantities in darkaon's units as the branches of a file: names and units of the map, floats as float32.

    Quantities with an index become the elements of one array per event, shape (n, largest index + 1); elements that
    the map does not name are 0.
    """
    raw: dict[str, NDArray[Any]] = {}
    elements: dict[str, dict[int, NDArray[Any]]] = {}
    for name, values in columns.items():
        branch = events.branches.get(name, Branch(name=name))
        if np.issubdtype(values.dtype, np.floating) and name not in DOUBLE:
            stored = (values * PER_UNIT[branch.unit]).astype(np.float32)
        else:
            stored = values
        if branch.index is None:
            raw[branch.name] = stored
        else:
            elements.setdefault(branch.name, {})[branch.index] = stored
    for name, found in elements.items():
        unnamed = np.zeros_like(next(iter(found.values())))
        raw[name] = np.stack([found.get(index, unnamed) for index in range(max(found) + 1)], axis=1)
    return raw


def decode(raw: Mapping[str, NDArray[Any]], events: Events) -> dict[str, Array]:
    """What a reader will make of the branches that `encode` gave, without a file between."""
    known = {name: branch for name, branch in events.branches.items() if branch.name in raw}
    stored = {
        name: raw[branch.name] if branch.index is None else raw[branch.name][:, branch.index]
        for name, branch in known.items()
    }
    return {name: values.astype(float) / PER_UNIT[known[name].unit] for name, values in stored.items()}


# --- from branches to quantities ------------------------------------------------------------------------


def _decode(raw: Mapping[str, Any], wanted: Mapping[str, Branch], path: str | Path, first: int) -> Chunk:
    columns: dict[str, Array] = {}
    complete: Mask | None = None
    for name, branch in wanted.items():
        values, present = _element(raw[branch.name], branch, name, path)
        bad = np.flatnonzero(present & ~np.isfinite(values))
        if bad.size:
            raise InputError(
                f"{path}: branch {branch.name!r} is {values[bad[0]]} in event {first + bad[0]} (counted from 0)",
                remedy="remove such events from the file or mend the branch",
            )
        columns[name] = values / PER_UNIT[branch.unit]
        complete = present if complete is None else complete & present
    assert complete is not None
    return Chunk(columns, complete)


def _element(array: Any, branch: Branch, name: str, path: str | Path) -> tuple[Array, Mask]:
    """The numbers of a branch, with NaN and False where a jagged array is too short."""
    dimensions = array.ndim
    if dimensions > 2 or (dimensions == 2 and branch.index is None):
        raise InputError(
            f"{path}: branch {branch.name!r} holds an array for each event",
            remedy=f"say which element by events.branches.{name}.index in the search's YAML",
        )
    if dimensions == 1 and branch.index is not None:
        raise InputError(
            f"{path}: branch {branch.name!r} holds one number for each event",
            remedy=f"remove events.branches.{name}.index from the search's YAML",
        )
    if isinstance(array, np.ndarray):
        return array.astype(float), np.ones(len(array), dtype=bool)
    import awkward as ak

    try:
        if branch.index is None:
            return ak.to_numpy(array).astype(float), np.ones(len(array), dtype=bool)
        present = ak.to_numpy(ak.num(array, axis=1)) > branch.index
        values = np.full(len(array), np.nan)
        values[present] = ak.to_numpy(array[present][:, branch.index]).astype(float)
    except (TypeError, ValueError):
        raise InputError(
            f"{path}: branch {branch.name!r} holds no numbers but {array.type.content}",
            remedy="name a branch of numbers in the search's YAML",
        ) from None
    return values, present


def _check_units(chunk: Chunk, wanted: Mapping[str, Branch], path: str | Path) -> None:
    for name, branch in wanted.items():
        values = np.abs(chunk.columns[name][chunk.complete])
        low, high, unit = next((limits for end, *limits in PLAUSIBLE if name.endswith(end)), (0.0, np.inf, ""))
        low = low if values.size >= MANY else 0.0
        if values.size and not low <= np.median(values) <= high:
            declared = "without a unit" if branch.unit == "1" else f"in {branch.unit}"
            raise InputError(
                f"{path}: branch {branch.name!r} has a typical {name} of {np.median(values):.4g} {unit}, "
                f"expected {low:g} to {high:g}: it is declared {declared}",
                remedy=f"set events.branches.{name}.unit in the search's YAML to the file's unit",
            )
