"""Acceptance A(m, tau) and single event sensitivity 1/(N_K A) from the candidates of a simulated signal file.

A is the fraction of simulated decays that is selected and inside the search window, times the declared
efficiency; interpolated over mass by a natural cubic spline, its Monte Carlo error carried along.

    python scripts/compute_acceptance.py --search config/searches/na62_kpix_mumu.yaml \
        --candidates signal.npy --cutflow signal.csv --output acceptance.csv
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkaon import provenance
from darkaon.acceptance import (
    SignalFractions,
    interpolate,
    lifetime_factors,
    signal_fractions,
    single_event_sensitivity,
)
from darkaon.command import parser, run
from darkaon.config import Search, load_search
from darkaon.errors import InputError
from darkaon.kinematics import Array
from darkaon.tables import Table, read_table, write_table
from darkaon.windows import Resolution, mass_grid, window_edges

SLOTS = ("masses", "resolution", "window", "normalisation", "acceptance", "lifetime")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program."""
    arguments = parser(__doc__)
    arguments.add_argument("--search", type=Path, required=True, help="the search's YAML")
    arguments.add_argument("--candidates", type=Path, required=True, help="selected signal, .npy")
    arguments.add_argument("--cutflow", type=Path, required=True, help="its cutflow, .csv")
    arguments.add_argument("--output", type=Path, required=True, help="acceptance table, .csv")
    options = arguments.parse_args(argv)
    search = load_search(options.search, SLOTS)
    table = read_table(search.resolution.path, ["mass_MeV", "resolution_MeV"])
    resolution = Resolution(table, search.resolution.path)
    masses, _ = mass_grid(search.masses, resolution)
    cutflow = read_table(options.cutflow, ["cut", "events"], text=["cut"])
    simulated, decays = _generated(cutflow, options.cutflow)
    low, high = window_edges(search.window, simulated, resolution(simulated))
    candidates = _candidates(options.candidates)
    try:
        fractions = signal_fractions(candidates, simulated, decays, low, high)
        columns = _columns(search, fractions, masses)
        facts = _facts(search, fractions, masses)
    except InputError as fault:
        raise InputError(f"{options.search}, {options.candidates}: {fault}") from None
    header = provenance.header(
        "compute_acceptance",
        label=cutflow.label,
        search=options.search.stem,
        settings=search,
        files=[search.resolution.path],
        tables=[table, cutflow],
        **facts,
    )
    write_table(options.output, columns, header)
    for key, value in facts.items():
        print(f"{key}: {value}")


def _generated(table: Table, path: Path) -> tuple[Array, Array]:
    """Simulated masses [MeV], rising, and the decays of each."""
    rows = table.where(table["cut"] == "generated")
    if "x_mass_MeV" not in table.columns or not len(rows):
        raise InputError(f"{path}: no rows 'generated' with x_mass_MeV: this is not the cutflow of a signal file")
    order = np.argsort(rows["x_mass_MeV"])
    return rows["x_mass_MeV"][order], rows["events"][order]


def _candidates(path: Path) -> NDArray[Any]:
    try:
        found = np.load(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError, EOFError):
        raise InputError(f"{path}: is no NumPy file of candidates: make it with select_events.py") from None
    if "x_mass_MeV" not in (found.dtype.names or ()):
        raise InputError(f"{path}: has no field x_mass_MeV: these are not the candidates of a signal file")
    return found


def _columns(search: Search, fractions: SignalFractions, masses: Array) -> dict[str, Array]:
    """The table: a block of masses for each lifetime."""
    efficiency = search.acceptance.efficiency
    lifetimes, factors = lifetime_factors(search.lifetime)
    prompt, error = interpolate(fractions.mass_MeV, fractions.inside, fractions.inside_error, masses)
    if not np.all(prompt > 0):
        raise InputError(
            f"the acceptance at {masses[np.argmin(prompt)]:g} MeV is not above 0: "
            "raise simulation.signal.decays or leave the mass out"
        )
    relative = np.hypot(error / prompt, efficiency.uncertainty / efficiency.value)
    selected, _ = interpolate(fractions.mass_MeV, fractions.selected, fractions.selected_error, masses)
    acceptance = np.outer(factors, prompt * efficiency.value).ravel()
    normalisation = search.normalisation.uncertainty / search.normalisation.value
    ses = single_event_sensitivity(search.normalisation.value, acceptance)
    return {
        "lifetime_ns": np.repeat(lifetimes, len(masses)),
        "mass_MeV": np.tile(masses, len(lifetimes)),
        "acceptance": acceptance,
        "acceptance_error": acceptance * np.tile(relative, len(lifetimes)),
        "ses": ses,
        "ses_error": ses * np.tile(np.hypot(relative, normalisation), len(lifetimes)),
        "window_efficiency": np.tile(prompt / selected, len(lifetimes)),
    }


def _facts(search: Search, fractions: SignalFractions, masses: Array) -> dict[str, str]:
    """What a reader wants to know of the acceptance beside the table, for a decay at once."""
    efficiency, decays = search.acceptance.efficiency, search.normalisation
    selected, _ = interpolate(fractions.mass_MeV, fractions.selected, fractions.selected_error, masses)
    inside, _ = interpolate(fractions.mass_MeV, fractions.inside, fractions.inside_error, masses)
    facts = {
        "normalisation": f"{decays.value:.4g} +- {decays.uncertainty:.2g} decays ({decays.status}: {decays.source})",
        "efficiency": f"{efficiency.value:.4g} ({efficiency.status}: {efficiency.source})",
        "mean_acceptance": f"{np.mean(inside) * efficiency.value:.4f}",
        "mean_acceptance_before_window": f"{np.mean(selected) * efficiency.value:.4f}",
        "mean_window_efficiency": f"{np.mean(inside / selected):.4f}",
    }
    if search.acceptance.ratio_MeV is not None:
        low, high = search.acceptance.ratio_MeV
        a, _ = interpolate(fractions.mass_MeV, fractions.selected, fractions.selected_error, [low, high])
        facts["acceptance_ratio"] = f"A({low:g})/A({high:g}) = {a[0] / a[1]:.3f} before the window"
    return facts


if __name__ == "__main__":
    run(main)
