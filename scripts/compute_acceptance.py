"""Acceptance A(m, tau) and single event sensitivity from the candidates of a simulated signal file.

A is the fraction of simulated decays that is selected and inside the search window, times the declared
efficiency; interpolated over mass by a natural cubic spline, its Monte Carlo error carried along. The sensitivity is
1/(N_K A), eq. 3.2 of arXiv:2507.17286, or SES A_reference/A, eq. 2.2, with the SES of another decay. Signal that
comes from several channels has a file for each, and N_K A is then the sum of N_K B_c A_c.

    python scripts/compute_acceptance.py --search config/searches/na62_kpix_mumu.yaml \
        --candidates signal.npy --cutflow signal.csv --output acceptance.csv
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkaon.command import parser, run
from darkaon.config.schema import nearest
from darkaon.config.search import Search, load_search
from darkaon.config.slots.acceptance import SimulatedAcceptance
from darkaon.config.slots.background import Components
from darkaon.config.slots.normalisation import Channels, Decays, SingleEventSensitivity
from darkaon.errors import InputError
from darkaon.events.candidates import IN_REGIONS
from darkaon.sensitivity.acceptance import (
    Acceptance,
    combined_sensitivity,
    fraction,
    over_channels,
    simulated_acceptance,
    single_event_sensitivity,
)
from darkaon.sensitivity.interpolation import interpolate
from darkaon.tables import provenance
from darkaon.tables.table import Table, read_table, write_table
from darkaon.typing import Array
from darkaon.windows.grid import centre
from darkaon.windows.hypotheses import Hypotheses, hypotheses, load_candidates

SLOTS = (
    "observable", "regions", "periods", "masses", "resolution", "window", "background", "normalisation", "acceptance",
    "lifetime", "simulation",
)  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """The single event sensitivity that an acceptance of 1 would give, its relative uncertainty, and what it is."""

    value: float
    relative: float
    note: str


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


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program."""
    arguments = parser(__doc__)
    arguments.add_argument("--search", type=Path, required=True, help="the search's YAML")
    arguments.add_argument("--candidates", type=Path, required=True, nargs="+", help="selected signal, .npy")
    arguments.add_argument("--cutflow", type=Path, required=True, nargs="+", help="its cutflow, .csv")
    arguments.add_argument("--channels", nargs="+", default=[], help="of the files, if the search has channels")
    arguments.add_argument("--edges", type=Path, help="table of choose_windows.py: one-sided windows")
    arguments.add_argument("--reference", type=Path, help="cutflow of the simulated background: normalisation ses")
    arguments.add_argument("--output", type=Path, required=True, help="acceptance table, .csv")
    options = arguments.parse_args(argv)
    search = load_search(options.search, SLOTS)
    if len(options.candidates) != len(options.cutflow):
        raise InputError("--cutflow: one for each of --candidates")
    laid = hypotheses(search, options.search, options.candidates[0], options.edges)
    tables = [*laid.tables]
    signals = [_signal(*paths, tables) for paths in zip(options.candidates, options.cutflow, strict=True)]
    try:
        unit = _unit(search, options.reference, tables)
        each = [_acceptance(search, laid, signal) for signal in signals]
        found = over_channels(each, *_channels(search, options.channels, len(signals)))
        columns = _columns(search, found, laid.windows.mass_MeV, unit)
        facts = _facts(search, found, unit)
        facts |= _means(options.channels, each)
        facts |= _ratio(search, signals[0])
    except InputError as fault:
        raise InputError(f"{options.search}, {', '.join(map(str, options.candidates))}: {fault}") from None
    header = provenance.header(
        "compute_acceptance",
        label=signals[0].label,
        search=options.search.stem,
        settings=search,
        files=laid.files,
        tables=tables,
        candidates=options.candidates,
        **facts,
    )
    write_table(options.output, columns, header)
    for key, value in facts.items():
        print(f"{key}: {value}")


def _signal(candidates: Path, cutflow: Path, tables: list[Table]) -> Signal:
    """One file of signal; its cutflow joins `tables`."""
    found = load_candidates(candidates, "x_mass_MeV")
    table = read_table(cutflow, ["cut", "events"], text=["cut"])
    rows = table.where(table["cut"] == "generated")
    if "x_mass_MeV" not in table.columns or not len(rows):
        raise InputError(f"{cutflow}: no rows 'generated' with x_mass_MeV: this is not the cutflow of a signal file")
    tables.append(table)
    order = np.argsort(rows["x_mass_MeV"])
    return Signal(found, rows["x_mass_MeV"][order], rows["events"][order], table.label)


