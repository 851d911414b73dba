"""Couplings of a model that searches exclude, as intervals with their edges.

    python scripts/exclude.py --model bc4_inv --limits resources/published/na62_kpix_invisible_2016_22.csv
    python scripts/exclude.py --model config/models/bc4.yaml \
        --limits na62_kpix_mumu=results/searches/na62_kpix_mumu/branching_limits.csv \
        --limits na62_kpix_mumu=resources/published/na62_kpix_mumu_2017_18.csv,published --output exclusion.csv

A table's header says process, final_state, lifetime_law (escape, prompt, displaced, stable), search and label. What
a raw table lacks is taken from the search of config/searches that names it (or has the id before the '='), or from
the options. Searches that the model does not meet are passed over. A summary goes to the screen: where nothing is
excluded, which masses no table covers, which edges are the end of a table or of the couplings considered.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from darkaon.command import Argv, check_outputs, parser, run
from darkaon.exclusion.combine import (
    check_distinct,
    check_kinds,
    common_masses,
    envelope,
    exclude_all,
    polygons,
    stack,
    union,
)
from darkaon.exclusion.described import header
from darkaon.exclusion.files import read_limits, read_regions
from darkaon.exclusion.intervals import Columns, cut_at
from darkaon.exclusion.lifetime import CONTINUATIONS, LAWS
from darkaon.exclusion.limits import Limits
from darkaon.exclusion.regions import areas_beyond, beyond
from darkaon.models.loading import load_model, model_path, model_settings
from darkaon.models.model import Model
from darkaon.report.bibliography import bibtex
from darkaon.tables.references import listed
from darkaon.tables.table import atomic_path, write_table
from darkaon.typing import LIMITS, Array

SUMMARY = ["observed", "expected"]  # the kinds of limits in the summary of a search that has one of them
SHOWN = 5  # masses without limit that are listed
EDGE_WORDS = {  # what the screen says of an edge that is no root
    "extrapolated": " (lifetimes continued below the table)",
    "end_of_lifetimes": " (end of the table's lifetimes)",
    "end_of_masses": " (end of the table's masses)",
    "end_of_validity": " (the model's least lifetime)",
    "end_of_couplings": " (end of the couplings considered, no edge)",
    "beyond_own_region": " (beyond what the authors of the search exclude)",
}


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    args = _arguments().parse_args(argv)
    model = load_model(args.model)
    if args.continue_lifetimes:
        model = replace(model, continue_lifetimes=args.continue_lifetimes)
    given = {key: getattr(args, key) for key in ("process", "final_state", "lifetime_law")}
    tables, searches = [], []
    for text in args.limits:
        table, limits = read_limits(text, given)
        tables.append(table)
        searches.append(limits)
    met = [limits for limits in searches if model.meets(limits.process, limits.final_state, limits.quantity)]
    check_distinct(met)
    check_kinds(args.kinds or (), met)
    settings, rates = model_settings(args.model)
    outputs = {f"--{name}": getattr(args, name) for name in ("output", "contours", "union", "references")}
    check_outputs(outputs, [*(limits.source for limits in searches), model_path(args.model), *rates])
    masses = np.unique(args.masses) if args.masses else None
    regions = read_regions(args.model)

    def excluded(at_MeV: Array | None) -> Columns:
        return beyond(exclude_all(model, met, at_MeV, args.kinds, args.theory), regions)

    exclusion = excluded(masses)
    print(summary(model, searches, exclusion, masses, args.kinds))
    rows = {*zip(exclusion["search"].tolist(), exclusion["label"].tolist(), strict=True)}
    lines = header(model, settings, rates, tables, searches, rows)
    if args.references:
        with atomic_path(args.references) as temporary:
            temporary.write_text(bibtex(listed(lines["references"])), encoding="utf-8")
    if args.output:
        write_table(args.output, exclusion, lines)
    if args.contours:
        drawn = stack([exclusion, areas_beyond(exclusion, regions)])
        write_table(args.contours, polygons(drawn, met, masses), lines)
    if args.union:
        grid = common_masses(met) if masses is None else masses
        any_of = union(excluded(grid))
        write_table(args.union, stack([any_of, envelope(any_of)]), lines)


def _arguments() -> argparse.ArgumentParser:
    arguments = parser(__doc__, model="id, or a YAML such as config/models/bc4.yaml")
    arguments.add_argument(
        "--limits", required=True, action="extend", nargs="+", metavar="[SEARCH=]PATH[,LABEL]",
        help="tables of limits on the branching ratio",
    )  # fmt: skip
    arguments.add_argument("--process", help="production where a table does not say, as in 'K+ -> pi+ X'")
    arguments.add_argument("--final-state", help="final state of tables that do not say, as in mumu")
    arguments.add_argument("--lifetime-law", help=f"{', '.join(LAWS)}; for tables that do not say")
    arguments.add_argument("--kinds", nargs="+", choices=LIMITS, help="limits to use; all by default")
    arguments.add_argument("--masses", nargs="+", type=float, help="MeV; the tabulated masses by default")
    arguments.add_argument(
        "--continue-lifetimes", choices=CONTINUATIONS, help="how far below the tabulated lifetimes, as in the YAML"
    )
    arguments.add_argument("--theory", action="store_true", help="add the ends of the model's theory band")
    arguments.add_argument("--contours", help="CSV of closed polygons")
    arguments.add_argument("--union", help="CSV of what any of the searches excludes, and of its envelope")
    arguments.add_argument("--output", help="CSV of intervals")
    arguments.add_argument("--references", help="BibTeX file of the papers that it stands on")
    return arguments


def summary(
    model: Model,
    searches: Sequence[Limits],
    exclusion: Columns,
    masses: Array | None = None,
    kinds: Sequence[str] | None = None,
) -> str:
    """What is excluded, in a few lines for the screen.

    Args:
        model: the model.
        searches: all that were given.
        exclusion: all that is excluded.
        masses: those asked for; None: the tabulated ones.
        kinds: those asked for; None: `SUMMARY`, of a search that has none of these all.
    """
    unit = f" {model.coupling.unit}" if model.coupling.unit else ""
    plain = {(limits.search, limits.label) for limits in searches if {*SUMMARY} & {*limits.values}}
    levels_of = {(limits.search, limits.label): 100 * limits.level for limits in searches}
    rows_of = {*zip(exclusion["search"].tolist(), exclusion["label"].tolist(), strict=True)}
    shown = sorted({levels_of[of] for of in rows_of})
    levels = ", ".join(f"{level:g} %" for level in shown) or "any"
    lines = [f"{model.title}: excluded {model.coupling.name}{unit} at {levels} CL"]
    lines += [f"  {model.notes}", f"  {model.decay_notes}"]
    for limits in searches:
        lines += [f"  {limits.search}: {line}" for line in remarks(model, limits, exclusion, masses)]
    keys = zip(exclusion["search"], exclusion["label"], exclusion["kind"], strict=True)
    for search, label, kind in dict.fromkeys(keys):
        if kind not in (kinds or SUMMARY) and (kinds or (search, label) in plain):
            continue
        rows = (exclusion["search"] == search) & (exclusion["label"] == label) & (exclusion["kind"] == kind)
        mass, low, high = (exclusion[name][rows] for name in ("mass_MeV", "coupling_low", "coupling_high"))
        best, most = int(np.argmin(low)), int(np.argmax(high))
        low_end = EDGE_WORDS.get(exclusion["edge_low"][rows][best], "")
        high_end = EDGE_WORDS.get(exclusion["edge_high"][rows][most], "")
        at = f" at {levels_of[search, label]:g} %" if len(shown) > 1 else ""
        lines.append(
            f"  {search} ({label or 'no label'}), {kind}{at}: {len(np.unique(mass))} masses from {mass.min():g} to "
            f"{mass.max():g} MeV; from {low[best]:.3g}{low_end} at {mass[best]:g} MeV; up to {high.max():.3g}"
            f"{high_end}"
        )
    return "\n".join(line for line in lines if line.strip())


def remarks(model: Model, limits: Limits, exclusion: Columns, masses: Array | None) -> list[str]:
    """What must be said of one search: masses without limit, what does not meet the model, what looks wrong."""
    if not model.meets(limits.process, limits.final_state, limits.quantity):
        on = f", a limit on {limits.quantity}," if limits.quantity else ""
        return [f"{limits.process}, {limits.final_state}{on} does not meet this model"]
    model = model.in_terms_of(limits.quantity, limits.process)
    lines = []
    asked = limits.mass_MeV if masses is None else masses
    covered = limits.covered(asked)
    if not covered.all():
        ends = limits.mass_MeV[limits.covered()][[0, -1]]
        listed = ", ".join(f"{mass:g}" for mass in asked[~covered][:SHOWN]) + " ..." * int(np.sum(~covered) > SHOWN)
        lines.append(f"no limit at {listed} MeV: not covered by its table, {ends[0]:g} to {ends[1]:g} MeV with gaps")
    if covered.any():
        produced = model.production[limits.process](asked[covered], model.coupling.high)
        if not np.any(produced > 0):
            lines.append("nothing is produced at these masses: the decay is closed there, or left out")
        elif not np.any((exclusion["search"] == limits.search) & (exclusion["label"] == limits.label)):
            lines.append(f"nothing is excluded at {covered.sum()} masses")
        if np.isfinite(cut := cut_at(model, limits)):
            lines.append(f"branching fractions above 1 are cut at 1, from about {model.coupling.name} = {cut:.1g}")
    return lines


if __name__ == "__main__":
    run(main)
