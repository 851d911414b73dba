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
from darkaon.events.opening import open_source
from darkaon.events.ragged import Ragged
from darkaon.events.root import open_root, readable, trees
from darkaon.events.sources import WHOLE, Source, Span, suffix
from darkaon.events.units import PER_UNIT, check_cuts, check_last, check_units
from darkaon.tables.table import atomic_path
from darkaon.typing import Array, Mask

FLAT, JAGGED = 16_384, 200_000  # events computed at a time: what the caches hold; with arrays, what the calls cost
WRITTEN = 200_000  # events written at a time
SIGNAL_MASS = "x_mass_MeV"  # branch of simulated signal: the true mass of X
SIGNAL_FLIGHT = "x_flight_m_per_GeV"  # branch of simulated signal that escapes: true path out of the detector / p
COMPONENT = "component"  # branch of simulated background: place of the event's component in background.components
TRUTH = (SIGNAL_MASS, SIGNAL_FLIGHT, COMPONENT)
GROUPS = (SIGNAL_MASS, COMPONENT)  # what a file's events are counted by, if it has the one or the other
IS_SIMULATION = "is_simulation"  # branch of simulated files: true
GENERATED = "generated"  # tree of simulated signal or background: x_mass_MeV or component, decays
WEIGHT = "weight"
DOUBLE = (*TRUTH, "event_time")  # not rounded to float32 in simulated files


@dataclass(frozen=True)
class Chunk:
    """Some events of a file.

    Attributes:
        columns: quantity -> values in darkaon's units, shape (n,), float64; those of expressions as they are.
        complete: shape (n,): False where a jagged array had too few elements; the values there are NaN.
        first: number of the first event in the file, from 0.
    """

    columns: dict[str, Any]
    complete: Mask
    first: int = 0

    def __len__(self) -> int:
        return len(self.complete)


def read_events(
    path: str | Path,
    events: Events,
    quantities: Sequence[str],
    size: int | None = None,
    *,
    exact: Sequence[str] = (),
    label: str = "",
    span: Span = WHOLE,
) -> Iterator[Chunk]:
    """Read a file chunk by chunk; memory does not grow with the file.

    Args:
        path: a ROOT file (TTree or RNTuple), or CSV, Parquet, Feather by its suffix.
        events: tree, branch map and optional weight.
        quantities: which of `events.branches` to read as numbers. The weight, `is_simulation` and the branches of
            `TRUTH` come along where there are any.
        size: events per chunk; `FLAT`, or `JAGGED` where a branch holds arrays, if not given.
        exact: quantities that an expression uses: whole numbers, conditions, text and arrays of an event stay such.
        label: measured, if what tells simulated events apart must not be there.
        span: which entries, of a ROOT file.

    Raises:
        InputError: an unreadable file, a missing tree or branch, a branch of the wrong shape, a wrong unit.
    """
    wanted = {name: events.branches[name] for name in dict.fromkeys((*quantities, *exact))}
    if events.weight is not None:
        wanted[WEIGHT] = events.weight
    with open_source(path, events.tree, span) as source:
        _check_truth(source, path, label, events.tree)
        for name in (IS_SIMULATION, *TRUTH):
            if name in source.names:
                wanted[name] = Branch(name=name)
        keys = {name: _key(branch.name, source, path, name) for name, branch in wanted.items()}
        numbers = {name: name in quantities or name not in exact for name in wanted}
        first = span.first
        for raw in source.chunks(sorted(set(keys.values())), size):
            many = any(isinstance(values, Ragged) for values in raw.values())
            own = {name: raw[key] for name, key in keys.items()}
            for part in _parts(own, size or (JAGGED if many else FLAT)):
                chunk = _decode(part, wanted, numbers, source, path, first)
                if first == span.first:
                    check_units(chunk.columns, chunk.complete, wanted, path)
                    check_cuts(chunk.columns, events, wanted, path)
                else:
                    check_last(chunk.columns, chunk.complete, events, wanted, path)
                first += len(chunk)
                yield chunk


def _check_truth(source: Source, path: str | Path, label: str, tree: str) -> None:
    truth = [name for name in TRUTH if name in source.names]
    truth += [name for name in (GENERATED, beside(tree)) if name in source.trees]
    if label == "measured" and truth:
        raise InputError(
            f"{path}: holds {truth[0]!r}, which only simulated events have, but the sample is declared measured",
            remedy="set its kind in config/samples.csv to simulated, or its role to signal",
        )


def _key(name: str, source: Source, path: str | Path, quantity: str) -> str:
    """The name of a branch in the file: as it is given, or as the last part of a path if only one ends so."""
    if name in source.names:
        return name
    ending = [key for key in source.names if key.rpartition("/")[2] == name]
    if len(ending) == 1:
        return ending[0]
    if ending:
        raise InputError(
            f"{path}: {source.where} has several branches {name!r} ({', '.join(ending)})",
            remedy="give the whole path",
        )
    key = "weight" if quantity == WEIGHT else f"branches.{quantity}"
    with_unit = [known for known in source.names if known.startswith((f"{name} ", f"{name}["))]
    near = f"; did you mean {with_unit[0]!r}?" if with_unit else nearest(name, source.names)
    raise InputError(
        f"{path}: {source.where} has no branch {name!r}{near}",
        remedy=f"change events.{key}.name in the search's YAML",
    )


