"""Limits on the branching ratio: limits on events times the single event sensitivity.

Eqs 2.1 and 3.2 of arXiv:2507.17286.
"""

from __future__ import annotations

import numpy as np

from darkaon.command import Argv, parser, run
from darkaon.config.search import load_search
from darkaon.config.slots.lifetime import law_header
from darkaon.config.slots.normalisation import Tagged
from darkaon.sensitivity.acceptance import window_efficiency
from darkaon.sensitivity.tagged import tagged_limit
from darkaon.tables import provenance
from darkaon.tables.masses import masses_of, rows_at
from darkaon.tables.table import Table, read_table, write_table
from darkaon.typing import LIMITS

SLOTS = ("process", "final_state", "lifetime", "normalisation", "reference", "references")


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    args = parser(
        __doc__, "search", event_limits="event_limits.csv", acceptance="acceptance.csv", output="branching_limits.csv"
    ).parse_args(argv)

    search = load_search(args.search, SLOTS, ("events", "counts"))
    events = read_table(args.event_limits, required=("mass_MeV", *LIMITS))
    acceptance = read_table(args.acceptance, required=("lifetime_ns", "mass_MeV", "ses"))
    row = rows_at(events, acceptance, args.event_limits)
    columns = {"lifetime_ns": acceptance["lifetime_ns"], **masses_of(acceptance)}
    names = [*LIMITS, *(name for name in events.columns if name.startswith("observed_"))]
    sensitivity = acceptance["ses"]
    if events.header.get("signal") == "total":  # of fits: all signal, not that inside the window
        sensitivity = sensitivity * window_efficiency(events, acceptance, args.acceptance)[row]
    columns |= {name: events[name][row] * sensitivity for name in names}
    level = events.header.get("level", "")
    tagged = ""
    if isinstance(search.normalisation, Tagged) and search.normalisation.branching_ratio:
        tagged = _tagged(search.normalisation, search.final_state, columns, level)
        print(tagged)
    lines = provenance.header(
        "convert_limits",
        label=events.label,
        search=events.header.get("search", ""),
        tables=[events, acceptance],
        papers=search.papers,
        process=search.process,
        final_state=search.final_state,
        lifetime_law=search.lifetime.kind,
        **law_header(search.lifetime),
        level=level,
        data_fraction=acceptance.header.get("data_fraction", ""),
        tagged_limit=tagged,
    )
    write_table(args.output, columns, lines)
    best = np.argmin(columns["expected"])
    mass, lifetime, expected = (columns[name][best] for name in ("mass_MeV", "lifetime_ns", "expected"))
    print(
        f"{search.process}, {search.final_state}: {len(events)} masses, {len(np.unique(columns['lifetime_ns']))}"
        f" lifetimes; smallest expected limit {expected:.3g} at {mass:g} MeV, {lifetime:g} ns"
    )


def _tagged(slot: Tagged, final_state: str, columns: dict[str, np.ndarray], level: str) -> str:
    """The limits for the longest lifetime as limits on the decay of the tagged particle."""
    names = [name for name in columns if name.startswith("observed")]
    found = {name: tagged_limit(slot, Table(columns), name) for name in names}
    limits = ", ".join(f"{value:.3g} ({name})" for name, value in found.items())
    return f"B({slot.particle} -> {final_state}) below {limits} at CL {level}"


if __name__ == "__main__":
    run(main)
