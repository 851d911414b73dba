"""The ranges of the observable that the slot `blind` of a search closes; select_events.py drops what is in them."""

from __future__ import annotations

import json

from darkaon.command import Argv, parser, run
from darkaon.config.search import load_search
from darkaon.errors import located
from darkaon.tables import provenance
from darkaon.tables.table import write_table
from darkaon.windows.blinding import blinded_ranges
from darkaon.windows.hypotheses import hypotheses

SLOTS = ("observable", "regions", "masses", "resolution", "window", "blind")


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    args = parser(__doc__, "search", "name", "signal", output="blinding.csv").parse_args(argv)

    search = load_search(args.search, SLOTS, ("events",))
    grid = hypotheses(search, args.search, args.signal)
    with located(args.search):
        ranges = blinded_ranges(search.blind, grid.windows)
    lines = provenance.header(
        "make_blinding",
        label="",
        search=args.name,
        settings=search,
        tables=grid.tables,
        candidates=args.signal,
        blind=json.dumps(search.blind),
    )
    write_table(args.output, {"low": ranges[:, 0], "high": ranges[:, 1]}, lines)
    print(f"{len(ranges)} ranges of {search.observable} stay closed")


if __name__ == "__main__":
    run(main)
