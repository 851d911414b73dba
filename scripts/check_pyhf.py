"""Compare darkaon with pyhf in a few windows of a search: `asymptotic` must agree, `profile` is beside it.

Reads the exported workspace and patch set with pyhf alone. Takes about a second for each window.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from darkaon.command import Argv, parser, run
from darkaon.config.search import load_search
from darkaon.errors import InputError
from darkaon.statistics.limits import set_limits
from darkaon.statistics.pyhf_workspace import DOWN, limits, patch_name
from darkaon.tables import provenance
from darkaon.tables.table import read_table, write_table
from darkaon.typing import LIMITS

SLOTS = ("statistics",)
TOLERANCE = 1e-3


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(
        __doc__,
        "search",
        limits="event_limits.csv",
        workspace="workspace.json",
        patchset="patchset.json",
        output="pyhf.csv",
    )
    arguments.add_argument("--windows", type=int, default=5, help="how many, evenly spread (default: %(default)s)")
    args = arguments.parse_args(argv)

    statistics = load_search(args.search, SLOTS, ("events", "counts")).statistics
    if statistics.nuisance == "lognormal":
        raise InputError(
            f"{args.search}: statistics.nuisance: asymptotic has no lognormal", remedy="choose gamma or gauss"
        )
    table = read_table(args.limits, required=("mass_MeV", "n_observed", "background", "background_uncertainty"))
    if DOWN in table.columns:
        raise InputError(
            f"{args.limits}: has an asymmetric uncertainty, which asymptotic does not know",
            remedy="leave uncertainty_down out",
        )
    open_ = np.flatnonzero(~np.isnan(table["n_observed"]))
    chosen = np.unique(open_[np.linspace(0, len(open_) - 1, max(args.windows, 1)).round().astype(int)])
    rows = table.where(np.isin(np.arange(len(table)), chosen))
    names = [patch_name(mass) for mass in rows["mass_MeV"]]
    theirs = limits(_read(args.workspace), _read(args.patchset), names, statistics.level)
    leak = rows.columns.get("leak", np.zeros(len(rows)))
    counted = rows["n_observed"], rows["background"], rows["background_uncertainty"]
    ours, profile = (
        set_limits(*counted, method=method, level=statistics.level, nuisance=statistics.nuisance).corrected(leak)
        for method in ("asymptotic", "profile")
    )
    difference = np.max([np.abs(getattr(ours, name) / theirs[name] - 1) for name in LIMITS], axis=0)
    columns = {
        **{name: rows[name] for name in ("mass_MeV", "n_observed", "background", "background_uncertainty")},
        "pyhf": theirs["observed"],
        "asymptotic": ours.observed,
        "largest_difference": difference,  # of observed and five expected limits
        "profile": profile.observed,
    }
    message = (
        f"asymptotic and pyhf agree to {difference.max():.1e} in {len(names)} windows, observed and expected; "
        f"profile / pyhf {np.min(columns['profile'] / columns['pyhf']):.3f} to "
        f"{np.max(columns['profile'] / columns['pyhf']):.3f}"
    )
    lines = provenance.header(
        "check_pyhf", label=table.label, search=table.header.get("search", ""), tables=[table], verdict=message
    )
    write_table(args.output, columns, lines)
    print(message)
    if difference.max() > TOLERANCE:
        raise InputError(f"{args.output}: asymptotic and pyhf differ by more than {TOLERANCE}", remedy="report it")


def _read(path: str) -> dict[str, Any]:
    try:
        return dict(json.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be read as JSON ({error})", remedy="make it with export_workspace.py"
        ) from None


if __name__ == "__main__":
    run(main)
