"""What every method makes of a search's windows: the same counts, other limits.

One row for each mass hypothesis, one column for each method's observed limit on signal events, and a plain
sentence on how far asymptotic formulae are from the exact method. Where the local significance of the count is above
3, the unified interval of Feldman and Cousins stands beside them.

With --fits the limits on all signal, in the window or not: `fit` and, divided by the window's efficiency, `counted`,
observed and expected.
"""

from __future__ import annotations

import numpy as np

from darkaon.command import Argv, parser, run
from darkaon.config.search import load_search
from darkaon.statistics.limits import RATIO_METHODS, set_limits
from darkaon.statistics.unified import unified_intervals
from darkaon.tables import provenance
from darkaon.tables.masses import masses_of, rows_at
from darkaon.tables.table import Table, read_table, write_table
from darkaon.typing import Array, Mask

SLOTS = ("statistics",)
COUNTS = ("n_observed", "background", "background_uncertainty")
EXCESS = 3.0
"""Local significance above which an interval says more than a limit."""
COMPARED = ("hybrid", "known", "profile", "asymptotic")


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__, "search", limits="event_limits.csv", output="methods.csv")
    arguments.add_argument("--fits", help="fits.csv of fit_windows.py, for a peak search")
    args = arguments.parse_args(argv)

    statistics = load_search(args.search, SLOTS, ("events", "counts")).statistics
    table = read_table(args.limits, required=("mass_MeV", *COUNTS))
    columns = masses_of(table) | {name: table[name] for name in COUNTS}
    down = table.columns.get("background_uncertainty_down")  # of an asymmetric one, which hybrid alone can carry
    seen = ~np.isnan(table["n_observed"])  # the others are blinded
    leak = table.columns.get("leak", np.zeros(len(table)))[seen]
    for method in COMPARED:
        columns[method] = np.full(len(table), np.nan)
        known = method not in RATIO_METHODS or statistics.nuisance != "lognormal"
        if np.any(seen) and known:
            n, b, sigma = (columns[name][seen] for name in COUNTS)
            lower = down[seen] if down is not None and method == "hybrid" else None
            limits = set_limits(
                n, b, sigma, lower, method=method, nuisance=statistics.nuisance, level=statistics.level
            ).corrected(leak)
            columns[method][seen] = limits.observed
            if method == "hybrid":
                median, significance = limits.expected, limits.significance
    tables, facts = [table], {}
    if np.any(seen):
        columns |= intervals(columns, seen, significance, leak, statistics.level)
    if args.fits and np.any(seen):
        fits = read_table(args.fits, required=("mass_MeV", "efficiency", "observed", "expected", "counted"))
        tables.append(fits)
        beside, facts["fit"] = fitted(fits.where(rows_at(fits, table, args.fits)), columns["hybrid"], median, seen)
        columns |= beside
        print(facts["fit"])
    sentence = "All windows are blinded: there is nothing to compare."
    if np.any(seen):
        sentence = verdict(columns["asymptotic"][seen] / columns["hybrid"][seen], columns["n_observed"][seen])
    print(sentence)
    lines = provenance.header(
        "compare_methods",
        label=table.label,
        search=table.header.get("search", ""),
        settings=statistics.model_dump(mode="json"),
        tables=tables,
        verdict=sentence,
        **facts,
    )
    write_table(args.output, columns, lines)


def intervals(
    columns: dict[str, Array], seen: Mask, significance: Array, leak: Array, level: float
) -> dict[str, Array]:
    """Ends of the unified interval on the signal in the window where there is an excess, NaN elsewhere."""
    ends = {name: np.full(len(seen), np.nan) for name in ("unified_low", "unified_high")}
    place = np.flatnonzero(seen)[significance > EXCESS]
    if place.size:
        n, b, sigma = (columns[name][place] for name in COUNTS)
        for name, values in zip(ends, unified_intervals(n, b, sigma, level=level), strict=True):
            ends[name][place] = values / (1.0 - leak[significance > EXCESS])
    return ends


def fitted(fits: Table, observed: Array, median: Array, seen: Mask) -> tuple[dict[str, Array], str]:
    """Limits on all signal of the fit and of counting (`observed` of all windows, `median` of the seen)."""
    expected = np.full(len(seen), np.nan)
    expected[seen] = median
    columns = {
        "counted": observed / fits["efficiency"],
        "counted_expected": expected / fits["efficiency"],
        "fit": fits["observed"],
        "fit_expected": fits["expected"],
    }
    ratio = columns["fit_expected"] / columns["counted_expected"]
    done = np.isfinite(ratio)
    if not np.any(done):
        return columns, "No window can be fitted: all are counted."
    return columns, (
        f"The expected limit of the fit is {np.median(ratio[done]):.3f} of that of counting (median of {done.sum()} "
        f"windows, {ratio[done].min():.3f} to {ratio[done].max():.3f}); {np.sum(fits['counted'] > 0)} are counted."
    )


def verdict(ratio: Array, counts: Array) -> str:
    """A sentence on asymptotic / hybrid, which the reader of a limit should know."""
    if np.all(np.isnan(ratio)):
        return "Asymptotic formulae know no log-normal background: they are not compared."
    worst = int(np.argmax(np.abs(ratio - 1)))
    off = np.abs(ratio - 1) > 0.05
    if not np.any(off):
        return f"Asymptotic formulae agree with the exact hybrid limits to {100 * abs(ratio[worst] - 1):.1f} %."
    return (
        f"Asymptotic formulae are off by more than 5 % in {int(off.sum())} of {len(ratio)} windows; worst "
        f"{100 * (ratio[worst] - 1):+.0f} % where {counts[worst]:.0f} are counted: do not use them here."
    )


if __name__ == "__main__":
    run(main)
