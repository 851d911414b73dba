"""Put the slices of a search's limits together again, ordered by mass."""

from __future__ import annotations

import numpy as np

from darkaon.command import Argv, parser, run
from darkaon.tables.masses import MASSES
from darkaon.tables.table import read_table, write_table


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__, output="event_limits.csv")
    arguments.add_argument("--slices", required=True, nargs="+", help="tables written by compute_limits.py")
    args = arguments.parse_args(argv)

    tables = [read_table(path) for path in args.slices]
    columns = {name: np.concatenate([table[name] for table in tables]) for name in tables[0].columns}
    order = np.lexsort([columns[name] for name in reversed(MASSES) if name in columns])
    header = {key: value for key, value in tables[0].header.items() if key != "format"}
    write_table(args.output, {name: values[order] for name, values in columns.items()}, header)
    seen = ~np.isnan(columns["n_observed"])
    if not np.any(seen):
        print(f"{len(order)} mass hypotheses, all blinded")
        return
    columns = {name: values[seen] for name, values in columns.items()}
    inside = (columns["observed"] >= columns["expected_m2"]) & (columns["observed"] <= columns["expected_p2"])
    largest = np.argmax(columns["significance"])
    print(
        f"{len(order)} mass hypotheses; {100 * inside.mean():.1f} % of the observed limits inside the +-2 sigma "
        f"band; largest local significance {columns['significance'][largest]:.2f} "
        f"at {columns['mass_MeV'][largest]:.2f} MeV"
    )


if __name__ == "__main__":
    run(main)
