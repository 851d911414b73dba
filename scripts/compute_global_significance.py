"""The look-elsewhere effect: what a local significance in one of a search's windows is worth.

Reads all slices of pseudo-experiments. One row for the largest excess observed and one for each of 3, 3.5 and 4
standard deviations; for the statistical uncertainty of the background alone, and for the total one (with the
difference of the alternative polynomials). The local significance is that of `hybrid` with a gamma distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import special

from darkaon.command import parser, run
from darkaon.errors import InputError
from darkaon.statistics.look_elsewhere import RESULT, global_p, gross_vitells, local_p
from darkaon.tables import provenance
from darkaon.tables.table import Table, read_table, write_table

LOCAL = (3.0, 3.5, 4.0)
UNCERTAINTIES = {"statistical": "stat", "total": "total"}


def main(argv: Sequence[str] | None = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--windows", required=True, help="windows.csv")
    arguments.add_argument("--toys", required=True, nargs="+", help="all slices made by simulate_scans.py")
    arguments.add_argument("--seed", type=int, default=0, help="of the slices, for the header (%(default)s)")
    arguments.add_argument("--output", required=True, help="global_significance.csv")
    args = arguments.parse_args(argv)

    table = read_table(
        args.windows,
        required=("mass_MeV", "n_observed", "background", "background_stat", "background_syst", "tau"),
    )
    toys = np.concatenate([_load(path) for path in args.toys])
    if not len(toys):
        raise InputError("--toys: the slices hold no pseudo-experiment", remedy="raise toys in config/config.yaml")
    rows = [row for name, kind in UNCERTAINTIES.items() for row in _rows(name, kind, table, toys)]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    lines = provenance.header(
        "compute_global_significance",
        label=table.label,
        search=table.header.get("search", ""),
        tables=[table],
        seed=args.seed,
        pseudo_experiments=len(toys),
        expectation="smooth fit to the candidates, fluctuated as a whole; sidebands refitted in each",
    )
    write_table(args.output, columns, lines)
    for row in rows:
        print(
            f"{row['background_uncertainty']:12s} {row['kind']:10s} local {row['local_significance']:.2f} sigma: "
            f"global p {row['p_global']:.4f} +- {row['p_global_error']:.4f}, Gross-Vitells {row['gross_vitells']:.4f}"
        )


def _load(path: str) -> np.ndarray:
    try:
        toys = np.load(path)
    except (OSError, ValueError, EOFError):
        toys = None
    if toys is None or toys.dtype != RESULT:
        raise InputError(f"{path}: holds no pseudo-experiments", remedy="make it with simulate_scans.py")
    return toys


def _rows(name: str, kind: str, table: Table, toys: np.ndarray) -> list[dict[str, Any]]:
    seen = table.where(~np.isnan(table["n_observed"]))
    stat = seen["background_stat"]
    sigma = stat if kind == "stat" else np.hypot(stat, seen["background_syst"])
    z, mass, kinds = np.array(LOCAL), [np.nan] * len(LOCAL), ["threshold"] * len(LOCAL)
    if len(seen):
        local = -special.ndtri(local_p(seen["n_observed"], seen["background"], sigma, seen["tau"]))
        best = int(np.argmax(local))
        z, mass = np.append(local[best], z), [seen["mass_MeV"][best], *mass]
        kinds = ["observed", *kinds]
    p, error = global_p(toys[f"max_z_{kind}"], z)
    bound = gross_vitells(float(toys[f"upcrossings_{kind}"].mean()), z)
    columns = {
        "background_uncertainty": [name] * len(z),
        "kind": kinds,
        "mass_MeV": mass,
        "local_significance": z,
        "p_local": special.ndtr(-z),
        "p_global": p,
        "p_global_error": error,
        "global_significance": -special.ndtri(np.clip(p, 1.0 / len(toys), 1.0 - 1.0 / len(toys))),
        "gross_vitells": bound,
    }
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


if __name__ == "__main__":
    run(main)
