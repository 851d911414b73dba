"""Simulate the event file of one period: a ROOT tree of tracks that is labelled as simulated.

For each of `simulation.decays` a Poisson number of events passes the search's own selection, with a mean of its
candidates times the period's share; or one for each component of the background (and region, where its split is
declared), with the mean that the period expects. Events that fail a cut are kept as well. A signal is added if the
search has a slot `inject`.

    python scripts/simulate_events.py --search config/searches/na62_kpix_mumu.yaml --sample na62_2017 \
        --period 2017 --seed 1 --output na62_2017.root
"""

from __future__ import annotations

from darkaon.command import Argv, parser, run
from darkaon.config.schema import nearest
from darkaon.config.search import load_search
from darkaon.errors import InputError

SLOTS = (
    "process", "final_state", "events", "regions", "observable", "simulation", "periods", "background",
    "normalisation", "acceptance", "inject",
)  # fmt: skip


def main(argv: Argv = None) -> None:
    """Run the program."""
    arguments = parser(
        __doc__,
        "search",
        "seed",
        output="ROOT file to write",
        sample="id of the sample in config/samples.csv",
        period="one of the search's periods",
    )
    args = arguments.parse_args(argv)
    search = load_search(args.search, SLOTS, ("events",))
    if args.period not in search.periods:
        raise InputError(
            f"{args.search}: periods: there is no period {args.period!r}{nearest(args.period, search.periods)}",
            remedy=f"there are {', '.join(search.periods)}",
        )
    if search.simulation is None:
        raise InputError(f"{args.search}: simulation: this slot is missing", remedy="it says what to simulate")

    from darkaon.events.branches import encode, write_simulated
    from darkaon.simulation.data import Simulator
    from darkaon.simulation.seeds import generator

    simulator = Simulator(search, args.search, generator(args.seed, args.sample))
    columns, facts = simulator.period(args.period)
    metadata = {"sample": args.sample, "period": args.period, "seed": args.seed, **facts}
    write_simulated(args.output, search.events, encode(columns, search.events), metadata)
    print(f"{args.sample}: {len(columns['run'])} simulated events")
    for key, value in facts.items():
        print(f"{key}: {value}")


if __name__ == "__main__":
    run(main)
