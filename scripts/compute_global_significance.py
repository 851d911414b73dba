"""The look-elsewhere effect: what a local significance in one of a search's windows is worth.

Reads all slices of pseudo-experiments. One row for the largest excess observed and one for each of 3, 3.5 and 4
standard deviations; for the statistical uncertainty of the background alone, with the closed form at the spacing of
the hypotheses beside it, and for the total one (with the difference of the alternative polynomials). The local
significance is that of `hybrid` with a gamma distribution. Of a search that fits its windows one more row each: an
upper estimate in closed form, since a fit's significance is smooth.

With --p-values also a row for each mass hypothesis: its local p-value, and what that is worth in the whole scan.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from darkaon.command import Argv, parser, run
from darkaon.config.search import Search, load_search
from darkaon.config.slots.background import Sidebands
from darkaon.config.slots.windows import SymmetricWindow
from darkaon.errors import InputError
from darkaon.statistics.fit_model import Layout
from darkaon.statistics.global_p import box_global_p, box_roughness, fit_global_p, fit_roughness
from darkaon.statistics.look_elsewhere import RESULT, global_p, local_p
from darkaon.tables import provenance
from darkaon.tables.table import Table, read_table, write_table
from darkaon.typing import Array

SLOTS = ("window", "background", "statistics")
LOCAL = (3.0, 3.5, 4.0)
UNCERTAINTIES = {"statistical": "stat", "total": "total"}
ENOUGH = 10
"""Pseudo-experiments that reach a significance, from which their number is taken for the global p-value."""


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(
        __doc__, "search", windows="windows.csv", limits="event_limits.csv", output="global_significance.csv"
    )
    arguments.add_argument("--toys", required=True, nargs="+", help="all slices made by simulate_scans.py")
    arguments.add_argument("--seed", type=int, default=0, help="of the slices, for the header (%(default)s)")
    arguments.add_argument("--p-values", help="p_values.csv")
    args = arguments.parse_args(argv)

    search = load_search(args.search, SLOTS, ("events",))
    table = read_table(
        args.windows,
        required=(
            "mass_MeV", "resolution", "low", "high", "n_observed", "background", "background_stat", "background_syst",
            "tau",
        ),
    )  # fmt: skip
    limits = read_table(args.limits, required=("mass_MeV", "p_value", "significance"))
    toys = np.concatenate([_load(path) for path in args.toys])
    if not len(toys):
        raise InputError("--toys: the slices hold no pseudo-experiment", remedy="raise toys in config/config.yaml")
    scan = Scan(search, args.search, table, limits)
    rows = [row for name, kind in UNCERTAINTIES.items() for row in _rows(name, kind, table, toys, scan)]
    if scan.fitted:
        rows += _fit_rows(limits, scan)
    columns = {name: [row[name] for row in rows] for name in rows[0]}

    def header(**facts: Any) -> dict[str, Any]:
        return provenance.header(
            "compute_global_significance",
            label=table.label,
            search=table.header.get("search", ""),
            tables=[table, limits],
            seed=args.seed,
            pseudo_experiments=len(toys),
            **facts,
        )

    write_table(
        args.output,
        columns,
        header(expectation="smooth fit to the candidates, fluctuated as a whole; sidebands refitted in each"),
    )
    for row in rows:
        print(
            f"{row['background_uncertainty']:12s} {row['kind']:10s} local {row['local_significance']:.2f} sigma: "
            f"global p {row['p_global']:.4f} +- {row['p_global_error']:.4f}, closed form {row['closed_form']:.4f}"
        )
    if args.p_values:
        found, how = _p_values(limits, scan, np.asarray(toys["max_z_total"]))
        write_table(args.p_values, found, header(p_global=how))


class Scan:
    """What the closed forms need of a scan: steps between its hypotheses and how rough its significance is."""

    def __init__(self, search: Search, path: str, windows: Table, limits: Table) -> None:
        """Take the slots of `search` (of the YAML `path`), its windows and its limits on events."""
        window, background = search.window, search.background
        if not isinstance(window, SymmetricWindow) or not isinstance(background, Sidebands):
            raise InputError(f"{path}: background.kind: only a peak search is a scan", remedy="leave it out")
        middle, sigma = 0.5 * (windows["low"] + windows["high"]), windows["resolution"]
        self.steps: Array = 2.0 * np.diff(middle) / (sigma[1:] + sigma[:-1])
        self.roughness = box_roughness(window.half_width_sigma, background.half_width_sigma, background.order)
        self.fitted = search.statistics.method == "fit"
        if self.fitted:
            layout = Layout(background.half_width_sigma)
            each = np.maximum(limits["order"], 1.0)
            rough = {order: fit_roughness(layout, int(order)) for order in np.unique(each)}
            own = np.array([rough[order] for order in each])
            self.fit_roughness: Array = np.maximum(own[1:], own[:-1])

    def counted(self, z: Array) -> Array:
        """Global p-values of counting."""
        return box_global_p(z, self.steps, self.roughness)

    def fit(self, z: Array) -> Array:
        """Those of fits, from above."""
        return fit_global_p(z, self.steps, self.fit_roughness)


def _p_values(limits: Table, scan: Scan, largest: Array) -> tuple[dict[str, Array], str]:
    """Local and global p-values of each hypothesis, and a sentence on the latter."""
    z = limits["significance"]
    known, p_global = np.isfinite(z), np.full(len(z), np.nan)
    if scan.fitted:
        p_global[known] = scan.fit(z[known])
        how = "upper estimate in closed form (Rice)"
    else:
        part, _ = global_p(largest, z[known])
        p_global[known] = np.where(part * len(largest) >= ENOUGH, part, scan.counted(z[known]))
        how = f"pseudo-experiments with the total uncertainty, in closed form below {ENOUGH} of them"
    columns = {"mass_MeV": limits["mass_MeV"], "significance": z, "p_local": limits["p_value"], "p_global": p_global}
    return columns, how


def _fit_rows(limits: Table, scan: Scan) -> list[dict[str, Any]]:
    """The largest significance of the fits, and the thresholds, in closed form alone."""
    asked = _asked(limits, limits["significance"])
    closed, unknown = scan.fit(asked["local_significance"]), np.full(len(asked["kind"]), np.nan)
    return _as_rows("fit", asked, unknown, unknown, -special.ndtri(closed), closed)


def _asked(table: Table, z: Array) -> dict[str, Any]:
    """The largest of the significances `z` of a table's rows, if there is one, and the thresholds."""
    best = [int(np.nanargmax(z))] if np.any(~np.isnan(z)) else []
    return {
        "kind": ["observed"] * len(best) + ["threshold"] * len(LOCAL),
        "mass_MeV": np.append(table["mass_MeV"][best], np.full(len(LOCAL), np.nan)),
        "local_significance": np.append(z[best], LOCAL),
    }


