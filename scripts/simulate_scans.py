"""Pseudo-experiments of a search's scan over masses, for the look-elsewhere effect: a slice of their blocks.

The smooth expectation is a fit to the search's own candidates, exp(polynomial). The slice k/n holds every block whose
number is k modulo n; each block has its own seed, so the result does not depend on the slicing.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from darkaon.blinding import blinded_ranges
from darkaon.command import parser, run
from darkaon.config import Sidebands, load_search
from darkaon.errors import InputError
from darkaon.hypotheses import hypotheses, load_candidates
from darkaon.statistics.look_elsewhere import BLOCK, Scan, Smooth, experiments, generator, scan, smooth_spectrum
from darkaon.tables import atomic_path
from darkaon.windows import Array, Windows

SLOTS = ("observable", "regions", "masses", "resolution", "window", "background", "blind")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--search", required=True, help="the search's YAML")
    arguments.add_argument("--name", default="", help="the search's id, part of the seed")
    arguments.add_argument("--candidates", required=True, nargs="+", help=".npy files of the data samples")
    arguments.add_argument("--signal", help=".npy file of the simulated signal: for a simulated resolution")
    arguments.add_argument("--toys", type=int, required=True, help=f"in all slices; rounded up to blocks of {BLOCK}")
    arguments.add_argument("--seed", type=int, default=0, help="0 or more (default: %(default)s)")
    arguments.add_argument("--chunk", default="0/1", help="slice k/n, k from 0 (default: %(default)s)")
    arguments.add_argument("--output", required=True, help=".npy file: one record for each pseudo-experiment")
    args = arguments.parse_args(argv)

    chunk, _, chunks = args.chunk.partition("/")
    if not (chunk.isdigit() and chunks.isdigit() and int(chunk) < int(chunks)):
        raise InputError(f"--chunk: {args.chunk!r} is no slice k/n with k below n")
    if args.toys < 1 or args.seed < 0:
        raise InputError("--toys must be 1 or more and --seed 0 or more")
    windows, smooth, over = scan_of(args.search, args.candidates, args.signal)
    blocks = range(int(chunk), -(-args.toys // BLOCK), int(chunks))
    number = zlib.crc32(args.name.encode())
    found = [experiments(over, generator(args.seed, number, block)) for block in blocks]
    with atomic_path(args.output) as temporary:
        np.save(temporary, np.concatenate(found) if found else experiments(over, generator(0, 0, 0), 0))
    print(
        f"{len(windows.mass_MeV)} windows, {len(over.expected)} bins, {over.expected.sum():.0f} events expected; "
        f"smooth spectrum: deviance {smooth.chi2:.0f} for {smooth.degrees} degrees of freedom"
    )


def scan_of(path: str, candidates: Sequence[str], signal: str | None = None) -> tuple[Windows, Smooth, Scan]:
    """The windows of the search at `path`, the smooth spectrum of its candidates, and the scan of both."""
    search = load_search(path, SLOTS)
    slot = search.background
    if not isinstance(slot, Sidebands):
        raise InputError(f"{path}: background.kind: only a search with sidebands is simulated as a whole spectrum")
    windows = hypotheses(search, path, signal).windows
    ordered: Array = np.sort(np.concatenate([load_candidates(file)["observable"] for file in candidates]))
    half_width, (first, last) = slot.half_width_sigma * windows.sigma, slot.spectrum
    low, high = np.min(windows.centre - half_width), np.max(windows.centre + half_width)
    try:
        ranges = blinded_ranges(search.blind, windows)
        smooth = smooth_spectrum(ordered, max(first, float(low)), min(last, float(high)), ranges)
        over = scan(
            smooth, windows.centre, windows.low, windows.high, half_width,
            spectrum=slot.spectrum, orders=(slot.order, *slot.alternatives), blinded=ranges,
        )  # fmt: skip
    except InputError as fault:
        raise InputError(f"{path}: {fault}") from None
    return windows, smooth, over


if __name__ == "__main__":
    run(main)
