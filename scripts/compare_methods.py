"""What every method makes of a search's windows: the same counts, other limits.

One row for each mass hypothesis, one column for each method's observed limit on signal events, and a plain
sentence on how far asymptotic formulae are from the exact method.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkaon.command import parser, run
from darkaon.config.search import load_search
from darkaon.statistics.limits import set_limits
from darkaon.tables import provenance
from darkaon.tables.masses import masses_of
from darkaon.tables.table import read_table, write_table

SLOTS = ("statistics",)
COMPARED = ("hybrid", "known", "profile", "asymptotic")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--search", required=True, help="the search's YAML")
    arguments.add_argument("--limits", required=True, help="event_limits.csv")
    arguments.add_argument("--output", required=True, help="methods.csv")
    args = arguments.parse_args(argv)

    statistics = load_search(args.search, SLOTS).statistics
    table = read_table(args.limits, required=("mass_MeV", "n_observed", "background", "background_uncertainty"))
    counts = ("n_observed", "background", "background_uncertainty")
    columns = masses_of(table) | {name: table[name] for name in counts}
    down = table.columns.get("background_uncertainty_down")  # of an asymmetric one, which hybrid alone can carry
    seen = ~np.isnan(table["n_observed"])  # the others are blinded
    leak = table.columns.get("leak", np.zeros(len(table)))[seen]
    for method in COMPARED:
        columns[method] = np.full(len(table), np.nan)
        if np.any(seen):
            columns[method][seen] = set_limits(
                columns["n_observed"][seen],
                columns["background"][seen],
                columns["background_uncertainty"][seen],
                None if down is None or method != "hybrid" else down[seen],
                method=method,
                nuisance=statistics.nuisance,
                level=statistics.level,
            ).observed / (1.0 - leak)
    sentence = "All windows are blinded: there is nothing to compare."
    if np.any(seen):
        sentence = verdict(columns["asymptotic"][seen] / columns["hybrid"][seen], columns["n_observed"][seen])
    print(sentence)
    lines = provenance.header(
        "compare_methods",
        label=table.label,
        search=table.header.get("search", ""),
        settings=statistics.model_dump(mode="json"),
        tables=[table],
        verdict=sentence,
    )
    write_table(args.output, columns, lines)


def verdict(ratio: np.ndarray, counts: np.ndarray) -> str:
    """A sentence on asymptotic / hybrid, which the reader of a limit should know."""
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
