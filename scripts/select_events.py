"""Select the candidates of one event file: the observable of each, sorted, and a cutflow table.

The file is streamed: memory does not grow with it. ROOT (TTree, RNTuple) and CSV are read through the branch map
`events.branches` of the search. Candidates are a NumPy file of fields `observable`, `weight` if the search
declares one, and `x_mass_MeV` if the file is simulated signal.

    python scripts/select_events.py --search config/searches/na62_kpix_mumu.yaml --sample na62_2017 \
        --label simulated --input na62_2017.root --output na62_2017.npy --cutflow na62_2017.csv
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from darkaon.command import parser, run
from darkaon.config.search import load_search

SLOTS = ("events", "regions", "observable")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program."""
    arguments = parser(__doc__)
    arguments.add_argument("--search", type=Path, required=True, help="the search's YAML")
    arguments.add_argument("--sample", required=True, help="id of the sample")
    arguments.add_argument("--label", choices=("measured", "simulated"), required=True, help="what the file holds")
    arguments.add_argument("--input", type=Path, required=True, help="event file, .root or .csv")
    arguments.add_argument("--output", type=Path, required=True, help="candidates, .npy")
    arguments.add_argument("--cutflow", type=Path, required=True, help="cutflow table, .csv")
    arguments.add_argument("--blinding", type=Path, help="ranges that stay closed: table of make_blinding.py")
    arguments.add_argument(
        "--seed", type=int, help="of a file that the workflow simulated: in the header in place of the checksum, "
        "since the bytes of a ROOT file hold the time",
    )  # fmt: skip
    options = arguments.parse_args(argv)
    search = load_search(options.search, SLOTS)

    import numpy as np

    from darkaon.events.branches import read_events, read_generated
    from darkaon.events.candidates import Collector
    from darkaon.events.selection import Selection
    from darkaon.tables import provenance
    from darkaon.tables.table import atomic_path, read_table, write_table

    blinding = read_table(options.blinding, ["low", "high"]) if options.blinding else None
    blinded = np.stack([blinding["low"], blinding["high"]], axis=1) if blinding else None
    selection = Selection(search.events, search.observable, str(options.search), search.regions)
    collector = Collector(selection, options.label, options.input, blinded)
    for chunk in read_events(options.input, search.events, selection.needs):
        collector.add(chunk)
    candidates = collector.candidates()
    cutflow = collector.cutflow(read_generated(options.input))
    header = provenance.header(
        "select_events", label=options.label, search=options.search.stem, settings=search, sample=options.sample,
        tables=[blinding] if blinding else [], files=[options.input] if options.seed is None else [],
        **({} if blinding is None else {"blind": blinding.header["blind"]}),
        **({} if options.seed is None else {"seed": options.seed}),
    )  # fmt: skip
    with atomic_path(options.output) as output:
        np.save(output, candidates)
        write_table(options.cutflow, cutflow, header)
    print(f"{options.sample}: {len(candidates)} of {collector.read} events selected ({options.label})")


if __name__ == "__main__":
    run(main)
