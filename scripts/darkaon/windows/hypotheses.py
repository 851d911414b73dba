"""The mass hypotheses of a search with their resolution and windows, from its slots and files.

What makes windows, what computes the acceptance in them and what blinds them begin alike; this is where.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkaon.config.search import Search
from darkaon.config.slots.events import Region
from darkaon.config.slots.masses import Plane
from darkaon.config.slots.windows import OneSidedWindow, ResolutionTable, SymmetricWindow
from darkaon.errors import InputError
from darkaon.tables.blocks import WEIGHT, Candidates, field_or_ones
from darkaon.tables.table import Table, read_table
from darkaon.typing import Array
from darkaon.windows.grid import (
    Resolution,
    Windows,
    centre,
    fixed_windows,
    lay_windows,
    mass_grid,
    nearest_region,
    resolution_column,
)

Paths = Sequence[str | Path]
SLOTS = ("observable", "regions", "masses", "resolution", "window")  # of the search that is passed in


@dataclass(frozen=True)
class Hypotheses:
    """The mass hypotheses of a search.

    Attributes:
        windows: one for each.
        resolution: of the observable; none for one-sided windows.
        note: how the masses are spaced.
        tables: what the resolution or the windows come from, for the provenance.
    """

    windows: Windows
    resolution: Resolution | None
    note: str
    tables: list[Table] = field(default_factory=list)


def hypotheses(search: Search, source: str | Path, signal: Paths = (), edges: str | Path | None = None) -> Hypotheses:
    """Lay the windows of a search.

    Args:
        search: with the slots `SLOTS`.
        source: its YAML, for errors.
        signal: candidates of the simulated signal, which a simulated resolution needs.
        edges: table of choose_windows.py, which one-sided windows need.

    Raises:
        InputError: a fault of the table or of the candidates; a simulated resolution without candidates.
    """
    if isinstance(search.window, OneSidedWindow):
        if edges is None:
            raise InputError(
                f"{source}: window.kind: one_sided needs --edges, the table of choose_windows.py",
                remedy="it has no blinding of its own: 'blind' belongs to the search whose data it has",
            )
        table = read_table(edges, required=("mass_MeV", "low", "high"))
        mass = table["mass_MeV"]
        windows = fixed_windows(mass, centre(search.observable, mass), table["low"], table["high"])
        return Hypotheses(windows, None, f"{len(mass)} masses, the lower edges by the expected limit", [table])
    if not isinstance(search.window, SymmetricWindow):
        raise InputError(
            f"{source}: window.kind: {search.window.kind!r} does not go with input events (symmetric)",
            remedy="set it to symmetric, or choose another input level",
        )
    column = resolution_column(search.observable)
    tables = []
    if isinstance(search.resolution, ResolutionTable):
        path = search.resolution.path
        tables = [read_table(path, required=("mass_MeV", column))]
        resolution = Resolution(tables[0], path, column)
    elif not signal:
        raise InputError(
            f"{source}: resolution.kind: simulation needs --signal, candidates of the simulated signal",
            remedy="give that file",
        )
    else:
        found = load_candidates(signal, "x_mass_MeV")
        table = simulated_resolution(found, search.observable, search.regions)
        resolution = Resolution(table, ", ".join(map(str, signal)), column)
    assert not isinstance(search.masses, Plane)  # of input level counts
    masses, note = mass_grid(search.masses, resolution)
    middle = centre(search.observable, masses)
    windows = lay_windows(search.window, masses, middle, resolution(masses), search.regions)
    return Hypotheses(windows, resolution, note, tables)


def simulated_resolution(
    candidates: NDArray[Any], observable: str, regions: Mapping[str, Region] | None = None
) -> Table:
    """Standard deviation of the observable around X at each simulated mass: mass_MeV and the resolution.

    Of the events, by their weights, that pass the cuts of the region nearest to X, wherever their observable is.
    """
    masses = np.unique(candidates["x_mass_MeV"])
    middle = centre(observable, masses)
    cuts = nearest_region(middle, regions) if regions else None
    sigma = []
    for i, mass in enumerate(masses):
        own = candidates[candidates["x_mass_MeV"] == mass]
        if cuts is not None:
            own = own[passes_cuts(own, int(cuts[i]))]
        if len(own) < 2:
            raise InputError(
                f"x_mass_MeV {mass:g}: hardly any signal is selected", remedy="raise simulation.signal.decays"
            )
        square = np.average((own["observable"] - middle[i]) ** 2, weights=weights_of(own, f"x_mass_MeV {mass:g}"))
        sigma.append(np.sqrt(square))
    return Table({"mass_MeV": masses, resolution_column(observable): np.array(sigma)})


def weights_of(candidates: NDArray[Any], where: str) -> Array:
    """The weights of simulated signal, 1 each if it has none.

    Raises:
        InputError: their sum is not above 0; `where` says of what.
    """
    weight = field_or_ones(candidates, WEIGHT)
    if not np.sum(weight) > 0:
        raise InputError(
            f"{where}: the weights of the selected signal sum to {np.sum(weight):g}", remedy="correct events.weight"
        )
    return np.asarray(weight, dtype=float)


def passes_cuts(candidates: NDArray[Any], region: int) -> NDArray[np.bool_]:
    """Which signal candidates pass the cuts of the region at this place; all, if it is -1."""
    if region < 0:
        return np.ones(len(candidates), dtype=bool)
    return np.floor(candidates["regions"] / 2.0**region) % 2 == 1


def load_candidates(paths: Paths, *fields: str) -> NDArray[Any]:
    """Candidates written by select_events.py, all of them: of simulated files, which are small.

    Raises:
        InputError: no such file, none of ours, a field missing.
    """
    for path in paths:
        missing = [name for name in fields if name not in Candidates([path]).names]
        if missing:
            kind = {"x_mass_MeV": "a signal file", "component": "a background file"}.get(missing[0], "a selection")
            raise InputError(
                f"{path}: has no field {missing[0]}: these are not the candidates of {kind}",
                remedy="make it with select_events.py from such a sample",
            )
    return Candidates(list(paths)).load()
