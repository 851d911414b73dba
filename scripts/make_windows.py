"""Mass hypotheses, search windows, and the background of each from its sidebands or from components.

Reads the candidates of a search's data samples; writes one row for each mass hypothesis. The count of a window that
a blinded range touches stays empty.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from darkaon.command import Argv, grouped, parser, run
from darkaon.config.search import Search, load_search
from darkaon.config.slots.background import CategoryComponent, Components, Sidebands, Tabulated
from darkaon.errors import InputError, located
from darkaon.events.cutflows import check_once, check_periods, cutflow_of, steps
from darkaon.statistics.numerics import overlaps
from darkaon.tables import provenance
from darkaon.tables.blocks import WEIGHT, Candidates
from darkaon.tables.table import Table, write_table
from darkaon.typing import Array
from darkaon.windows.blinding import blinded_ranges
from darkaon.windows.components import component_background, flat_split, period_uncertainty, total_events, weights
from darkaon.windows.expected import Expected
from darkaon.windows.grid import Windows, count_between
from darkaon.windows.hypotheses import hypotheses, load_candidates
from darkaon.windows.other_components import added, histograms, other_background
from darkaon.windows.reach import check_reach
from darkaon.windows.sidebands import sideband_background

SLOTS = (
    "observable", "regions", "periods", "masses", "resolution", "window", "background", "blind", "simulation",
)  # fmt: skip
EVERYTHING = np.array([[-np.inf, np.inf]])  # what is blinded if one-sided windows are
Backgrounds = tuple[dict[str, Array], dict[str, str]]  # columns, lines for the header


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(
        __doc__, "search", "name", "label", "candidates", "background", "signal", "control", output="windows.csv"
    )
    arguments.add_argument("--edges", help="table of choose_windows.py: for one-sided windows")
    arguments.add_argument("--periods", nargs="+", default=[], help="of the candidates: then none may keep nothing")
    arguments.add_argument("--allow-empty", nargs="+", default=[], help="periods that may")
    args = arguments.parse_args(argv)

    search = load_search(args.search, SLOTS, ("events",))
    grid = hypotheses(search, args.search, args.signal, args.edges)
    controls = grouped("--control", args.control)
    windows = grid.windows
    events = _data(args.candidates)
    selected = [*args.candidates, *args.background, *args.signal, *(p for own in controls.values() for p in own)]
    if twice := [path for path in selected if selected.count(path) > 1]:
        raise InputError(f"{twice[0]}: is given twice", remedy="give each file of candidates once")
    flows = {path: cutflow_of(path) for path in selected} if args.periods else {}
    check_once(flows.values())
    of = args.periods or ["" for _ in args.candidates]
    paths = {name: [p for p, own in zip(args.candidates, of, strict=True) if own == name] for name in of}
    by_period = {name: [flows[p] for p in paths[name]] for name in args.periods}
    seen = {name: own for name, own in by_period.items() if not (search.blind and _closed(own))}
    allowed = check_periods(seen, args.allow_empty)
    with located(args.search):
        one_sided = isinstance(search.background, Tabulated)
        ranges = EVERYTHING if one_sided and search.blind else blinded_ranges(search.blind, windows)
        allowed += check_reach(search, windows, paths, args.allow_empty, ranges)
        if one_sided:
            background, facts = _chosen(grid.tables[0])
        elif isinstance(search.background, Sidebands):
            background, facts = _sidebands(search.background, events, windows, ranges)
        else:
            assert isinstance(search.background, Components)
            background, facts = _components(search, search.background, args.background, controls, windows)
    observed = count_between(events, windows.low, windows.high)
    columns = {
        "mass_MeV": windows.mass_MeV,
        "resolution": windows.sigma,
        "low": windows.low,
        "high": windows.high,
        "n_observed": np.where(overlaps(windows.low, windows.high, ranges), np.nan, observed),
        **background,
    }
    simulated = args.label == "simulated" or args.background or args.signal
    lines = provenance.header(
        "make_windows",
        label=args.label,
        search=args.name,
        settings=search if simulated else search.model_copy(update={"simulation": None}),
        files=histograms(search.background),
        tables=grid.tables,
        candidates=selected,
        spacing=grid.note,
        **({"empty_periods": "\n".join(allowed)} if allowed else {}),
        **facts,
    )
    write_table(args.output, columns, lines)
    print(grid.note)
    for line in allowed:
        warnings.warn(line, stacklevel=1)
    for key, value in facts.items():
        print(f"{key}: {value}")


def _chosen(edges: Table) -> Backgrounds:
    """The background of one-sided windows, with which their edges were chosen."""
    background = Expected(edges["background"], np.zeros(len(edges)), edges["background_syst"])
    return background.columns(), {"lower_edges": f"{edges['low'].min():g} to {edges['low'].max():g}"}


def _sidebands(slot: Sidebands, events: Candidates, windows: Windows, blinded: Array) -> Backgrounds:
    result = sideband_background(events, windows, slot, blinded)
    columns = result.columns() | {"leak": result.leak, "tau": result.tau, "order": result.order.astype(float)}
    counted = result.statistical > 0
    ratio = np.median(result.systematic[counted] / result.statistical[counted]) if np.any(counted) else 0.0
    lower, empty = int(np.sum(result.order < slot.order)), int(np.sum(~counted))
    notes = [
        f"{int(result.one_sided.sum())} windows have a sideband on one side only",
        f"median systematic / statistical uncertainty {ratio:.2f}",
        f"a signal raises its own background by {result.leak.min():.3g} to {result.leak.max():.3g} of itself",
    ]
    if lower:
        notes.append(f"{lower} windows have too few sideband events for order {slot.order}, {empty} of them none")
    return columns, {"sidebands": "; ".join(notes)}


def _components(
    search: Search, slot: Components, paths: Sequence[str], controls: dict[str, list[str]], windows: Windows
) -> Backgrounds:
    parts, facts = [], dict[str, Any]()
    if slot.components:
        simulated, facts = _simulated(search, slot, paths, windows)
        parts.append(simulated)
    for name, other in slot.others.items():
        found = other_background(name, other, controls, windows.low, windows.high)
        parts.append(found)
        facts[f"component_{name}"] = (
            f"{other.kind}, {found.background.min():.4g} to {found.background.max():.4g} events"
        )
    result = added(parts) if slot.others else parts[0]
    return result.columns(), facts


def _simulated(
    search: Search, slot: Components, paths: Sequence[str], windows: Windows
) -> tuple[Expected, dict[str, Any]]:
    """What is simulated of the background, and what there is to say of it."""
    if not paths:
        raise InputError(
            "background.kind: components needs --background, the candidates of the simulated background",
            remedy="give that file",
        )
    if not search.regions:
        raise InputError("background.kind: components needs the slot 'regions'", remedy="add it to the search's YAML")
    candidates = load_candidates(paths, "component")
    components, regions = slot.components, search.regions
    events = total_events(components, search.periods.values())
    weight = weights(candidates, components, events, regions)
    common = period_uncertainty(search.periods.values())
    result = component_background(candidates, weight, components, windows.low, windows.high, common)
    ends = np.array([(region.low, region.high) for region in regions.values()])
    per_region = {
        name: component_background(
            candidates, np.where(candidates["component"] == place, weight, 0.0), components, *ends.T
        ).background
        for place, name in enumerate(components)
    }
    return result, _facts(search, events, per_region, result.background, windows)


def _facts(
    search: Search, events: dict[str, float], per_region: dict[str, Array], background: Array, windows: Windows
) -> dict[str, Any]:
    """What the expected background is made of, and the flat split beside each that is declared."""
    assert isinstance(search.background, Components)
    regions, components = search.regions or {}, search.background.components
    flat = flat_split(regions)
    largest = int(np.argmax(background))
    lines = [
        f"{name}: {events[name]:.2f} events, "
        + ", ".join(f"{region} {n:.2f}" for region, n in zip(regions, per_region[name], strict=True))
        + (
            f" (flat split: {', '.join(f'{region} {events[name] * share:.2f}' for region, share in flat.items())})"
            if isinstance(components[name], CategoryComponent)
            else ""
        )
        for name in events
    ]
    return {
        "components": "\n".join(lines),
        "expected_events": f"{sum(events.values()):.2f}",
        "largest_background": f"{background[largest]:.2f} at {windows.mass_MeV[largest]:.1f} MeV",
    }


def _closed(flows: Sequence[Table]) -> bool:
    """Whether a blinded period shows no event although its files hold some: all lie in closed windows."""
    files = sum(len(flow.header.get("event_files", "").splitlines()) for flow in flows)
    empty = sum(flow.header.get("empty", "").count(", ") + 1 for flow in flows if flow.header.get("empty"))
    return not steps(flows).get("read") and files > empty


def _data(paths: Sequence[str]) -> Candidates:
    for path in paths:
        if WEIGHT in Candidates([path]).names:
            raise InputError(
                f"{path}: weighted events cannot be counted as data", remedy="take events.weight out of the search"
            )
    return Candidates(paths)


if __name__ == "__main__":
    run(main)
