"""Couplings of a model that searches exclude, as intervals with their edges.

    python scripts/exclude.py --model bc4_inv --limits resources/published/na62_kpix_invisible_2016_22.csv
    python scripts/exclude.py --model config/models/bc4.yaml \
        --limits na62_kpix_mumu=results/searches/na62_kpix_mumu/branching_limits.csv \
        --limits na62_kpix_mumu=resources/published/na62_kpix_mumu_2017_18.csv,published --output exclusion.csv

A table's header says process, final_state, lifetime_law (escape, prompt, stable), search and label. What a raw table
lacks is taken from the search of config/searches that names it (or has the id before the '='), or from the options.
Searches that the model does not meet are passed over. A summary goes to the screen.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from darkaon.command import parser, run
from darkaon.exclusion.combine import common_masses, envelope, exclude_all, polygons, stack, union
from darkaon.exclusion.described import header
from darkaon.exclusion.files import read_limits
from darkaon.exclusion.intervals import Columns
from darkaon.exclusion.limits import Limits
from darkaon.models.loading import load_model, model_settings
from darkaon.models.model import Model
from darkaon.report.bibliography import bibtex
from darkaon.tables.references import listed
from darkaon.tables.table import atomic_path, write_table
from darkaon.typing import LIMITS

SUMMARY = ["observed", "expected"]  # the kinds of limits in the summary, unless --kinds says which


def main(argv: Sequence[str] | None = None) -> None:
    """Run the script with the arguments `argv`."""
    args = _arguments().parse_args(argv)
    model = load_model(args.model)
    given = {key: getattr(args, key) for key in ("process", "final_state", "lifetime_law")}
    tables, searches = [], []
    for text in args.limits:
        table, limits = read_limits(text, given)
        tables.append(table)
        searches.append(limits)
    met = [limits for limits in searches if model.meets(limits.process, limits.final_state)]
    masses = np.unique(args.masses) if args.masses else None
    exclusion = exclude_all(model, met, masses, args.kinds, args.theory)
    shown = np.isin(exclusion["kind"], args.kinds or SUMMARY)
    print(summary(model, searches, {name: values[shown] for name, values in exclusion.items()}))
    settings, rates = model_settings(args.model)
    lines = header(model, settings, rates, tables, searches)
    if args.references:
        with atomic_path(args.references) as temporary:
            temporary.write_text(bibtex(listed(lines["references"])), encoding="utf-8")
    if args.output:
        write_table(args.output, exclusion, lines)
    if args.contours:
        write_table(args.contours, polygons(exclusion, met, masses), lines)
    if args.union:
        grid = common_masses(met) if masses is None else masses
        any_of = union(exclude_all(model, met, grid, args.kinds, args.theory))
        write_table(args.union, stack([any_of, envelope(any_of)]), lines)


def _arguments() -> argparse.ArgumentParser:
    arguments = parser(__doc__)
    arguments.add_argument("--model", required=True, help="id, or a YAML such as config/models/bc4.yaml")
    arguments.add_argument(
        "--limits", required=True, action="extend", nargs="+", metavar="[SEARCH=]PATH[,LABEL]",
        help="tables of limits on the branching ratio",
    )  # fmt: skip
    arguments.add_argument("--process", help="production of tables that do not say, as in 'K+ -> pi+ X'")
    arguments.add_argument("--final-state", help="final state of tables that do not say, as in mumu")
    arguments.add_argument("--lifetime-law", help="escape, prompt or stable, for tables that do not say")
    arguments.add_argument("--kinds", nargs="+", choices=LIMITS, help="limits to use; all by default")
    arguments.add_argument("--masses", nargs="+", type=float, help="MeV; the tabulated masses by default")
    arguments.add_argument("--theory", action="store_true", help="add the ends of the model's theory band")
    arguments.add_argument("--contours", help="CSV of closed polygons")
    arguments.add_argument("--union", help="CSV of what any of the searches excludes, and of its envelope")
    arguments.add_argument("--output", help="CSV of intervals")
    arguments.add_argument("--references", help="BibTeX file of the papers that it stands on")
    return arguments


def summary(model: Model, searches: Sequence[Limits], exclusion: Columns) -> str:
    """What is excluded, in a few lines for the screen."""
    unit = f" {model.coupling.unit}" if model.coupling.unit else ""
    met = {limits.search: 100 * limits.level for limits in searches if limits.search in exclusion["search"]}
    levels = ", ".join(f"{level:g} %" for level in sorted(set(met.values()))) or "any"
    lines = [f"{model.title}: excluded {model.coupling.name}{unit} at {levels} CL"]
    lines += [f"  {model.notes}", f"  {model.decay_notes}"]
    for limits in searches:
        if not model.meets(limits.process, limits.final_state):
            lines.append(f"  {limits.search}: {limits.process}, {limits.final_state} does not meet this model")
    keys = zip(exclusion["search"], exclusion["label"], exclusion["kind"], strict=True)
    for search, label, kind in dict.fromkeys(keys):
        rows = (exclusion["search"] == search) & (exclusion["label"] == label) & (exclusion["kind"] == kind)
        mass, low, high = (exclusion[name][rows] for name in ("mass_MeV", "coupling_low", "coupling_high"))
        best = int(np.argmin(low))
        at = f" at {met[search]:g} %" if len(set(met.values())) > 1 else ""
        lines.append(
            f"  {search} ({label or 'no label'}), {kind}{at}: {len(np.unique(mass))} masses from {mass.min():g} to "
            f"{mass.max():g} MeV; from {low[best]:.3g} at {mass[best]:g} MeV; up to {high.max():.3g}"
        )
    if len(exclusion["mass_MeV"]) == 0:
        lines.append("  nothing is excluded")
    return "\n".join(line for line in lines if line.strip())


if __name__ == "__main__":
    run(main)
