"""One-sided windows of a search: for each mass hypothesis the lower edge with the strongest expected limit.

The expected background is a spectrum (`background.kind: tabulated`), the signal is simulated; no data enter. One row
for each mass hypothesis: the edges of its window, the background there, and the part of the selected signal in it.

    python scripts/choose_windows.py --search config/searches/na62_kmunu_x.yaml --signal signal.npy --output edges.csv
"""

from __future__ import annotations

import numpy as np

from darkaon.command import Argv, parser, run
from darkaon.config.search import load_search
from darkaon.config.slots.background import Tabulated
from darkaon.config.slots.masses import Listed, Steps
from darkaon.config.slots.windows import OneSidedWindow
from darkaon.errors import InputError, located
from darkaon.sensitivity.one_sided import signal_in_windows, strongest, total_share
from darkaon.simulation.spectrum import DENSITY, tabulated
from darkaon.statistics.limits import set_limits
from darkaon.tables import provenance
from darkaon.tables.table import read_table, write_table
from darkaon.windows.grid import given_masses
from darkaon.windows.hypotheses import load_candidates

SLOTS = ("masses", "window", "background", "periods", "statistics")


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__, "search", "name", output="edges.csv")
    arguments.add_argument("--signal", required=True, nargs="+", help=".npy file of the simulated signal")
    args = arguments.parse_args(argv)

    search = load_search(args.search, SLOTS)
    slot, spectrum = search.window, search.background
    if not isinstance(slot, OneSidedWindow) or not isinstance(spectrum, Tabulated):
        raise InputError(
            f"{args.search}: window.kind: one_sided and background.kind: tabulated are needed here",
            remedy="change the search's YAML, or take make_windows.py",
        )
    if not isinstance(search.masses, Steps | Listed):
        raise InputError(
            f"{args.search}: masses.kind: one-sided windows have no resolution (step or list)",
            remedy="set masses.kind to step or list",
        )
    masses, table = given_masses(search.masses), read_table(spectrum.path, required=("mass_MeV", DENSITY))
    candidates = load_candidates(args.signal, "x_mass_MeV")
    low = np.array(slot.lows)
    with located(args.search):
        background = total_share(search.periods.values()) * tabulated(table, spectrum.path).above(low, slot.high)
        error = spectrum.uncertainty.value * background
        method, statistics = search.statistics.counting, search.statistics
        limits = set_limits(
            None, background, error, method=method, nuisance=statistics.nuisance, level=statistics.level
        ).expected
        signal, signal_error = signal_in_windows(candidates, masses, slot)
        chosen = strongest(limits, signal, signal_error)
    columns = {
        "mass_MeV": masses,
        "low": low[chosen],
        "high": np.full(len(masses), slot.high),
        "background": background[chosen],
        "background_syst": error[chosen],
        "signal_inside": signal[np.arange(len(masses)), chosen],
    }
    lines = provenance.header(
        "choose_windows",
        label="simulated",
        search=args.name,
        settings=search,
        tables=[table],
        candidates=args.signal,
    )
    write_table(args.output, columns, lines)
    print(
        f"{len(masses)} masses, {len(np.unique(chosen))} of {len(low)} lower edges in use, "
        f"{background[chosen].min():.4g} to {background[chosen].max():.4g} background events"
    )


if __name__ == "__main__":
    run(main)
