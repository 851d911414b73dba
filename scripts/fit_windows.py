"""Fits of signal and background together, in all windows of a peak search: limits on the total signal.

One row for each mass hypothesis: the order of the background's polynomial with the spurious signal that chose it, the
goodness of fit, the fitted signal, limits and significance, the part of the signal inside the window (the template's,
where the acceptance is not simulated). `counted` is not 0 where a window has to be counted instead; the header says
why. The uncertainty of the single event sensitivity and that of the resolution are part of the limits.
"""

from __future__ import annotations

import numpy as np

from darkaon.command import Argv, parser, run
from darkaon.config.search import load_search
from darkaon.errors import located
from darkaon.sensitivity.acceptance import least_uncertainty, window_efficiency
from darkaon.statistics.fit_model import Layout
from darkaon.statistics.fit_order import MOST_SPURIOUS, ORDERS
from darkaon.tables import provenance
from darkaon.tables.blocks import Candidates
from darkaon.tables.table import read_table, write_table
from darkaon.typing import Array
from darkaon.windows.blinding import blinded_ranges
from darkaon.windows.fits import REASONS, efficiency, fit_windows, lay_bins, shapes_of, templates
from darkaon.windows.hypotheses import hypotheses
from darkaon.windows.scans import sidebands_of, spectrum_of

SLOTS = ("observable", "regions", "masses", "resolution", "window", "background", "blind", "statistics")


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(
        __doc__, "search", "name", "label", "candidates", "signal", windows="windows.csv", output="fits.csv"
    )
    arguments.add_argument("--acceptance", help="acceptance.csv: its errors become the uncertainty of the signal")
    args = arguments.parse_args(argv)

    search = load_search(args.search, SLOTS, ("events",))
    statistics, slot = search.statistics, sidebands_of(search, args.search)
    grid = hypotheses(search, args.search, args.signal)
    windows, layout = grid.windows, Layout(slot.half_width_sigma, statistics.bins)
    counting = read_table(args.windows, required=("mass_MeV",))
    uncertainty, inside, tables = np.zeros(len(counting)), None, [counting, *grid.tables]
    if args.acceptance:
        acceptance = read_table(args.acceptance, required=("mass_MeV", "ses", "ses_error"))
        tables.append(acceptance)
        uncertainty = least_uncertainty(counting, acceptance, args.acceptance)
        if "window_efficiency" in acceptance.columns:  # not of an acceptance that is given
            inside = window_efficiency(counting, acceptance, args.acceptance)
    with located(args.search):
        shape = shapes_of(search, args.signal, grid.resolution)
        ranges = blinded_ranges(search.blind, windows)
        events = Candidates(args.candidates)
        smooth = spectrum_of(events, windows, slot, ranges)
        shapes = templates(windows, layout, shape, statistics.width_uncertainty)
        columns = fit_windows(
            events, lay_bins(windows, layout, slot.spectrum, ranges), smooth, shapes,
            level=statistics.level, signal_uncertainty=uncertainty, orders=ORDERS,
        )  # fmt: skip
    columns["efficiency"] = efficiency(windows, layout, shapes[0]) if inside is None else inside
    facts = _facts(columns, smooth.p_value)
    lines = provenance.header(
        "fit_windows",
        label=args.label,
        search=args.name,
        settings=search,
        tables=tables,
        candidates=[*args.candidates, *args.signal],
        level=statistics.level,
        signal="total",
        **facts,
    )
    write_table(args.output, {"mass_MeV": windows.mass_MeV, **columns}, lines)
    for key, value in facts.items():
        print(f"{key}: {value}")


def _facts(columns: dict[str, Array], p_value: float) -> dict[str, str]:
    """What a reader wants to know of the fits beside the table."""
    reasons = [f"{np.sum(columns['counted'] == code)} {REASONS[code]}" for code in range(len(REASONS))]
    orders = [f"{np.sum(columns['order'] == order)} of order {order}" for order in ORDERS]
    return {
        "counted": "; ".join(f"{code}: {text}" for code, text in enumerate(reasons)),
        "orders": ", ".join(orders) + f", by spurious signals below {MOST_SPURIOUS:g} of the uncertainty",
        "smooth_spectrum": f"p-value {p_value:.3g}",
    }


if __name__ == "__main__":
    run(main)
