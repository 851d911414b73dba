"""Samples of simulated events: decays carried through beam and detector."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkaon.errors import InputError
from darkaon.kinematics import boost
from darkaon.simulation.beam import parents
from darkaon.simulation.decay import Decay
from darkaon.simulation.detector import in_acceptance, measure_beam, measure_cluster, measure_track, tracks_separated
from darkaon.simulation.experiment import Experiment
from darkaon.typing import Array

Columns = dict[str, NDArray[Any]]
Keep = Callable[[Columns], NDArray[np.bool_]]

BATCH = 50_000  # decays at a time
PATIENCE = 20  # batches without a selected event after which the selection is held to be at fault
MOST_DRAWN = 200  # decays for each event that is wanted, after which the same is held
MOST_INJECTED = 2e7  # decays
VERTEX = ("vertex_x", "vertex_y", "vertex_z")
TRACK, CLUSTER = ("momentum", "slope_x", "slope_y"), ("energy", "x", "y", "z")
RUNS, BURSTS, SPILL_NS = 200, 1500, 4.8e9


def simulate(rng: np.random.Generator, decay: Decay, n: int, experiment: Experiment) -> Columns:
    """Let `n` parents decay and measure those whose tracks and photons are all in the acceptance.

    Returns:
        Measured quantities in GeV, m and rad, each of shape (accepted,): vertex_x, vertex_y, vertex_z, beam_*,
        track1_*, ... and for photons cluster1_energy, cluster1_x, cluster1_y, cluster1_z, ... The vertex position is
        taken as measured perfectly.
        If X escapes also x_flight_m_per_GeV: its true path to the end of the detector over its momentum.
    """
    return _measured(rng, decay, n, experiment)[1]


def _measured(
    rng: np.random.Generator, decay: Decay, n: int, experiment: Experiment
) -> tuple[NDArray[np.bool_], Columns]:
    """Which of `n` decays are in the acceptance, shape (n,), and what is measured of them."""
    parent, vertex = parents(rng, experiment.beam, decay.parent, n)
    tracks = [boost(track, parent, decay.parent) for track in decay.draw(rng, n)]
    seen = np.ones(n, dtype=bool)
    for track, charge in zip(tracks, decay.charges, strict=True):
        seen &= in_acceptance(experiment, track, charge, vertex)
    charged = [track for track, charge in zip(tracks, decay.charges, strict=True) if charge]
    if experiment.separation > 0:
        seen &= tracks_separated(experiment, charged, vertex)
    columns = dict(zip(VERTEX, vertex[:, seen], strict=True))
    if decay.escapes:
        along = parent[3] - np.sum([track[3] for track in tracks], axis=0)  # path/p is the same ratio along z
        columns["x_flight_m_per_GeV"] = ((experiment.exit_z - vertex[2]) / along)[seen]
    measured = {"beam": measure_beam(rng, experiment, parent[:, seen])}
    photons = [track for track, charge in zip(tracks, decay.charges, strict=True) if not charge]
    for number, track in enumerate(charged, start=1):
        measured[f"track{number}"] = measure_track(rng, experiment, track[:, seen])
    for number, photon in enumerate(photons, start=1):
        measured[f"cluster{number}"] = measure_cluster(rng, experiment, photon[:, seen], vertex[:, seen])
    for name, values in measured.items():
        quantities = CLUSTER if name.startswith("cluster") else TRACK
        columns |= {f"{name}_{quantity}": v for quantity, v in zip(quantities, values, strict=True)}
    return seen, columns


@dataclass(frozen=True)
class Sample:
    """Simulated events.

    Attributes:
        columns: quantity -> values, shape (n,).
        decays: decays that were simulated to get them.
        selected: how many of the events pass the selection.
        acceptance: selected fraction of the decays.
    """

    columns: Columns
    decays: int
    selected: int
    acceptance: float


def until_selected(
    rng: np.random.Generator, decay: Decay, wanted: int, experiment: Experiment, passes: Keep
) -> Sample:
    """Simulate until `wanted` events pass the selection; events that fail it are kept up to there.

    Raises:
        InputError: hardly any event passes.
    """
    parts: list[Columns] = []
    selected = total = decays = 0
    while selected < wanted or not parts:
        columns = simulate(rng, decay, BATCH, experiment)
        passed = np.flatnonzero(passes(columns))
        decays += BATCH
        total += len(passed)
        left = wanted - selected
        if len(passed) >= left:
            stop = passed[left - 1] + 1 if left else passed[0] if len(passed) else len(columns["vertex_z"])
            columns = {name: values[:stop] for name, values in columns.items()}
        selected += min(len(passed), left)
        parts.append(columns)
        if total == 0 and len(parts) == PATIENCE:
            raise InputError(
                f"none of {decays} simulated decays passes events.selection", remedy="check its cuts and units"
            )
    return Sample(joined(parts), decays, selected, total / decays)


def selected_for_each(
    rng: np.random.Generator, decay: Callable[[Array], Decay], mass: Array, experiment: Experiment, passes: Keep
) -> Columns:
    """A selected event for each recoil mass [GeV], shape (m,): its decay is drawn again until it passes.

    So the spectrum of the masses is the one of selected events, whatever their acceptance.

    Raises:
        InputError: hardly any event passes.
    """
    parts, left, drawn = [simulate(rng, decay(mass[:0]), 0, experiment)], mass, 0
    while len(left):
        first, rest = left[:BATCH], left[BATCH:]
        seen, columns = _measured(rng, decay(first), len(first), experiment)
        passed = passes(columns)
        parts.append({name: values[passed] for name, values in columns.items()})
        seen[seen] = passed
        drawn += len(first)
        left = np.concatenate([rest, first[~seen]])
        if drawn > MOST_DRAWN * len(mass):
            raise InputError(
                f"of {len(mass)} simulated events {len(left)} do not pass events.selection in {MOST_DRAWN} draws, at "
                f"recoil masses of {left.min() * 1e3:.4g} to {left.max() * 1e3:.4g} MeV",
                remedy="check its cuts, or end the spectrum where the acceptance ends",
            )
    return joined(parts)


def injected(
    rng: np.random.Generator, decay: Decay, mean_decays: float, experiment: Experiment, passes: Keep
) -> Sample:
    """A signal in the data: a Poisson number of decays, all of its events.

    The number that is selected is then Poisson distributed too, with mean `mean_decays` times the acceptance.

    Raises:
        InputError: more decays than anyone would call a signal.
    """
    if mean_decays > MOST_INJECTED:
        raise InputError(
            f"inject.branching_ratio: {mean_decays:.3g} decays are too many to simulate (at most {MOST_INJECTED:g})",
            remedy="lower it",
        )
    decays = int(rng.poisson(mean_decays))
    sizes = [min(BATCH, decays - start) for start in range(0, decays, BATCH)] or [0]
    columns = joined([simulate(rng, decay, size, experiment) for size in sizes])
    selected = int(passes(columns).sum())
    return Sample(columns, decays, selected, selected / max(decays, 1))


def signal_sample(
    rng: np.random.Generator, decays: Mapping[float, Decay], number: int, experiment: Experiment
) -> Columns:
    """`number` decays at each mass of X [MeV]; the accepted events with their true mass in x_mass_MeV."""
    parts = []
    for mass, decay in decays.items():
        columns = simulate(rng, decay, number, experiment)
        n = len(columns["vertex_z"])
        parts.append({"x_mass_MeV": np.full(n, mass)} | columns)
    return joined(parts)


def background_sample(
    rng: np.random.Generator, decays: Sequence[Decay], number: int, experiment: Experiment
) -> Columns:
    """`number` decays of each component of a background; its place in `decays` stands in `component`."""
    parts = []
    for place, decay in enumerate(decays):
        for start in range(0, number, BATCH):
            columns = simulate(rng, decay, min(BATCH, number - start), experiment)
            parts.append({"component": np.full(len(columns["vertex_z"]), float(place))} | columns)
    return joined(parts)


def joined(parts: list[Columns]) -> Columns:
    """The events of all parts, in their order."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def as_recorded(rng: np.random.Generator, columns: Columns, first_run: int) -> Columns:
    """Mix the events and give them run, burst and event_time [ns since the start of the burst], in that order."""
    n = len(next(iter(columns.values())))
    run, burst = first_run + rng.integers(0, RUNS, n), rng.integers(1, BURSTS, n)
    time = rng.uniform(0, SPILL_NS, n)
    order = np.lexsort([time, burst, run])
    record: Columns = {"run": run[order].astype(np.int32), "burst": burst[order].astype(np.int32)}
    record["event_time"] = time[order]
    mixed = rng.permutation(n)
    return record | {name: values[mixed] for name, values in columns.items()}
