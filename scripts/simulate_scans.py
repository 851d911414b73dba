"""Pseudo-experiments of a search's scan over masses, for the look-elsewhere effect: a slice of their blocks.

The smooth expectation is a fit to the search's own candidates, exp(polynomial). Every hypothesis is looked at. The
slice k/n holds every block whose number is k modulo n; each block has its own seed, so the result does not depend on
the slicing.
"""

from __future__ import annotations

import zlib

import numpy as np

from darkaon.command import Argv, parser, run, slice_of
from darkaon.config.search import load_search
from darkaon.errors import InputError
from darkaon.statistics.look_elsewhere import BLOCK, experiments, generator
from darkaon.tables.table import atomic_path
from darkaon.windows.scans import scan_of

SLOTS = ("observable", "regions", "masses", "resolution", "window", "background", "blind")


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(
        __doc__, "search", "candidates", "signal", "chunk", output=".npy file: one record for each pseudo-experiment"
    )
    arguments.add_argument("--name", default="", help="the search's id, part of the seed")
    arguments.add_argument("--toys", type=int, required=True, help=f"in all slices; rounded up to blocks of {BLOCK}")
    arguments.add_argument("--seed", type=int, default=0, help="0 or more (default: %(default)s)")
    args = arguments.parse_args(argv)

    part = slice_of(args.chunk)
    if args.toys < 1 or args.seed < 0:
        raise InputError("--toys must be 1 or more and --seed 0 or more", remedy="give others")
    search = load_search(args.search, SLOTS, ("events",))
    _, _, smooth, over = scan_of(search, args.search, args.candidates, args.signal)
    blocks = range(-(-args.toys // BLOCK))[part]
    number = zlib.crc32(args.name.encode())
    found = [experiments(over, generator(args.seed, number, block)) for block in blocks]
    with atomic_path(args.output) as temporary:
        np.save(temporary, np.concatenate(found) if found else experiments(over, generator(0, 0, 0), 0))
    print(
        f"{len(over.background)} windows, {len(over.expected)} bins, {over.expected.sum():.0f} events expected; "
        f"smooth spectrum: chi^2 {smooth.chi2:.0f} for {smooth.degrees} degrees of freedom"
    )


if __name__ == "__main__":
    run(main)