def _as_rows(
    name: str, asked: dict[str, Any], p: Array, error: Array, z: Array, closed: Array
) -> list[dict[str, Any]]:
    columns = {
        "background_uncertainty": [name] * len(p),
        **asked,
        "p_local": special.ndtr(-asked["local_significance"]),
        "p_global": p,
        "p_global_error": error,
        "global_significance": z,
        "closed_form": closed,
    }
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _load(path: str) -> np.ndarray:
    try:
        toys = np.load(path)
    except (OSError, ValueError, EOFError):
        toys = None
    if toys is None or toys.dtype != RESULT:
        raise InputError(f"{path}: holds no pseudo-experiments", remedy="make it with simulate_scans.py")
    return toys


def _rows(name: str, kind: str, table: Table, toys: np.ndarray, scan: Scan) -> list[dict[str, Any]]:
    seen = table.where(~np.isnan(table["n_observed"]))
    stat = seen["background_stat"]
    sigma = stat if kind == "stat" else np.hypot(stat, seen["background_syst"])
    asked = _asked(seen, -special.ndtri(local_p(seen["n_observed"], seen["background"], sigma, seen["tau"])))
    z = asked["local_significance"]
    p, error = global_p(toys[f"max_z_{kind}"], z)
    global_z = -special.ndtri(np.clip(p, 1.0 / len(toys), 1.0 - 1.0 / len(toys)))
    closed = scan.counted(z) if kind == "stat" else np.full(len(z), np.nan)
    return _as_rows(name, asked, p, error, global_z, closed)


if __name__ == "__main__":
    run(main)
