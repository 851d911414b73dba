"""The ranges of the observable that the slot `blind` of a search closes; select_events.py drops what is in them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from darkaon.command import parser, run
from darkaon.config.search import load_search
from darkaon.errors import InputError
from darkaon.tables import provenance
from darkaon.tables.table import write_table
from darkaon.windows.blinding import blinded_ranges
from darkaon.windows.hypotheses import hypotheses

SLOTS = ("observable", "regions", "masses", "resolution", "window", "blind")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--search", required=True, help="the search's YAML")
    arguments.add_argument("--name", default="", help="the search's id, for the header")
    arguments.add_argument(
        "--signal", nargs="+", default=[], help="candidates of the simulated signal: for a simulated resolution"
    )
    arguments.add_argument("--output", required=True, help="blinding.csv")
    args = arguments.parse_args(argv)

    search = load_search(args.search, SLOTS)
    grid = hypotheses(search, args.search, args.signal)
    try:
        ranges = blinded_ranges(search.blind, grid.windows)
    except InputError as fault:
        raise fault.at(args.search) from None
    lines = provenance.header(
        "make_blinding",
        label="",
        search=args.name,
        settings=search,
        files=grid.files,
        tables=grid.tables,
        candidates=args.signal,
        blind=json.dumps(search.blind),
    )
    write_table(args.output, {"low": ranges[:, 0], "high": ranges[:, 1]}, lines)
    print(f"{len(ranges)} ranges of {search.observable} stay closed")


if __name__ == "__main__":
    run(main)