def read_generated(path: str | Path, tree: str = "") -> dict[float, int]:
    """Decays simulated for each true mass [MeV] of a signal file, or component of a background file.

    They stand in a tree `generated` at the top of the file, or beside the `tree` of the events. Rows of one mass add
    up, as a merge of several files leaves them. Nothing for any other file.

    Raises:
        InputError: a tree `generated` without x_mass_MeV (or component) and decays; a mass that is none, decays that
            are no whole number above 0.
    """
    if suffix(path) != ".root":
        return {}
    with open_root(path) as file:
        known = trees(file)
        own = next((name for name in (GENERATED, beside(tree)) if name in known), None)
        if own is None:
            return {}
        with readable(path, f"tree {own!r} needs the branches {SIGNAL_MASS!r} and 'decays'"):
            group = COMPONENT if COMPONENT in file[own].keys() else SIGNAL_MASS  # noqa: SIM118
            columns = file[own].arrays([group, "decays"], library="np")
    found: dict[float, int] = {}
    for row, (key, decays) in enumerate(zip(_shortest(columns[group]), columns["decays"].tolist(), strict=True)):
        if not (np.isfinite(key) and key >= 0):
            raise InputError(f"{path}: tree {GENERATED!r}, row {row}: {group} is {key}", remedy="give a mass in MeV")
        if not (decays > 0 and decays == int(decays)):
            raise InputError(
                f"{path}: tree {GENERATED!r}, row {row}: decays is {decays}", remedy="give a whole number above 0"
            )
        found[float(key)] = found.get(float(key), 0) + int(decays)
    return found


def beside(tree: str) -> str:
    """The name of the tree `generated` in the folder of another."""
    return f"{tree.rpartition('/')[0]}/{GENERATED}".lstrip("/")


def _shortest(values: NDArray[Any]) -> Array:
    """Numbers as float64; those of float32 as they are written, so that 215.3 is 215.3."""
    if values.dtype != np.float32:
        return values.astype(float)
    different, back = np.unique(values, return_inverse=True)
    return np.array([float(str(value)) for value in different])[back]


def write_simulated(
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
    for start in range(0, len(next(iter(columns.values()))), WRITTEN):
        tree.extend({key: values[start : start + WRITTEN] for key, values in columns.items()})


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


def _parts(raw: Mapping[str, Any], size: int) -> Iterator[dict[str, Any]]:
    """The same arrays, `size` events at a time."""
    number = len(next(iter(raw.values())))
    for start in range(0, number, size):
        yield {
            name: v.part(start, start + size) if isinstance(v, Ragged) else v[start : start + size]
            for name, v in raw.items()
        }


def _decode(
    raw: Mapping[str, Any],
    wanted: Mapping[str, Branch],
    numbers: Mapping[str, bool],
    source: Source,
    path: str | Path,
    first: int,
) -> Chunk:
    columns: dict[str, Any] = {}
    complete = np.ones(len(next(iter(raw.values()))), dtype=bool)
    for name, branch in wanted.items():
        array = raw[name]
        if not numbers[name] and branch.index is None:
            columns[name] = _exact(array, branch, source, path)
            continue
        values, present = _element(array, branch, name, path)
        if present is not None:
            complete &= present
        columns[name] = values
    return Chunk(columns, complete, first)


def _exact(array: Any, branch: Branch, source: Source, path: str | Path) -> Any:
    """What an expression sees: float64, int64, conditions, text; several of them an event as `Ragged`."""
    if isinstance(array, Ragged):
        return Ragged(_exact(array.values, branch, source, path), array.counts)
    if array.ndim == 2:  # as many in each event
        number, each = array.shape
        return Ragged(_exact(array.ravel(), branch, source, path), np.full(number, each, dtype=np.int64))
    if array.dtype.kind in "fiu" and branch.unit != "1":
        return array.astype(float) / PER_UNIT[branch.unit]
    if array.dtype.kind == "f":
        values = array.astype(float)
        whole = not source.typed and np.all(np.abs(values) < 2.0**53) and np.all(values == np.rint(values))
        return values.astype(np.int64) if whole else values
    if array.dtype.kind == "u" and array.size and array.max() >= 2**63:
        raise InputError(
            f"{path}: branch {branch.name!r} holds whole numbers beyond 2^63", remedy="write it as a signed number"
        )
    return array.astype(np.int64) if array.dtype.kind in "iu" else array


def _element(array: Any, branch: Branch, name: str, path: str | Path) -> tuple[Array, Mask | None]:
    """The numbers of a branch in darkaon's unit, with NaN and False where a jagged array is too short."""
    several = isinstance(array, Ragged) or array.ndim > 1
    if several and branch.index is None:
        raise InputError(
            f"{path}: branch {branch.name!r} holds an array for each event",
            remedy=f"say which element by events.branches.{name}.index in the search's YAML",
        )
    if not several and branch.index is not None:
        raise InputError(
            f"{path}: branch {branch.name!r} holds one number for each event",
            remedy=f"remove events.branches.{name}.index from the search's YAML",
        )
    present = None
    if isinstance(array, Ragged):
        array, present = array.element(branch.index or 0)
    elif several:
        if array.ndim > 2 or (branch.index or 0) >= array.shape[1]:
            raise InputError(
                f"{path}: branch {branch.name!r} has no element {branch.index}", remedy="change its index"
            )
        array = array[:, branch.index]
    if array.dtype.kind not in "fiub":
        raise getattr(array, "fault", None) or InputError(
            f"{path}: branch {branch.name!r} holds text and no numbers", remedy="name a branch of numbers"
        )
    if name == SIGNAL_MASS:
        return _shortest(array), present
    unit = PER_UNIT[branch.unit]
    return (array.astype(float) if unit == 1 else array.astype(float) / unit), present
