"""Simulate the event file of one period: a ROOT tree of tracks that is labelled as simulated.

For each of `simulation.decays` a Poisson number of events passes the search's own selection, with a mean of its
candidates times the period's share; or one for each component of the background (and region, where its split is
declared), with the mean that the period expects. Events that fail a cut are kept as well. A signal is added if the
search has a slot `inject`.

    python scripts/simulate_events.py --search config/searches/na62_kpix_mumu.yaml --sample na62_2017 \
        --period 2017 --seed 1 --output na62_2017.root
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from darkaon.command import parser, run
from darkaon.config.schema import nearest
from darkaon.config.search import load_search
from darkaon.errors import InputError

SLOTS = (
    "process", "final_state", "events", "regions", "observable", "simulation", "periods", "background",
    "normalisation", "acceptance", "inject",
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program."""
    arguments = parser(__doc__)
    arguments.add_argument("--search", type=Path, required=True, help="the search's YAML")
    arguments.add_argument("--sample", required=True, help="id of the sample in config/samples.csv")
    arguments.add_argument("--period", required=True, help="one of the search's periods")
    arguments.add_argument("--seed", type=int, required=True)
    arguments.add_argument("--output", type=Path, required=True, help="ROOT file to write")
    options = arguments.parse_args(argv)
    search = load_search(options.search, SLOTS)
    if options.period not in search.periods:
        raise InputError(
            f"{options.search}: periods: there is no period {options.period!r}"
            f"{nearest(options.period, search.periods)}",
            remedy=f"there are {', '.join(search.periods)}",
        )
    if search.simulation is None:
        raise InputError(f"{options.search}: simulation: this slot is missing", remedy="it says what to simulate")

    from darkaon.events.branches import encode, write_simulated
    from darkaon.simulation.data import Simulator
    from darkaon.simulation.seeds import generator

    simulator = Simulator(search, str(options.search), generator(options.seed, options.sample))
    columns, facts = simulator.period(options.period)
    metadata = {"sample": options.sample, "period": options.period, "seed": options.seed, **facts}
    write_simulated(options.output, search.events, encode(columns, search.events), metadata)
    print(f"{options.sample}: {len(columns['run'])} simulated events")
    for key, value in facts.items():
        print(f"{key}: {value}")


if __name__ == "__main__":
    run(main)
