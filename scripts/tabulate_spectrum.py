"""Candidates and the expected background of each component in bins of the observable: what a spectrum shows.

One row for each bin of the regions. The count of a bin that a blinded range touches stays empty.
"""

from __future__ import annotations

import numpy as np

from darkaon.command import Argv, grouped, parser, run
from darkaon.config.search import load_search
from darkaon.config.slots.background import Components
from darkaon.errors import InputError, located
from darkaon.statistics.numerics import overlaps
from darkaon.tables import provenance
from darkaon.tables.blocks import Candidates
from darkaon.tables.table import write_table
from darkaon.windows.blinding import blinded_ranges
from darkaon.windows.components import component_background, region_bins, total_events, weights
from darkaon.windows.grid import count_between
from darkaon.windows.hypotheses import hypotheses, load_candidates
from darkaon.windows.other_components import histograms, other_background

SLOTS = (
    "observable", "regions", "periods", "masses", "resolution", "window", "background", "blind", "simulation",
)  # fmt: skip


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(
        __doc__, "search", "name", "label", "candidates", "control", "background", "signal", output="spectrum.csv"
    )
    arguments.add_argument("--bin-width", required=True, type=float, help="in the unit of the observable")
    args = arguments.parse_args(argv)

    search = load_search(args.search, SLOTS)
    if not isinstance(search.background, Components) or not search.regions:
        raise InputError(
            f"{args.search}: a spectrum needs the slot 'regions' and background.kind: components",
            remedy="add them to the search's YAML",
        )
    grid = hypotheses(search, args.search, args.signal)
    components, regions = search.background.components, search.regions
    data = Candidates(args.candidates)
    simulated, controls = load_candidates(args.background, "component"), grouped("--control", args.control)
    low, high = region_bins(regions.values(), args.bin_width)
    with located(args.search):
        hidden = overlaps(low, high, blinded_ranges(search.blind, grid.windows))
        wanted = total_events(components, search.periods.values())
        weight = weights(simulated, components, wanted, regions) if components else np.empty(0)
        others = {
            name: other_background(name, other, controls, low, high).background
            for name, other in search.background.others.items()
        }
    columns = {"low": low, "high": high, "n_observed": np.where(hidden, np.nan, count_between(data, low, high))}
    for place, name in enumerate(components):
        own = np.where(simulated["component"] == place, weight, 0.0)
        columns[name] = component_background(simulated, own, components, low, high).background
    columns |= others
    lines = provenance.header(
        "tabulate_spectrum",
        label=args.label,
        search=args.name,
        settings=search,
        files=histograms(search.background),
        tables=grid.tables,
        candidates=[*args.candidates, *args.background, *args.signal, *(p for own in controls.values() for p in own)],
    )
    write_table(args.output, columns, lines)
    yields = ", ".join(f"{name} {columns[name].sum():.3g}" for name in (*components, *others))
    print(f"{len(low)} bins, {hidden.sum()} blinded; {np.nansum(columns['n_observed']):g} events; expected: {yields}")


if __name__ == "__main__":
    run(main)
