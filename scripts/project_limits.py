"""Expected limits on the branching ratio if a search had more data of the same kind.

Backgrounds grow with the factor on the data, their statistical errors with its square root, their systematic ones
with the factor: relative to the background these stay as they are, and so does the relative error of the
sensitivity (that of the lifetime where it is least, as for the limits). 1/SES grows with the factor. Nothing is
observed, so there is no observed limit.

A search that is known by its published limits alone has no windows and is not projected: without the background
nobody knows between 1/factor and 1/sqrt(factor).
"""

from __future__ import annotations

import numpy as np

from darkaon.command import Argv, parser, run
from darkaon.config.search import load_search
from darkaon.config.slots.lifetime import law_header
from darkaon.errors import InputError
from darkaon.sensitivity.acceptance import least_uncertainty
from darkaon.statistics.limits import set_limits
from darkaon.tables import provenance
from darkaon.tables.masses import masses_of, rows_at
from darkaon.tables.table import read_table, write_table
from darkaon.typing import BANDS

SLOTS = ("process", "final_state", "lifetime", "statistics")


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(
        __doc__, "search", windows="windows.csv", acceptance="acceptance.csv", output="as branching_limits.csv"
    )
    arguments.add_argument("--factor", required=True, type=float, help="on the data")
    args = arguments.parse_args(argv)
    if not args.factor > 0:
        raise InputError("--factor: must be above 0", remedy="give 10 for ten times the data")

    search = load_search(args.search, SLOTS, ("events", "counts"))
    windows = read_table(args.windows, required=("mass_MeV", "background", "background_stat", "background_syst"))
    acceptance = read_table(args.acceptance, required=("lifetime_ns", "mass_MeV", "ses", "ses_error"))
    row = rows_at(windows, acceptance, args.windows)
    if len(np.unique(row)) < len(windows):
        raise InputError(
            f"{args.acceptance}: its masses are not those of {args.windows}", remedy="give tables of one run"
        )
    stat, syst = (windows[f"background_{name}"] for name in ("stat", "syst"))
    down = windows.columns.get("background_down")
    limits = set_limits(
        None,
        args.factor * windows["background"],
        np.hypot(np.sqrt(args.factor) * stat, args.factor * syst),
        None if down is None else np.sqrt(args.factor) * down,
        method=search.statistics.counting,
        nuisance=search.statistics.nuisance,
        level=search.statistics.level,
        signal_uncertainty=least_uncertainty(windows, acceptance, args.acceptance),
    ).corrected(windows.columns.get("leak", np.zeros(len(windows))))
    columns = {"lifetime_ns": acceptance["lifetime_ns"], **masses_of(acceptance)}
    columns |= {name: getattr(limits, name)[row] * acceptance["ses"] / args.factor for name in BANDS}
    lines = provenance.header(
        "project_limits",
        label=f"projection x{args.factor:g}",
        search=windows.header.get("search", ""),
        settings=search.statistics.model_dump(mode="json"),
        tables=[windows, acceptance],
        process=search.process,
        final_state=search.final_state,
        lifetime_law=search.lifetime.kind,
        **law_header(search.lifetime),
        level=search.statistics.level,
        projected_from=windows.label,
    )
    write_table(args.output, columns, lines)
    best = np.argmin(columns["expected"])
    mass, lifetime, expected = (columns[name][best] for name in ("mass_MeV", "lifetime_ns", "expected"))
    print(
        f"{args.factor:g} x the data, {len(windows)} masses: smallest expected limit {expected:.3g}"
        f" at {mass:g} MeV, {lifetime:g} ns"
    )


if __name__ == "__main__":
    run(main)