def _acceptance(search: Search, laid: Hypotheses, signal: Signal) -> Acceptance:
    """That of one file of signal."""
    middle, resolution = centre(search.observable, signal.mass_MeV), laid.resolution
    nodes = (middle, resolution(signal.mass_MeV)) if resolution else None
    return simulated_acceptance(
        signal.candidates, signal.mass_MeV, signal.decays, windows=laid.windows, nodes=nodes, law=search.lifetime
    )


def _channels(search: Search, names: Sequence[str], files: int) -> tuple[list[float], list[float]]:
    """What each file of signal counts for in the acceptance, and the relative uncertainty of its efficiency.

    Of a decay to one of the channels, B_c/sum B is of this one, and efficiency_c of what is simulated is found.
    """
    slot = search.normalisation
    if not isinstance(slot, Channels):
        if names or files > 1:
            raise InputError(f"normalisation.kind: {slot.kind!r} takes one sample of signal (channels takes several)")
        return [1.0], [0.0]
    if sorted(names) != sorted(slot.channels) or len(names) != files:
        raise InputError(
            f"normalisation.channels: each of {', '.join(slot.channels)} needs its own sample of signal, "
            f"there are {', '.join(names) or 'none'}"
        )
    total = sum(channel.branching_ratio.value for channel in slot.channels.values())
    weights, relative = [], []
    for name in names:
        efficiency = slot.channels[name].efficiency
        weights.append(slot.channels[name].effective / total)
        relative.append(efficiency.uncertainty / efficiency.value if efficiency else 0.0)
    return weights, relative


def _unit(search: Search, reference: Path | None, tables: list[Table]) -> Unit:
    """1/N_K, 1/(N_K sum B_c), or SES A of the decay that normalises; its cutflow joins `tables`."""
    slot = search.normalisation
    if isinstance(slot, Decays | Channels):
        part = search.simulation.fraction if search.simulation else 1.0
        note = f"{slot.value:.4g} +- {slot.uncertainty:.2g} decays ({slot.status}: {slot.source})"
        note += f", of which {part:g} are simulated" if part < 1 else ""
        ratio, uncertainty = 1.0, 0.0
        if isinstance(slot, Channels):
            ratios = {name: channel.branching_ratio for name, channel in slot.channels.items()}
            ratio = sum(quantity.value for quantity in ratios.values())
            uncertainty = float(np.hypot.reduce([quantity.uncertainty for quantity in ratios.values()]))
            note += f", to {ratio:.4g} +- {uncertainty:.2g} {' + '.join(ratios)}"
        relative = float(np.hypot(slot.uncertainty / slot.value, uncertainty / ratio))
        return Unit(1 / (part * slot.value * ratio), relative, note)
    if not isinstance(slot, SingleEventSensitivity):
        raise InputError(f"normalisation.kind: {slot.kind!r} does not go with door events (decays, channels or ses)")
    if reference is None:
        raise InputError("normalisation.kind: ses needs --reference, the cutflow of the simulated background")
    known = list(search.background.components) if isinstance(search.background, Components) else []
    if slot.component not in known:
        raise InputError(
            f"normalisation.component: {slot.component!r} is none of background.components"
            f"{nearest(slot.component, known)} (there are {', '.join(known) or 'none'})"
        )
    table = read_table(reference, ["component", "cut", "events"], text=["cut"])
    tables.append(table)
    mine = table.where(np.equal(table["component"], known.index(slot.component)))
    generated, selected = (mine["events"][mine["cut"] == cut] for cut in ("generated", IN_REGIONS))
    if len(generated) != 1 or len(selected) != 1 or not selected[0] > 0:
        raise InputError(f"{reference}: no decay of {slot.component!r} is generated and selected")
    acceptance, error = fraction(selected, selected, generated)
    each = [period.ses for period in search.periods.values() if period.ses]
    if len(each) < len(search.periods):
        raise InputError("periods: normalisation.kind: ses needs the key 'ses' in every period")
    ses, uncertainty = combined_sensitivity([q.value for q in each], [q.uncertainty for q in each])
    note = f"SES {ses:.4g} +- {uncertainty:.2g} of {slot.component}, acceptance {acceptance[0]:.4f} +- {error[0]:.4f}"
    relative = np.hypot(uncertainty / ses, error[0] / acceptance[0])
    return Unit(ses * acceptance[0], float(relative), note)


