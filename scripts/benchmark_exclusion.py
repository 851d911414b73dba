"""Time of the exclusions, beside a scan of a 500 x 500 grid of mass and coupling in the same run.

    python scripts/benchmark_exclusion.py --model bc4

Prints the ratio of the CPU times for 1e4 masses, how far the two agree, and the time of all models with all
published searches, twice (published and own) with six kinds of limits each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from darkaon.command import Argv, parser, run
from darkaon.errors import InputError
from darkaon.exclusion.combine import exclude_all
from darkaon.exclusion.files import read_limits
from darkaon.exclusion.intervals import Columns, Margin, exclude
from darkaon.exclusion.lifetime import LAWS, lifetime_curves
from darkaon.exclusion.limits import Limits
from darkaon.models.loading import load_model
from darkaon.models.model import Model
from darkaon.paths import named
from darkaon.tables.table import read_header
from darkaon.typing import LIMITS, Array

GRID = 500
PUBLISHED = Path(__file__).parents[1] / "resources" / "published"


def grid_scan(model: Model, limits: Limits, mass_MeV: Array, coupling: Array) -> Array:
    """Whether each (mass, coupling) of a grid is excluded, the plain way: every rate at every point."""
    at = limits.at(mass_MeV)
    known = np.flatnonzero(np.isfinite(at.values["observed"]).any(axis=0))
    curves = lifetime_curves(at.lifetime_ns, at.values["observed"][:, known], at.law, model.continue_lifetimes)
    margin = Margin(replace(model, power_law=False), at, mass_MeV[known], curves, np.ones(len(known)))
    excluded = np.zeros((len(mass_MeV), len(coupling)), dtype=bool)
    excluded[known] = margin(np.log(coupling), np.arange(len(known))[:, None]) > 0
    return excluded


def on_grid(found: Columns, mass_MeV: Array, coupling: Array) -> Array:
    """Whether each point of the grid lies in one of the intervals."""
    inside = np.zeros((len(mass_MeV), len(coupling)), dtype=bool)
    row = np.searchsorted(mass_MeV, found["mass_MeV"])
    for i, low, high in zip(row, found["coupling_low"], found["coupling_high"], strict=True):
        inside[i] |= (coupling >= low * (1 - 1e-12)) & (coupling <= high * (1 + 1e-12))
    return inside


def residual(model: Model, limits: Limits, found: Columns) -> float:
    """The largest |log(signal / UL)| at the edges that are roots."""
    worst = 0.0
    for side in ("low", "high"):
        roots = np.flatnonzero(found[f"edge_{side}"] == "root")
        at = limits.at(found["mass_MeV"][roots])
        curves = lifetime_curves(at.lifetime_ns, at.values["observed"], at.law, model.continue_lifetimes)
        margin = Margin(model, at, at.mass_MeV, curves, np.ones(len(roots)))
        excess, _, escaped, _ = margin.parts(np.log(found[f"coupling_{side}"][roots]), np.arange(len(roots)))
        worst = max(worst, float(np.max(np.minimum(np.abs(excess), np.abs(escaped)), initial=0.0)))
    return worst


def timed(function: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """The result, and the CPU seconds that it took."""
    start = time.process_time()
    result = function(*arguments)
    return result, time.process_time() - start


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--model", default="bc4", help="id, or a YAML such as config/models/bc4.yaml")
    arguments.add_argument("--masses", type=int, default=10_000, help="how many")
    args = arguments.parse_args(argv)
    model = load_model(args.model)
    searches = published()
    met = [limits for limits in searches if model.meets(limits.process, limits.final_state)]
    if not met:
        raise InputError(
            f"--model {args.model}: no published search constrains it",
            remedy="put one into config/searches, or name another model",
        )
    end = max(limits.mass_MeV[-1] for limits in met)

    many = np.linspace(0, end, args.masses)
    _, seconds = timed(exclude_all, model, met, many)
    print(f"{model.id}, {len(met)} searches, {args.masses} masses: {seconds:.2f} s CPU with edges as roots")

    masses = np.linspace(0, end, GRID)
    coupling = np.geomspace(model.coupling.low, model.coupling.high, GRID)
    roots_s = scan_s = worst = 0.0
    differ = points = 0
    for limits in met:
        found, seconds = timed(exclude, model, limits, masses)
        roots_s += seconds
        worst = max(worst, residual(model, limits, found))
        scan, seconds = timed(grid_scan, model, limits, masses, coupling)
        scan_s += seconds
        differ += int(np.sum(scan != on_grid(found, masses, coupling)))
        points += scan.size
    step = (model.coupling.high / model.coupling.low) ** (1 / (GRID - 1)) - 1
    print(
        f"{GRID} masses: roots {roots_s:.3f} s (log B/UL = 0 to {worst:.0e}), grid of {GRID} x {GRID} {scan_s:.3f} s "
        f"(edges to {step:.0%}): {scan_s / roots_s:.1f} times; {differ} of {points} grid points differ"
    )

    total, rows = 0.0, 0
    names = list(named("models"))
    for name in names:
        own = load_model(name)
        found, seconds = timed(exclude_all, own, twice_with_bands(searches))
        total, rows = total + seconds, rows + len(found["mass_MeV"])
    print(
        f"{len(names)} models x {len(searches)} searches x {len(LIMITS)} kinds x 2 labels: {total:.2f} s CPU, "
        f"{rows} intervals"
    )


def published() -> list[Limits]:
    """The published tables in resources/ that follow a law of ours."""
    paths = sorted(PUBLISHED.glob("*.csv"))
    return [read_limits(str(path), {})[1] for path in paths if read_header(path).get("lifetime_law", LAWS[0]) in LAWS]


def twice_with_bands(searches: Sequence[Limits]) -> list[Limits]:
    """The searches as published and as if own, with made-up expected limits around the observed ones."""
    result = []
    for limits in searches:
        observed = limits.values["observed"]
        values = {kind: observed * factor for kind, factor in zip(LIMITS, (1, 0.5, 0.7, 1, 1.4, 2), strict=True)}
        result += [replace(limits, values=values, label=label) for label in ("published", "simulated")]
    return result


if __name__ == "__main__":
    run(main)
