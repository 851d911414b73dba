"""Simulate the components of a search's background: one ROOT file that is labelled as simulated.

Its events carry the place of their component in `background.components` as `component`, from 0; a second tree,
`generated`, has the number of decays that were simulated for each.

    python scripts/simulate_background.py --search config/searches/na62_kpix_invisible.yaml \
        --sample na62_kpix_invisible_background --seed 1 --output background.root
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from darkaon.command import parser, run
from darkaon.config.search import load_search
from darkaon.config.slots.background import Components
from darkaon.errors import InputError

SLOTS = ("events", "simulation", "background")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program."""
    arguments = parser(__doc__)
    arguments.add_argument("--search", type=Path, required=True, help="the search's YAML")
    arguments.add_argument("--sample", required=True, help="id of the sample")
    arguments.add_argument("--seed", type=int, required=True)
    arguments.add_argument("--output", type=Path, required=True, help="ROOT file to write")
    options = arguments.parse_args(argv)
    search = load_search(options.search, SLOTS)
    if search.simulation is None or search.simulation.background is None:
        raise InputError(
            f"{options.search}: simulation.background: this key is missing: how much to simulate",
            remedy="add it to the search's YAML",
        )
    if not isinstance(search.background, Components):
        raise InputError(
            f"{options.search}: background.kind: only components are simulated",
            remedy="set background.kind to components",
        )

    from darkaon.events.branches import COMPONENT, encode, write_simulated
    from darkaon.simulation.data import component_decay
    from darkaon.simulation.experiment import experiment
    from darkaon.simulation.samples import background_sample
    from darkaon.simulation.seeds import generator

    slot, number = search.simulation, search.simulation.background.decays
    apparatus = experiment(slot.experiment, slot.smearing.value, str(options.search))
    components = search.background.components
    decays = [component_decay(component, str(options.search)) for component in components.values()]
    columns = background_sample(generator(options.seed, options.sample), decays, number, apparatus)
    metadata = {"sample": options.sample, "seed": options.seed, "components": list(components)}
    generated = {float(place): number for place in range(len(decays))}
    write_simulated(options.output, search.events, encode(columns, search.events), metadata, generated, COMPONENT)
    print(
        f"{options.sample}: {len(columns['vertex_z'])} events accepted of {number} decays of each of "
        f"{', '.join(components)}"
    )


if __name__ == "__main__":
    run(main)
