"""Simulate the components of a search's background: one ROOT file that is labelled as simulated.

Its events carry the place of their component in `background.components` as `component`, from 0; a second tree,
`generated`, has the number of decays that were simulated for each.

    python scripts/simulate_background.py --search config/searches/na62_kpix_invisible.yaml \
        --sample na62_kpix_invisible_background --seed 1 --output background.root
"""

from __future__ import annotations

from darkaon.command import Argv, parser, run
from darkaon.config.search import load_search
from darkaon.config.slots.background import Components
from darkaon.errors import InputError

SLOTS = ("events", "simulation", "background")


def main(argv: Argv = None) -> None:
    """Run the program."""
    arguments = parser(__doc__, "search", "seed", output="ROOT file to write", sample="id of the sample")
    args = arguments.parse_args(argv)
    search = load_search(args.search, SLOTS, ("events",))
    if search.simulation is None or search.simulation.background is None:
        raise InputError(
            f"{args.search}: simulation.background: this key is missing: how much to simulate",
            remedy="add it to the search's YAML",
        )
    if not isinstance(search.background, Components):
        raise InputError(
            f"{args.search}: background.kind: only components are simulated",
            remedy="set background.kind to components",
        )

    from darkaon.events.branches import COMPONENT, encode, write_simulated
    from darkaon.simulation.data import component_decay
    from darkaon.simulation.experiment import experiment
    from darkaon.simulation.samples import background_sample
    from darkaon.simulation.seeds import generator

    slot, number = search.simulation, search.simulation.background.decays
    apparatus = experiment(slot.experiment, slot.smearing.value, args.search)
    components = search.background.components
    decays = [component_decay(component, args.search) for component in components.values()]
    columns = background_sample(generator(args.seed, args.sample), decays, number, apparatus)
    metadata = {"sample": args.sample, "seed": args.seed, "components": list(components)}
    generated = {float(place): number for place in range(len(decays))}
    write_simulated(args.output, search.events, encode(columns, search.events), metadata, generated, COMPONENT)
    print(
        f"{args.sample}: {len(columns['vertex_z'])} events accepted of {number} decays of each of "
        f"{', '.join(components)}"
    )


if __name__ == "__main__":
    run(main)
