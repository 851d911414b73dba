"""Mass hypotheses, search windows, and the background of each from its sidebands.

Reads the candidates of a search's data samples; writes one row for each mass hypothesis.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkaon import provenance
from darkaon.background import sideband_background
from darkaon.command import parser, run
from darkaon.config import load_search
from darkaon.errors import InputError
from darkaon.tables import read_table, write_table
from darkaon.windows import Array, Resolution, mass_grid, window_edges

SLOTS = ("masses", "resolution", "window", "background")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--search", required=True, help="the search's YAML")
    arguments.add_argument("--name", default="", help="the search's id, for the header")
    arguments.add_argument("--label", required=True, choices=["measured", "simulated"])
    arguments.add_argument("--candidates", required=True, nargs="+", help=".npy files of the data samples")
    arguments.add_argument("--output", required=True, help="windows.csv")
    args = arguments.parse_args(argv)

    search = load_search(args.search, SLOTS)
    table = read_table(search.resolution.path, required=("mass_MeV", "resolution_MeV"))
    resolution = Resolution(table, search.resolution.path)
    masses, note = mass_grid(search.masses, resolution)
    sigma = resolution(masses)
    low, high = window_edges(search.window, masses, sigma)
    ordered = np.sort(np.concatenate([_observable(path) for path in args.candidates]))
    sidebands = search.background
    result = sideband_background(
        ordered,
        masses,
        low,
        high,
        sidebands.half_width_sigma * sigma,
        spectrum=sidebands.spectrum,
        bins=sidebands.bins,
        order=sidebands.order,
        alternatives=sidebands.alternatives,
    )
    cut = f"{int(result.one_sided.sum())} windows have a sideband on one side only"
    ratio = np.median(result.systematic / result.statistical)
    print(f"{note}; {cut}; median systematic / statistical uncertainty {ratio:.2f}")
    columns = {
        "mass_MeV": masses,
        "resolution": sigma,
        "low": low,
        "high": high,
        "n_observed": result.n_observed,
        "background": result.background,
        "background_stat": result.statistical,
        "background_syst": result.systematic,
    }
    lines = provenance.header(
        "make_windows",
        label=args.label,
        search=args.name,
        settings=search,
        files=[search.resolution.path],
        tables=[table],
        spacing=note,
        sidebands=cut,
    )
    write_table(args.output, columns, lines)


def _observable(path: str) -> Array:
    candidates = np.load(path)
    if "weight" in candidates.dtype.names:
        raise InputError(f"{path}: weighted events cannot be counted as data: take events.weight out of the search")
    return np.asarray(candidates["observable"])


if __name__ == "__main__":
    run(main)
