"""Acceptance A(m, tau) and single event sensitivity from the candidates of a simulated signal file.

A is the fraction of simulated decays that is selected and inside the search window, times the declared
efficiency; interpolated over mass by a natural cubic spline, its Monte Carlo error carried along. The sensitivity is
1/(N_K A), eq. 3.2 of arXiv:2507.17286, or SES A_reference/A, eq. 2.2, with the SES of another decay. Signal that
comes from several channels has a file for each, and N_K A is then the sum of N_K B_c A_c.

    python scripts/compute_acceptance.py --search config/searches/na62_kpix_mumu.yaml \
        --candidates signal.npy --cutflow signal.csv --output acceptance.csv
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkaon.command import Argv, grouped, named, parser, run
from darkaon.config.search import Search, load_search
from darkaon.config.slots.acceptance import SimulatedAcceptance, TabulatedAcceptance
from darkaon.config.slots.lifetime import DisplacedLaw
from darkaon.config.slots.normalisation import Channels
from darkaon.errors import InputError, located
from darkaon.events.cutflows import check_generated, check_once
from darkaon.sensitivity.acceptance import Acceptance, fraction, over_channels, simulated_acceptance
from darkaon.sensitivity.counted import given_columns
from darkaon.sensitivity.interpolation import interpolate
from darkaon.sensitivity.normalisation import (
    Unit,
    channel_weights,
    efficiency,
    sensitivity_columns,
    simulated,
    simulated_unit,
)
from darkaon.tables import provenance
from darkaon.tables.blocks import Candidates
from darkaon.tables.table import Table, read_table, write_table
from darkaon.typing import Array
from darkaon.windows.grid import centre
from darkaon.windows.hypotheses import Hypotheses, hypotheses, load_candidates

SLOTS = (
    "observable", "regions", "periods", "masses", "resolution", "window", "background", "normalisation", "acceptance",
    "lifetime", "simulation",
)  # fmt: skip


@dataclass(frozen=True)
class Signal:
    """A file of simulated signal.

    Attributes:
        candidates: what of it is selected.
        mass_MeV: its masses, rising, shape (k,).
        decays: simulated at each, shape (k,).
        label: of its cutflow.
    """

    candidates: NDArray[Any]
    mass_MeV: Array
    decays: Array
    label: str


def main(argv: Argv = None) -> None:
    """Run the program."""
    arguments = parser(__doc__, "search", output="acceptance table, .csv")
    arguments.add_argument("--candidates", default=[], nargs="+", help="selected signal, .npy")
    arguments.add_argument("--cutflow", default=[], nargs="+", help="its cutflow, .csv")
    arguments.add_argument("--channels", nargs="+", default=[], help="of the files, if the search has channels")
    arguments.add_argument("--variation", nargs="+", default=[], metavar="NAME=PATH", help="the same, varied, .npy")
    arguments.add_argument("--edges", help="table of choose_windows.py: one-sided windows")
    arguments.add_argument("--reference", help="cutflow of the simulated background: normalisation ses")
    options = arguments.parse_args(argv)
    search = load_search(options.search, SLOTS, ("events",))
    if not isinstance(search.acceptance, SimulatedAcceptance):
        _given(search, options)
        return
    if not options.candidates or len(options.candidates) != len(options.cutflow):
        raise InputError("--cutflow: one for each of --candidates", remedy="give as many")
    grid = hypotheses(search, options.search, options.candidates, options.edges)
    tables = [*grid.tables]
    channels = list(dict.fromkeys(options.channels))
    signals = [_signal(files, tables) for files in _by_channel(options, channels)]
    check_once(tables)
    with located(f"{options.search}, {', '.join(options.candidates)}"):
        reference = _reference(options.reference, tables)
        unit = simulated_unit(search, reference)
        each = [_acceptance(search, grid, signal) for signal in signals]
        found = over_channels(each, *channel_weights(search, channels, len(signals)))
        found, shifts = _varied(search, grid, options, channels, found)
        columns = sensitivity_columns(search, found, grid.windows.mass_MeV, unit)
        facts = _facts(search, found, unit) | shifts
        facts |= _means(channels, each)
        facts |= _ratio(search, signals[0])
    header = provenance.header(
        "compute_acceptance",
        label=signals[0].label,
        search=Path(options.search).stem,
        settings=search,
        tables=tables,
        candidates=[*options.candidates, *(path for _, path in named("--variation", options.variation))],
        **facts,
    )
    write_table(options.output, columns, header)
    for key, value in facts.items():
        print(f"{key}: {value}")


def _given(search: Search, options: Namespace) -> None:
    """Write the acceptance that the search gives, as a table or a number."""
    grid = hypotheses(search, options.search, options.candidates, options.edges)
    slot, tables = search.acceptance, [*grid.tables]
    with located(options.search):
        unit = simulated_unit(search, _reference(options.reference, tables))
        path = slot.path if isinstance(slot, TabulatedAcceptance) else None
        if path:
            tables.append(read_table(path, required=("mass_MeV", "acceptance")))
        masses = {"mass_MeV": grid.windows.mass_MeV}
        columns = given_columns(search, masses, tables[-1] if path else None, (unit.value, unit.relative))
    header = provenance.header(
        "compute_acceptance", label="given", search=Path(options.search).stem, settings=search,
        tables=tables, candidates=options.candidates, normalisation=unit.note,
    )  # fmt: skip
    write_table(options.output, columns, header)
    print(f"acceptance {columns['acceptance'].min():.4g} to {columns['acceptance'].max():.4g}, as given")


def _varied(
    search: Search, grid: Hypotheses, options: Namespace, channels: Sequence[str], nominal: Acceptance
) -> tuple[Acceptance, dict[str, str]]:
    """The acceptance with the largest shift by a variation of the selection in its error; and what each shifts."""
    shifts = {}
    for name, paths in grouped("--variation", options.variation).items():
        files = [(path, str(Path(path).with_suffix(".csv"))) for path in paths]
        each = [_acceptance(search, grid, _signal(own, [])) for own in _by_channel(options, channels, files)]
        found = over_channels(each, *channel_weights(search, channels, len(each)))
        shifts[name] = np.abs(found.inside - nominal.inside)
    if not shifts:
        return nominal, {}
    largest = np.max(list(shifts.values()), axis=0)
    notes = [
        f"{name} {100 * np.max(shift / np.maximum(nominal.inside, 1e-300)):.2f} %" for name, shift in shifts.items()
    ]
    return replace(nominal, error=np.hypot(nominal.error, largest)), {"variations": f"at most {', '.join(notes)}"}


def _by_channel(
    options: Namespace, channels: Sequence[str], files: Sequence[tuple[str, str]] = ()
) -> list[list[tuple[str, str]]]:
    """Candidates and cutflow of the files, for each channel, or of all, if there are no channels."""
    files = list(files or zip(options.candidates, options.cutflow, strict=True))
    if not channels:
        return [files]
    if len(options.channels) != len(files):
        raise InputError("--channels: one for each of --candidates", remedy="repeat a channel for each of its files")
    return [[file for file, of in zip(files, options.channels, strict=True) if of == name] for name in channels]


def _signal(files: Sequence[tuple[str, str]], tables: list[Table]) -> Signal:
    """The files of one channel's signal, candidates and cutflows; these join `tables`.

    What was generated at a mass is added over the files.
    """
    found = load_candidates([path for path, _ in files if len(Candidates([path]))] or [files[0][0]], "x_mass_MeV")
    decays: dict[float, float] = {}
    for _, cutflow in files:
        table = read_table(cutflow, ["cut", "events"], text=["cut"])
        check_generated(table)
        tables.append(table)
        rows = table.where(table["cut"] == "generated")
        if "x_mass_MeV" in table.columns:
            for mass, number in zip(rows["x_mass_MeV"].tolist(), rows["events"].tolist(), strict=True):
                decays[mass] = decays.get(mass, 0.0) + number
    if not decays:
        raise InputError(
            f"{files[0][1]}: no rows 'generated' with x_mass_MeV: this is not the cutflow of a signal file",
            remedy="give the cutflow that belongs to the candidates",
        )
    true, place = np.unique(found["x_mass_MeV"], return_inverse=True)
    found["x_mass_MeV"] = np.array([float(f"{mass:.9g}") for mass in true.tolist()])[place]  # as in the cutflow
    masses = np.array(sorted(decays))
    return Signal(found, masses, np.array([decays[mass] for mass in masses.tolist()]), tables[-1].label)


def _reference(path: str | None, tables: list[Table]) -> Table | None:
    """The cutflow of the simulated background, if it is given; it joins `tables`."""
    if path is None:
        return None
    tables.append(read_table(path, ["component", "cut", "events"], text=["cut"]))
    check_generated(tables[-1])
    return tables[-1]


def _acceptance(search: Search, grid: Hypotheses, signal: Signal) -> Acceptance:
    """That of one file of signal."""
    middle, resolution = centre(search.observable, signal.mass_MeV), grid.resolution
    nodes = (middle, resolution(signal.mass_MeV)) if resolution else None
    if isinstance(search.lifetime, DisplacedLaw):
        raise InputError("lifetime.kind: displaced is a law between published limits", remedy="choose another kind")
    return simulated_acceptance(
        signal.candidates, signal.mass_MeV, signal.decays, windows=grid.windows, nodes=nodes, law=search.lifetime
    )


def _facts(search: Search, found: Acceptance, unit: Unit) -> dict[str, str]:
    """What a reader wants to know of the acceptance beside the table, for the lifetime that loses least."""
    factor, quantity = efficiency(search)[0], simulated(search).efficiency
    inside = np.max(found.inside, axis=0)
    return {
        "normalisation": unit.note,
        "efficiency": f"{factor:.4g} ({quantity.status}: {quantity.source})"
        if quantity
        else _channel_efficiencies(search),
        "mean_acceptance": f"{np.mean(inside) * factor:.4f}",
        "mean_acceptance_before_window": f"{np.mean(found.selected) * factor:.4f}",
        "mean_window_efficiency": f"{np.mean(inside / found.selected):.4f}",
    }


def _channel_efficiencies(search: Search) -> str:
    """The efficiencies of the channels; or that there is none to be known."""
    channels = search.normalisation.channels if isinstance(search.normalisation, Channels) else {}
    each = {name: channel.efficiency for name, channel in channels.items() if channel.efficiency}
    return ", ".join(f"{name} {e.value:.4g} ({e.status}: {e.source})" for name, e in each.items()) or "1 (cancels)"


def _means(names: Sequence[str], each: Sequence[Acceptance]) -> dict[str, str]:
    """The mean geometrical acceptance of each channel."""
    parts = [f"{name} {np.mean(found.selected):.4f}" for name, found in zip(names, each, strict=False)]
    return {"mean_acceptance_of_channels": ", ".join(parts) + " before efficiency and window"} if parts else {}


def _ratio(search: Search, signal: Signal) -> dict[str, str]:
    """The acceptances at the two masses of `acceptance.ratio_MeV`, before the window."""
    masses = simulated(search).ratio_MeV
    if masses is None:
        return {}
    low, high = masses
    counts = np.array([np.sum(signal.candidates["x_mass_MeV"] == mass) for mass in signal.mass_MeV])
    a, _ = interpolate(signal.mass_MeV, *fraction(counts, counts, signal.decays), [low, high])
    return {"acceptance_ratio": f"A({low:g})/A({high:g}) = {a[0] / a[1]:.3f} before the window"}


if __name__ == "__main__":
    run(main)
