"""Input level counts: published numbers of events as windows, and the acceptance and sensitivity that go with them.

One window for all masses or one for each, as the search says: the numbers of all periods added.

    python scripts/count_windows.py --search config/searches/na62_pi0_invisible.yaml --name na62_pi0_invisible \
        --windows windows.csv --acceptance acceptance.csv
"""

from __future__ import annotations

import numpy as np

from darkaon.command import Argv, parser, run
from darkaon.config.search import Search, load_search
from darkaon.config.slots.acceptance import TabulatedAcceptance
from darkaon.config.slots.masses import Listed, Plane, Steps
from darkaon.config.slots.windows import BoxWindow, ConstantResolution
from darkaon.errors import located
from darkaon.sensitivity.counted import given_columns, unit_sensitivity
from darkaon.tables import provenance
from darkaon.tables.masses import MASSES
from darkaon.tables.table import read_table, write_table
from darkaon.typing import Array
from darkaon.windows.counts import COLUMNS, Total, counted_label, total
from darkaon.windows.grid import given_masses, plane_masses

SLOTS = ("counts", "masses", "resolution", "window", "normalisation", "acceptance", "lifetime", "statistics")


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(
        __doc__, "search", "name", windows="windows.csv to write", acceptance="acceptance.csv to write"
    )
    arguments.add_argument("--simulated", help="table of simulate_acceptance.py: acceptance.kind selection")
    args = arguments.parse_args(argv)

    search = load_search(args.search, SLOTS, ("counts",))
    slot = search.acceptance
    path = slot.path if isinstance(slot, TabulatedAcceptance) else None
    table = read_table(path or args.simulated, ("mass_MeV", "acceptance")) if path or args.simulated else None
    tables = {name: read_table(p.path, required=COLUMNS) for name, p in search.counts.items() if p.path}
    masses = _hypotheses(search)
    with located(args.search):
        counted = total(search.counts, masses["mass_MeV"], tables, search.statistics.correlated.periods)
        windows = _windows(search, counted, masses)
        acceptance = given_columns(search, masses, table, unit_sensitivity(search, counted))
    files = [*([path] if path else []), *(p.path for p in search.counts.values() if p.path)]
    label = counted_label(search.counts) + (", simulated acceptance" if args.simulated else "")
    lines = provenance.header(
        "count_windows",
        label=label,
        search=args.name,
        settings=search,
        files=files,
        tables=[table] if table else [],
    )
    write_table(args.windows, windows, lines)
    write_table(args.acceptance, acceptance, lines)
    print(
        f"{len(search.counts)} periods, {len(windows['mass_MeV'])} masses: {_range(counted.observed)} observed, "
        f"{_range(counted.background)} +{_range(counted.up)} -{_range(counted.down)} expected; "
        f"acceptance {acceptance['acceptance'].max():.4g} at best"
    )


def _range(values: Array) -> str:
    """Least and largest of the numbers, or the one that all are."""
    return " to ".join(f"{value:.3g}" for value in np.unique([values.min(), values.max()]))


def _hypotheses(search: Search) -> dict[str, Array]:
    slot = search.masses
    if isinstance(slot, Plane):
        return dict(zip(MASSES, plane_masses(slot), strict=True))
    assert isinstance(slot, Steps | Listed)  # the other kinds of this input level
    return {"mass_MeV": given_masses(slot)}


def _windows(search: Search, counted: Total, masses: dict[str, Array]) -> dict[str, Array]:
    """One row a mass; background_stat is the upward uncertainty where there is a background_down."""
    box, resolution = search.window, search.resolution
    values: dict[str, Array | float] = {
        "resolution": resolution.value if isinstance(resolution, ConstantResolution) else np.nan,
        "low": box.low if isinstance(box, BoxWindow) else np.nan,
        "high": box.high if isinstance(box, BoxWindow) else np.nan,
        "n_observed": counted.observed,
        "background": counted.background,
        "background_stat": counted.up,
        "background_syst": 0.0,
    }
    if counted.asymmetric:
        values["background_down"] = counted.down
    shape = masses["mass_MeV"].shape
    return masses | {name: np.broadcast_to(value, shape) for name, value in values.items()}


if __name__ == "__main__":
    run(main)