def _simulated(search: Search) -> SimulatedAcceptance:
    slot = search.acceptance
    if not isinstance(slot, SimulatedAcceptance):
        raise InputError(f"acceptance.kind: {slot.kind!r} does not go with door events (simulation)")
    return slot


def _efficiency(search: Search) -> tuple[float, float]:
    """Value and relative uncertainty of what the simulation leaves out; 1 where it cancels."""
    quantity = _simulated(search).efficiency
    return (quantity.value, quantity.uncertainty / quantity.value) if quantity else (1.0, 0.0)


def _columns(search: Search, found: Acceptance, masses: Array, unit: Unit) -> dict[str, Array]:
    """The table: a block of masses for each lifetime."""
    efficiency, uncertainty = _efficiency(search)
    if not np.all(found.inside > 0):
        time, mass = np.argwhere(~(found.inside > 0))[0]
        raise InputError(
            f"the acceptance at {masses[mass]:g} MeV and {found.lifetime_ns[time]:g} ns is not above 0: "
            "raise simulation.signal.decays or leave the mass out; if that holds for many masses, see the signal's "
            "cutflow, and names, units and indices in events.branches"
        )
    relative = np.hypot(found.error / found.inside, uncertainty).ravel()
    acceptance = found.inside.ravel() * efficiency
    ses = unit.value * single_event_sensitivity(1.0, acceptance)
    longest = np.max(found.inside, axis=0)  # at the lifetime that loses least
    return {
        "lifetime_ns": np.repeat(found.lifetime_ns, len(masses)),
        "mass_MeV": np.tile(masses, len(found.lifetime_ns)),
        "acceptance": acceptance,
        "acceptance_error": acceptance * relative,
        "ses": ses,
        "ses_error": ses * np.hypot(relative, unit.relative),
        "window_efficiency": np.tile(longest / found.selected, len(found.lifetime_ns)),
    }


def _facts(search: Search, found: Acceptance, unit: Unit) -> dict[str, str]:
    """What a reader wants to know of the acceptance beside the table, for the lifetime that loses least."""
    efficiency, quantity = _efficiency(search)[0], _simulated(search).efficiency
    inside = np.max(found.inside, axis=0)
    return {
        "normalisation": unit.note,
        "efficiency": f"{efficiency:.4g} ({quantity.status}: {quantity.source})" if quantity else _told(search),
        "mean_acceptance": f"{np.mean(inside) * efficiency:.4f}",
        "mean_acceptance_before_window": f"{np.mean(found.selected) * efficiency:.4f}",
        "mean_window_efficiency": f"{np.mean(inside / found.selected):.4f}",
    }


def _told(search: Search) -> str:
    """The efficiencies of the channels; or that there is none to be known."""
    channels = search.normalisation.channels if isinstance(search.normalisation, Channels) else {}
    each = {name: channel.efficiency for name, channel in channels.items() if channel.efficiency}
    return ", ".join(f"{name} {e.value:.4g} ({e.status}: {e.source})" for name, e in each.items()) or "1 (cancels)"


def _means(names: Sequence[str], each: Sequence[Acceptance]) -> dict[str, str]:
    """The mean geometrical acceptance of each channel."""
    said = [f"{name} {np.mean(found.selected):.4f}" for name, found in zip(names, each, strict=False)]
    return {"mean_acceptance_of_channels": ", ".join(said) + " before efficiency and window"} if said else {}


def _ratio(search: Search, signal: Signal) -> dict[str, str]:
    """The acceptances at the two masses of `acceptance.ratio_MeV`, before the window."""
    masses = _simulated(search).ratio_MeV
    if masses is None:
        return {}
    low, high = masses
    counts = np.array([np.sum(signal.candidates["x_mass_MeV"] == mass) for mass in signal.mass_MeV])
    a, _ = interpolate(signal.mass_MeV, *fraction(counts, counts, signal.decays), [low, high])
    return {"acceptance_ratio": f"A({low:g})/A({high:g}) = {a[0] / a[1]:.3f} before the window"}


if __name__ == "__main__":
    run(main)
