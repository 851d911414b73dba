"""Select the candidates of event files: the observable of each, and a cutflow table.

The files are streamed: memory grows neither with them nor with what is selected. ROOT (TTree, RNTuple), CSV, Parquet
and Feather are read through the branch map `events.branches` of the search. Candidates are a NumPy file of sorted
blocks with the fields `observable`, `weight` if there are weights, and `x_mass_MeV` of simulated signal.

    python scripts/select_events.py --search config/searches/na62_kpix_mumu.yaml --sample na62_2017 \
        --label simulated --input na62_2017.root --output na62_2017.npy --cutflow na62_2017.csv
"""

from __future__ import annotations

import gc
from pathlib import Path

from darkaon.command import Argv, parser, run
from darkaon.config.search import load_search
from darkaon.errors import InputError

SLOTS = ("events", "regions", "observable")


def main(argv: Argv = None) -> None:
    """Run the program."""
    arguments = parser(
        __doc__,
        "search",
        "label",
        sample="id of the sample",
        output="candidates, .npy",
        cutflow="cutflow table, .csv",
    )
    arguments.add_argument("--input", required=True, nargs="+", help="event files, or URLs of ROOT files")
    arguments.add_argument("--blinding", help="ranges that stay closed: table of make_blinding.py")
    arguments.add_argument(
        "--seed", type=int, help="of a file that the workflow simulated: in the header in place of the checksum, "
        "since the bytes of a ROOT file hold the time",
    )  # fmt: skip
    arguments.add_argument("--entries", help="of one ROOT file: FIRST:STOP, entries from 0")
    arguments.add_argument(
        "--partial", action="store_true", help="one of several jobs of the sample: it may be empty"
    )
    arguments.add_argument("--weight", default="", help="of each event of the sample: a number, or a branch (signal)")
    arguments.add_argument("--efficiency", type=float, default=1.0, help="of what a sample's simulation leaves out")
    arguments.add_argument("--variation", help="of the selection, by its name in the YAML")
    options = arguments.parse_args(argv)
    search = load_search(options.search, SLOTS, ("events",))

    gc.set_threshold(100_000, 50, 100)  # uproot makes thousands of objects a file: they are looked through less often
    from darkaon.events.selecting import select
    from darkaon.tables import provenance
    from darkaon.tables.table import Table, atomic_path, read_table, write_table

    blinding = read_table(options.blinding, ["low", "high"]) if options.blinding else None
    if blinding is not None and "blind" not in blinding.header:
        raise InputError(f"{options.blinding}: does not say what is blinded", remedy="make it with make_blinding.py")
    with atomic_path(options.output) as output:
        found = select(
            search, options.search, options.input, output, label=options.label, blinding=blinding,
            weight=options.weight, efficiency=options.efficiency, variation=options.variation,
            entries=options.entries, named=options.seed is None,
        )  # fmt: skip
        if not found.events and not options.partial:
            raise InputError(
                f"{', '.join(options.input[:3])}: holds no events", remedy=f"take the sample {options.sample!r} out"
            )
        good = search.events.runs.good
        header = provenance.header(
            "select_events", label=options.label, search=Path(options.search).stem, settings=search,
            sample=options.sample,
            files=[good.path] if good else [],
            tables=[*([blinding] if blinding else []), *(Table({}, file=line) for line in found.identities)],
            blind="" if blinding is None else blinding.header["blind"],
            seed="" if options.seed is None else options.seed, variation=options.variation or "",
            event_files="\n".join(sorted(found.identities)),
            empty=f"0 events in: {', '.join(found.empty)}" if found.empty else "",
            not_generated="\n".join(found.not_generated),
            weight=options.weight, efficiency=options.efficiency if options.efficiency != 1 else "",
        )  # fmt: skip
        write_table(options.cutflow, found.cutflow, header)
    print(f"{options.sample}: {found.kept} of {found.read} events selected ({options.label})")
    for name in found.empty:
        print(f"0 events in: {name}")


if __name__ == "__main__":
    run(main)
