"""Counts, expected background and share of the signal of each period in a search's windows: `statistics.periods`.

One row for each period and mass hypothesis. The share is that of 1/SES: acceptances are taken to be the same. The
uncertainties of the background are those of the windows, taken as independent between periods.
"""

from __future__ import annotations

import numpy as np

from darkaon.command import Argv, named, parser, run
from darkaon.config.search import load_search
from darkaon.config.slots.background import Components
from darkaon.errors import InputError
from darkaon.tables import provenance
from darkaon.tables.blocks import Candidates
from darkaon.tables.table import read_table, write_table
from darkaon.windows.components import component_background, expected_events, period_uncertainty, weights
from darkaon.windows.grid import count_between
from darkaon.windows.hypotheses import load_candidates

SLOTS = ("regions", "periods", "background")


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__, "search", windows="windows.csv", output="periods.csv")
    arguments.add_argument("--candidates", required=True, nargs="+", metavar="PERIOD=PATH", help=".npy files of data")
    arguments.add_argument("--background", nargs="+", required=True, help=".npy files of the simulated background")
    args = arguments.parse_args(argv)

    search = load_search(args.search, SLOTS)
    slot, periods = search.background, search.periods
    if not isinstance(slot, Components) or not search.regions or not all(p.ses for p in periods.values()):
        raise InputError(
            f"{args.search}: statistics.periods: separate needs background.kind: components and 'ses' in all periods",
            remedy="add them, or set statistics.periods to added",
        )
    if slot.others:
        raise InputError(
            f"{args.search}: statistics.periods: separate does not go with background.others",
            remedy="take periods together: the others are of all",
        )
    windows = read_table(args.windows, required=("mass_MeV", "low", "high", "n_observed"))
    low, high, hidden = windows["low"], windows["high"], np.isnan(windows["n_observed"])
    simulated = load_candidates(args.background, "component")
    files = named("--candidates", args.candidates)
    inverse = {name: 1 / period.ses.value for name, period in periods.items() if period.ses}
    parts = []
    for name, period in periods.items():
        own = Candidates([path for of, path in files if of == name])
        counts = count_between(own, low, high)
        weight = weights(simulated, slot.components, expected_events(slot.components, period), search.regions)
        common = period_uncertainty([period])
        expected = component_background(simulated, weight, slot.components, low, high, common)
        part = {
            "period": np.full(len(low), name),
            "mass_MeV": windows["mass_MeV"],
            "n_observed": np.where(hidden, np.nan, counts),
            "background": expected.background,
            "background_uncertainty": np.hypot(expected.statistical, expected.systematic),
            "share": np.full(len(low), inverse[name] / sum(inverse.values())),
        }
        parts.append(part)
        print(
            f"{name}: {np.sum(~hidden)} of {len(low)} windows counted, background {expected.background.min():.3g}"
            f" to {expected.background.max():.3g}, {part['share'][0]:.3f} of the sensitivity"
        )
    lines = provenance.header(
        "count_periods",
        label=windows.label,
        search=windows.header.get("search", ""),
        settings=search,
        tables=[windows],
        candidates=[*(path for _, path in files), *args.background],
    )
    write_table(args.output, {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, lines)


if __name__ == "__main__":
    run(main)
