"""CLs upper limits on the signal events in a slice of a search's windows.

The slice k/n holds every window whose row number is k modulo n; the result does not depend on the slicing.
The uncertainty of the single event sensitivity (normalisation and acceptance) is part of the limit; that of the
lifetime where it is least, so that limits on events do not depend on the lifetime. Where the count is blinded (an
empty n_observed) only the expected limits are set. With --periods the limits are those of the periods as separate
windows; the p-value and the significance stay those of their sum. A signal that raises its own background from the
sidebands by the part `leak` (windows.csv) has limits 1/(1 - leak) times as high.

Method fit takes the limits from the table of fits, on all signal; those of the windows that it leaves to be counted
are divided by the window's efficiency, so that all are of the same.
"""

from __future__ import annotations

import argparse

import numpy as np

from darkaon.command import Argv, parser, run, slice_of
from darkaon.config.search import load_search
from darkaon.config.slots.statistics import Statistics
from darkaon.errors import InputError, located
from darkaon.sensitivity.acceptance import least_uncertainty
from darkaon.statistics.combination import windows_from
from darkaon.statistics.treatments import TREATMENTS
from darkaon.statistics.windows_table import combined_limits, table_limits
from darkaon.tables import provenance
from darkaon.tables.masses import masses_of, rows_at
from darkaon.tables.table import Table, read_table, write_table
from darkaon.typing import LIMITS, Array, Mask

SLOTS = ("statistics",)
WINDOWS = ("mass_MeV", "n_observed", "background", "background_stat", "background_syst")
PERIODS = ("mass_MeV", "n_observed", "background", "background_uncertainty", "share")
FITTED = ("order", "spurious", "goodness", "counted")  # what is said of each fit beside its limits


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    args = parse(argv)
    statistics = load_search(args.search, SLOTS, ("events", "counts")).statistics
    table = read_table(args.windows, required=WINDOWS)
    own = np.zeros(len(table), dtype=bool)
    own[slice_of(args.chunk)] = True
    rows = table.where(own)
    uncertainty = np.hypot(rows["background_stat"], rows["background_syst"])
    down = rows.columns.get("background_down")  # an asymmetric uncertainty: published counts alone have one
    leak = rows.columns.get("leak", np.zeros(len(rows)))
    tables, signal_uncertainty = [table], np.zeros(len(rows))
    if args.acceptance:
        acceptance = read_table(args.acceptance, required=("mass_MeV", "ses", "ses_error"))
        tables.append(acceptance)
        signal_uncertainty = least_uncertainty(table, acceptance, args.acceptance)[own]
    counted = {"n_observed": rows["n_observed"], "background": rows["background"], "uncertainty": uncertainty}
    limits = table_limits(
        counted | {"uncertainty_down": down, "signal_uncertainty": signal_uncertainty},
        method=statistics.counting,
        nuisance=statistics.nuisance,
        level=statistics.level,
        tau=rows.columns.get("tau"),  # of backgrounds that were counted in sidebands
    )
    found = limits.corrected(leak).columns()
    blinded = np.isnan(rows["n_observed"])
    if args.periods:
        _check_separate(args.search, statistics)
        periods = read_table(args.periods, required=PERIODS, text=["period"])
        tables.append(periods)
        with located(args.periods):
            found |= separate(periods, rows["mass_MeV"], signal_uncertainty, statistics)
    fitted: dict[str, Array] = {}
    if statistics.method == "fit":
        if not args.fits:
            raise InputError(
                f"{args.search}: statistics.method: fit needs --fits", remedy="give that of fit_windows.py"
            )
        fits = read_table(args.fits, required=("mass_MeV", "efficiency", *FITTED, *found))
        tables.append(fits)
        fits = fits.where(rows_at(fits, rows, args.fits))
        fitted = {name: fits[name] for name in FITTED}
        found = total_signal(found, fits)
    columns = {
        **masses_of(rows),
        "n_observed": rows["n_observed"],
        "background": rows["background"],
        "background_uncertainty": uncertainty,
        **({} if down is None else {"background_uncertainty_down": down}),
        "leak": leak,
        **found,
        **fitted,
    }
    for name in statistics.also:
        columns[f"observed_{name}"] = np.full(len(rows), np.nan)
        if not np.all(blinded):
            columns[f"observed_{name}"][~blinded] = TREATMENTS[name](
                rows["n_observed"][~blinded], statistics.level, signal_uncertainty[~blinded]
            )
    lines = provenance.header(
        "compute_limits",
        label=table.label,
        search=table.header.get("search", ""),
        settings=statistics.model_dump(mode="json"),
        tables=tables,
        level=statistics.level,
        signal="total" if fitted else "inside",
        data_fraction=table.header.get("data_fraction", ""),
    )
    write_table(args.output, columns, lines)
    describe(table, found, blinded, statistics)


def parse(argv: Argv) -> argparse.Namespace:
    """The arguments."""
    arguments = parser(__doc__, "search", "chunk", windows="windows.csv", output="event_limits.csv")
    arguments.add_argument("--acceptance", help="acceptance.csv: its errors become the uncertainty of the signal")
    arguments.add_argument("--periods", help="periods.csv: the same windows, period by period")
    arguments.add_argument("--fits", help="fits.csv of fit_windows.py: method fit")
    return arguments.parse_args(argv)


def describe(table: Table, found: dict[str, Array], blinded: Mask, statistics: Statistics) -> None:
    """Print how many windows there are, and their expected limits."""
    size, expected = len(blinded), found["expected"]
    print(
        f"{size} of {len(table)} mass hypotheses, {np.sum(blinded)} blinded;"
        f" {statistics.method}, CL {statistics.level:g}"
    )
    if size:
        print(f"expected limits {expected.min():.3g} to {expected.max():.3g} signal events")


def total_signal(counting: dict[str, Array], fits: Table) -> dict[str, Array]:
    """Limits on all signal: of the fits, and where a window is counted those of counting over its efficiency."""
    counted = fits["counted"] > 0
    return {
        name: np.where(counted, values / (fits["efficiency"] if name in LIMITS else 1.0), fits[name])
        for name, values in counting.items()
    }


def _check_separate(source: str, statistics: Statistics) -> None:
    if statistics.method != "hybrid" or statistics.nuisance != "gamma":
        raise InputError(
            f"{source}: statistics.periods: separate needs method hybrid and nuisance gamma",
            remedy="set statistics.method and nuisance, or periods to added",
        )


def separate(periods: Table, mass_MeV: Array, signal_uncertainty: Array, statistics: Statistics) -> dict[str, Array]:
    """Limits on the signal events of all periods together, from their windows side by side."""
    found, correlated = {name: np.full(len(mass_MeV), np.nan) for name in LIMITS}, statistics.correlated.periods
    for i, mass in enumerate(mass_MeV):
        rows = periods.where(periods["mass_MeV"] == mass)
        blinded = bool(np.isnan(rows["n_observed"]).any())
        b, sigma, ses = rows["background"], rows["background_uncertainty"], signal_uncertainty[i]
        shared = "background" in correlated
        windows = windows_from(
            None if blinded else rows["n_observed"],
            b,
            0.0 if shared else sigma,
            correlated=sigma / np.where(b > 0, b, 1.0) if shared else 0.0,
            signal_uncertainty=0.0 if "ses" in correlated else ses,
            common_signal_uncertainty=ses if "ses" in correlated else 0.0,
        )
        limits = combined_limits(windows, rows["share"], statistics.level)
        for name, values in found.items():
            values[i] = getattr(limits, name)[0]
    return found


if __name__ == "__main__":
    run(main)
