"""CLs upper limits on the signal events in a slice of a search's windows.

The slice k/n holds every window whose row number is k modulo n; the result does not depend on the slicing.
The uncertainty of the single event sensitivity (normalisation and acceptance) is part of the limit; that of the
lifetime where it is least, so that limits on events do not depend on the lifetime. Where the count is blinded (an
empty n_observed) only the expected limits are set. With --periods the limits are those of the periods as separate
windows; the p-value and the significance stay those of their sum. A signal that raises its own background from the
sidebands by the part `leak` (windows.csv) has limits 1/(1 - leak) times as high.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkaon.command import parser, run, slice_of
from darkaon.config.search import load_search
from darkaon.errors import InputError
from darkaon.statistics.combination import combined_limit
from darkaon.statistics.limits import set_limits
from darkaon.statistics.treatments import TREATMENTS
from darkaon.tables import provenance
from darkaon.tables.masses import masses_of, rows_at
from darkaon.tables.table import Table, read_table, write_table
from darkaon.typing import LIMITS

SLOTS = ("statistics",)
PERIODS = ("mass_MeV", "n_observed", "background", "background_uncertainty", "share")
QUANTILES = {  # of the standard normal distribution
    "observed": None, "expected_m2": 0.022750132, "expected_m1": 0.158655254, "expected": 0.5,
    "expected_p1": 0.841344746, "expected_p2": 0.977249868,
}  # fmt: skip


def main(argv: Sequence[str] | None = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--search", required=True, help="the search's YAML")
    arguments.add_argument("--windows", required=True, help="windows.csv")
    arguments.add_argument("--acceptance", help="acceptance.csv: its errors become the uncertainty of the signal")
    arguments.add_argument("--periods", help="periods.csv: the same windows, period by period")
    arguments.add_argument("--chunk", default="0/1", help="slice k/n, k from 0 (default: %(default)s)")
    arguments.add_argument("--output", required=True, help="event_limits.csv")
    args = arguments.parse_args(argv)

    statistics = load_search(args.search, SLOTS).statistics
    table = read_table(args.windows, required=("mass_MeV", "n_observed", "background", "background_stat"))
    own = np.zeros(len(table), dtype=bool)
    own[slice_of(args.chunk)] = True
    rows = table.where(own)
    uncertainty = np.hypot(rows["background_stat"], rows["background_syst"])
    down = rows.columns.get("background_down")  # an asymmetric uncertainty: published counts alone have one
    tau = rows.columns.get("tau")  # of backgrounds that were counted in sidebands
    leak = rows.columns.get("leak", np.zeros(len(rows)))
    tables, signal_uncertainty = [table], np.zeros(len(rows))
    if args.acceptance:
        acceptance = read_table(args.acceptance, required=("mass_MeV", "ses", "ses_error"))
        tables.append(acceptance)
        relative = acceptance["ses_error"] / acceptance["ses"]
        least = np.full(len(table), np.inf)
        np.minimum.at(least, rows_at(table, acceptance, args.windows), relative)
        if np.any(np.isinf(least)):
            raise InputError(
                f"{args.acceptance}: no row at {table['mass_MeV'][np.argmax(least)]:g} MeV",
                remedy="make both tables from the same masses",
            )
        signal_uncertainty = least[own]
    found = {name: np.full(len(rows), np.nan) for name in (*LIMITS, "p_value", "significance")}
    blinded = np.isnan(rows["n_observed"])
    for part, counts in ((~blinded, rows["n_observed"][~blinded]), (blinded, None)):
        if np.any(part):
            limits = set_limits(
                counts,
                rows["background"][part],
                uncertainty[part],
                None if down is None else down[part],
                method=statistics.method,
                nuisance=statistics.nuisance,
                level=statistics.level,
                signal_uncertainty=signal_uncertainty[part],
                tau=None if tau is None else tau[part],
            ).corrected(leak[part])
            for name, values in found.items():
                values[part] = getattr(limits, name)
    if args.periods:
        if statistics.method != "hybrid" or statistics.nuisance != "gamma":
            raise InputError(
                f"{args.search}: statistics.periods: separate needs method hybrid and nuisance gamma",
                remedy="set statistics.method and nuisance, or periods to combined",
            )
        periods = read_table(args.periods, required=PERIODS, text=["period"])
        tables.append(periods)
        found |= separate(periods, rows["mass_MeV"], statistics.level, signal_uncertainty)
    columns = {
        **masses_of(rows),
        "n_observed": rows["n_observed"],
        "background": rows["background"],
        "background_uncertainty": uncertainty,
        **({} if down is None else {"background_uncertainty_down": down}),
        "leak": leak,
        **found,
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
        data_fraction=table.header.get("data_fraction", ""),
    )
    write_table(args.output, columns, lines)
    print(
        f"{len(rows)} of {len(table)} mass hypotheses, {np.sum(blinded)} blinded;"
        f" {statistics.method}, CL {statistics.level:g}"
    )
    if len(rows):
        expected, background = found["expected"], rows["background"]
        print(
            f"expected limits {expected.min():.3g} to {expected.max():.3g} signal events"
            f" on {background.min():.3g} to {background.max():.3g} background events"
        )


def separate(
    periods: Table, mass_MeV: np.ndarray, level: float, signal_uncertainty: np.ndarray
) -> dict[str, np.ndarray]:
    """Limits on the signal events of all periods together, from their windows side by side."""
    found = {name: np.full(len(mass_MeV), np.nan) for name in QUANTILES}
    for i, mass in enumerate(mass_MeV):
        own = periods.where(periods["mass_MeV"] == mass)
        windows = [own[name] for name in PERIODS[1:]]
        for name, quantile in QUANTILES.items():
            if quantile is not None or not np.isnan(own["n_observed"]).any():
                found[name][i] = combined_limit(
                    *windows, level=level, signal_uncertainty=signal_uncertainty[i], quantile=quantile
                )
    return found


if __name__ == "__main__":
    run(main)
