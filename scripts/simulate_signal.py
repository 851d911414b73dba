"""Simulate K+ -> pi+ X at the masses of `simulation.signal`: one ROOT file that is labelled as simulated.

Its events carry the true mass in `x_mass_MeV`; a second tree, `generated`, has the number of decays that were
simulated for each mass, so that the acceptance is selected / generated.

    python scripts/simulate_signal.py --search config/searches/na62_kpix_mumu.yaml --sample mumu_signal \
        --seed 1 --output mumu_signal.root
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from darkaon.command import parser, run
from darkaon.config.search import load_search
from darkaon.errors import InputError

SLOTS = ("process", "final_state", "events", "simulation")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program."""
    arguments = parser(__doc__)
    arguments.add_argument("--search", type=Path, required=True, help="the search's YAML")
    arguments.add_argument("--sample", required=True, help="id of the sample")
    arguments.add_argument("--channel", default="", help="one of the search's normalisation.channels, if it has any")
    arguments.add_argument("--seed", type=int, required=True)
    arguments.add_argument("--output", type=Path, required=True, help="ROOT file to write")
    options = arguments.parse_args(argv)
    search = load_search(options.search, SLOTS)
    if search.simulation is None:
        raise InputError(f"{options.search}: simulation: this slot is missing", remedy="it says what to simulate")

    from darkaon.events.branches import encode, write_simulated
    from darkaon.simulation.decays import signal
    from darkaon.simulation.experiment import experiment
    from darkaon.simulation.samples import signal_sample
    from darkaon.simulation.seeds import generator

    slot, source = search.simulation, str(options.search)
    apparatus = experiment(slot.experiment, slot.smearing.value, source)
    decays = {
        mass: signal(search.process, search.final_state, mass, source, options.channel)
        for mass in slot.signal.masses_MeV
    }
    rng = generator(options.seed, options.sample)
    columns = signal_sample(rng, decays, slot.signal.decays, apparatus)
    generated = dict.fromkeys(decays, slot.signal.decays)
    metadata = {"sample": options.sample, "seed": options.seed, "final_state": search.final_state}
    metadata |= {"channel": options.channel} if options.channel else {}
    write_simulated(options.output, search.events, encode(columns, search.events), metadata, generated)
    print(
        f"{options.sample}: {len(columns['vertex_z'])} events accepted of {slot.signal.decays} decays at each of "
        f"{len(decays)} masses"
    )


if __name__ == "__main__":
    run(main)
