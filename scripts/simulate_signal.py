"""Simulate K+ -> pi+ X at the masses of `simulation.signal`: one ROOT file that is labelled as simulated.

Its events carry the true mass in `x_mass_MeV`; a second tree, `generated`, has the number of decays that were
simulated for each mass, so that the acceptance is selected / generated.

    python scripts/simulate_signal.py --search config/searches/na62_kpix_mumu.yaml --sample mumu_signal \
        --seed 1 --output mumu_signal.root
"""

from __future__ import annotations

from darkaon.command import Argv, parser, run
from darkaon.config.search import load_search
from darkaon.errors import InputError

SLOTS = ("process", "final_state", "events", "simulation")


def main(argv: Argv = None) -> None:
    """Run the program."""
    arguments = parser(__doc__, "search", "seed", output="ROOT file to write", sample="id of the sample")
    arguments.add_argument("--channel", default="", help="one of the search's normalisation.channels, if it has any")
    args = arguments.parse_args(argv)
    search = load_search(args.search, SLOTS, ("events",))
    if search.simulation is None:
        raise InputError(f"{args.search}: simulation: this slot is missing", remedy="it says what to simulate")

    from darkaon.events.branches import encode, write_simulated
    from darkaon.simulation.decays import signal
    from darkaon.simulation.experiment import experiment
    from darkaon.simulation.samples import signal_sample
    from darkaon.simulation.seeds import generator

    slot = search.simulation
    apparatus = experiment(slot.experiment, slot.smearing.value, args.search)
    decays = {
        mass: signal(search.process, search.final_state, mass, args.search, args.channel)
        for mass in slot.signal.masses_MeV
    }
    rng = generator(args.seed, args.sample)
    columns = signal_sample(rng, decays, slot.signal.decays, apparatus)
    generated = dict.fromkeys(decays, slot.signal.decays)
    metadata = {"sample": args.sample, "seed": args.seed, "final_state": search.final_state}
    metadata |= {"channel": args.channel} if args.channel else {}
    write_simulated(args.output, search.events, encode(columns, search.events), metadata, generated)
    print(
        f"{args.sample}: {len(columns['vertex_z'])} events accepted of {slot.signal.decays} decays at each of "
        f"{len(decays)} masses"
    )


if __name__ == "__main__":
    run(main)
