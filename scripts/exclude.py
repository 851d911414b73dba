"""Couplings of a model that searches exclude, as intervals with their edges.

    python scripts/exclude.py --model bc4_inv --limits resources/published/na62_kpix_invisible_2016_22.csv
    python scripts/exclude.py --model config/models/bc4.yaml \
        --limits na62_kpix_mumu=results/searches/na62_kpix_mumu/branching_limits.csv \
        --limits na62_kpix_mumu=resources/published/na62_kpix_mumu_2017_18.csv,published --output exclusion.csv

A table's header says process, final_state, lifetime_law (escape, prompt, stable), search and label. What a raw table
lacks is taken from the search of config/searches that names it (or has the id before the '='), or from the options.
Searches that the model does not meet are passed over. Without --output a summary goes to the screen.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from darkaon import provenance
from darkaon.command import parser, run
from darkaon.exclusion.combine import NAMES, common_masses, contours, exclude_all, union
from darkaon.exclusion.files import read_limits
from darkaon.exclusion.intervals import Columns
from darkaon.exclusion.limits import KINDS, Limits
from darkaon.models.loading import load_model
from darkaon.models.model import Array, Model
from darkaon.tables import write_table


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
    masses = np.unique(args.masses) if args.masses else common_masses(met) if args.union else None
    exclusion = exclude_all(model, met, masses, args.kinds, args.theory)
    if args.union:
        exclusion = union(exclusion)
    if not args.output and not args.contours:
        print(summary(model, searches, exclusion))
    lines = provenance.header(
        "exclude",
        label=", ".join(sorted({limits.label for limits in met if limits.label})),
        settings={},
        tables=tables,
        model=model.id,
        title=model.title,
        coupling=model.coupling.name,
        coupling_unit=model.coupling.unit or "1",
        notes=model.notes or "none",
    )
    if args.output:
        write_table(args.output, exclusion, lines)
    if args.contours:
        write_table(args.contours, _polygons(exclusion, met, masses), lines)


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
    arguments.add_argument("--kinds", nargs="+", choices=KINDS, help="limits to use; all by default")
    arguments.add_argument("--masses", nargs="+", type=float, help="MeV; the tabulated masses by default")
    arguments.add_argument("--theory", action="store_true", help="add the ends of the model's theory band")
    arguments.add_argument("--union", action="store_true", help="what any of the searches excludes")
    arguments.add_argument("--contours", help="CSV of closed polygons")
    arguments.add_argument("--output", help="CSV of intervals; a summary on the screen by default")
    return arguments


def _polygons(exclusion: Columns, searches: Sequence[Limits], masses: Array | None) -> Columns:
    """The contours of every search, label and kind, one below the other."""
    parts = []
    keys = zip(exclusion["search"], exclusion["label"], exclusion["kind"], strict=True)
    for search, label, kind in dict.fromkeys(keys):
        rows = np.all([exclusion[n] == v for n, v in zip(NAMES, (search, label, kind), strict=False)], axis=0)
        grid = masses
        if grid is None:
            grid = next(s.mass_MeV for s in searches if (s.search, s.label) == (search, label))
        found = contours({name: values[rows] for name, values in exclusion.items()}, grid)
        names = {
            name: np.full(len(found["polygon"]), value)
            for name, value in zip(NAMES, (search, label, kind), strict=False)
        }
        parts.append({**names, **found})
    columns = (*NAMES[:3], "polygon", "mass_MeV", "coupling")
    return {name: np.concatenate([np.empty(0), *(part[name] for part in parts)]) for name in columns}


def summary(model: Model, searches: Sequence[Limits], exclusion: Columns) -> str:
    """What is excluded, in a few lines for the screen."""
    unit = f" {model.coupling.unit}" if model.coupling.unit else ""
    lines = [f"{model.title}: excluded {model.coupling.name}{unit} at 90 % CL", f"  {model.notes}".rstrip()]
    for limits in searches:
        if not model.meets(limits.process, limits.final_state):
            lines.append(f"  {limits.search}: {limits.process}, {limits.final_state} does not meet this model")
    keys = zip(exclusion["search"], exclusion["label"], exclusion["kind"], strict=True)
    for search, label, kind in dict.fromkeys(keys):
        rows = (exclusion["search"] == search) & (exclusion["label"] == label) & (exclusion["kind"] == kind)
        mass, low, high = (exclusion[name][rows] for name in ("mass_MeV", "coupling_low", "coupling_high"))
        best = int(np.argmin(low))
        lines.append(
            f"  {search} ({label or 'no label'}), {kind}: {len(np.unique(mass))} masses from {mass.min():g} to "
            f"{mass.max():g} MeV; from {low[best]:.3g} at {mass[best]:g} MeV; up to {high.max():.3g}"
        )
    if len(exclusion["mass_MeV"]) == 0:
        lines.append("  nothing is excluded")
    return "\n".join(line for line in lines if line.strip())


if __name__ == "__main__":
    run(main)
