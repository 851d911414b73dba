"""Simulate the event file of one period: a ROOT tree of tracks that is labelled as simulated.

One Poisson number of events passes the search's own selection, with mean `simulation.candidates` times the
period's share; events that fail a cut are kept as well. A signal is added if the search has a slot `inject`.

    python scripts/simulate_events.py --search config/searches/na62_kpix_mumu.yaml --sample na62_2017 \
        --period 2017 --seed 1 --output na62_2017.root
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from darkaon.command import parser, run
from darkaon.config import Search, load_search
from darkaon.errors import InputError
from darkaon.settings import nearest

SLOTS = ("final_state", "events", "observable", "simulation", "periods", "normalisation", "acceptance", "inject")


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
            f"{nearest(options.period, search.periods)} (there are {', '.join(search.periods)})"
        )
    _simulate(search, options)


def _simulate(search: Search, options: Any) -> None:
    from darkaon.events import decode, encode, write_simulated
    from darkaon.selection import Selection
    from darkaon.simulation.decays import signal, standard_model
    from darkaon.simulation.samples import as_recorded, injected, joined, until_selected
    from darkaon.simulation.seeds import generator

    slot = search.simulation
    if slot is None:
        raise InputError(f"{options.search}: simulation: this slot is missing: it says what to simulate")
    selection = Selection(search.events, search.observable, str(options.search))
    decay = standard_model(slot.decay, str(options.search))
    rng = generator(options.seed, options.sample)
    share = search.periods[options.period].share
    smearing = slot.smearing.value

    def passes(columns: Any) -> Any:  # as the selection will see them: rounded to what the file holds
        return selection.passes(decode(encode(columns, search.events), search.events))

    wanted = int(rng.poisson(slot.candidates.value * share))
    data = until_selected(rng, decay, wanted, smearing, passes)
    parts = [data.columns]
    metadata = {
        "sample": options.sample,
        "period": options.period,
        "seed": options.seed,
        "decay": slot.decay,
        "candidates": data.selected,
        "acceptance": data.acceptance,
    }
    if search.inject is not None:
        efficiency = search.acceptance.efficiency.value
        mean = search.normalisation.value * share * search.inject.branching_ratio * efficiency
        x = signal(search.final_state, search.inject.mass_MeV, str(options.search))
        extra = injected(rng, x, mean, smearing, passes)
        parts.append(extra.columns)
        metadata |= {
            "injected_mass_MeV": search.inject.mass_MeV,
            "injected_branching_ratio": search.inject.branching_ratio,
            "injected_candidates": extra.selected,
        }
        print(f"injected: {extra.selected} candidates at {search.inject.mass_MeV:g} MeV")
    first_run = 1000 * (1 + list(search.periods).index(options.period))
    columns = as_recorded(rng, joined(parts), first_run)
    write_simulated(options.output, search.events, encode(columns, search.events), metadata)
    print(
        f"{options.sample}: {len(columns['run'])} simulated events, {data.selected} pass the selection; "
        f"{data.acceptance:.4f} of the {slot.decay} decays are accepted and selected"
    )


if __name__ == "__main__":
    run(main)
