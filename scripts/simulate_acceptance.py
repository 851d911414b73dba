"""Simulate a search's signal and select it at once: the acceptance that goes with published counts.

One row for each mass of `simulation.signal` (and second mass, where X decays to particles of a mass of their own):
the decays simulated, those that pass `acceptance.selection`, their fraction and its Monte Carlo error.

    python scripts/simulate_acceptance.py --search config/searches/na62_k4e.yaml --name na62_k4e --seed 1 \
        --output simulated_acceptance.csv
"""

from __future__ import annotations

import numpy as np

from darkaon.command import Argv, parser, run
from darkaon.config.search import load_search
from darkaon.config.slots.acceptance import SelectedAcceptance
from darkaon.errors import InputError, located
from darkaon.simulation.decays import signal
from darkaon.simulation.experiment import experiment
from darkaon.simulation.seeds import generator
from darkaon.simulation.selected import selected
from darkaon.tables import provenance
from darkaon.tables.table import write_table

SLOTS = ("process", "final_state", "acceptance", "simulation")


def main(argv: Argv = None) -> None:
    """Run the program."""
    arguments = parser(
        __doc__,
        "search",
        "seed",
        name="the search's id: its random numbers are its own",
        output="acceptance by simulated mass, .csv",
    )
    args = arguments.parse_args(argv)
    search = load_search(args.search, SLOTS)
    slot = search.simulation
    if slot is None or not isinstance(search.acceptance, SelectedAcceptance):
        raise InputError(
            f"{args.search}: acceptance.kind: selection and the slot 'simulation' are needed here",
            remedy="add them to the search's YAML",
        )
    apparatus, number = experiment(slot.experiment, slot.smearing.value, args.search), slot.signal.decays
    rows = []
    for mass, mass2 in slot.signal.nodes:
        decay = signal(search.process, search.final_state, mass, args.search, mass2_MeV=mass2)
        rng = generator(args.seed, f"{args.name} {mass:.9g} {mass2}")  # another mass changes no other
        with located(args.search):
            left = selected(rng, decay, number, apparatus, search.acceptance.selection)
        rows.append(list(left.values()))
        place = f"{mass:g} MeV" + (f", {mass2:g} MeV" if mass2 is not None else "")
        print(f"{place}: {number} decays, " + ", ".join(f"{n} {cut}" for cut, n in left.items()))
    passed = np.array(rows, dtype=float)[:, -1]
    fraction = passed / number
    columns = {
        "mass_MeV": [mass for mass, _ in slot.signal.nodes],
        **({"mass2_MeV": [mass2 for _, mass2 in slot.signal.nodes]} if slot.signal.second else {}),
        "decays": np.full(len(rows), number),
        "selected": passed,
        "acceptance": fraction,
        "acceptance_error": np.sqrt(fraction * (1 - fraction) / number),
    }
    header = provenance.header("simulate_acceptance", label="simulated", search=args.name, settings=search)
    write_table(args.output, columns, header | {"seed": str(args.seed)})


if __name__ == "__main__":
    run(main)
