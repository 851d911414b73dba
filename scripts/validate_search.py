"""Validation of a peak search on pseudo-experiments of its own smooth spectrum: background fits, injected signals.

Writes sidebands.csv: for each window and each order of the polynomial the bias of the background in units of its
statistical uncertainty (the spurious signal: what the fit makes of the expectation itself), and the pulls of real
fits to pseudo-experiments in some windows. Writes injection.csv: signals of several strengths put into the spectrum,
what is found of them, and how often the limit is above them.

Of the fit of signal and background: spurious.csv, for each window the order of its polynomial and the signal that it
makes of the expectation itself; fit_injection.csv, injected signals as above.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import special

from darkaon.command import Argv, parser, run
from darkaon.config.search import load_search
from darkaon.config.slots.background import Sidebands
from darkaon.config.slots.statistics import Statistics
from darkaon.statistics.fit_coverage import coverage
from darkaon.statistics.fit_model import Layout, Model
from darkaon.statistics.fit_order import ORDERS, choose_orders
from darkaon.statistics.limits import set_limits
from darkaon.statistics.look_elsewhere import Scan, Smooth, generator
from darkaon.tables.table import write_table
from darkaon.typing import Array, Mask
from darkaon.windows.fits import LEAST_BACKGROUND, lay_bins, shapes_of, templates
from darkaon.windows.grid import Windows
from darkaon.windows.scans import scan_of, sidebands_of
from darkaon.windows.sidebands import fit_sidebands, sideband_design

SLOTS = ("observable", "regions", "masses", "resolution", "window", "background", "blind", "statistics")
PULLED, PULLS = 15, 300  # windows whose fits are pulled; pseudo-experiments
MASSES, STRENGTHS = 5, (0.0, 1.0, 2.0, 3.0, 5.0, 8.0)  # signals in units of sqrt(b)


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__, "search", "label", "candidates", "signal")
    arguments.add_argument("--name", default="", help="the search's id, part of the seed")
    arguments.add_argument("--seed", type=int, default=0, help="0 or more (default: %(default)s)")
    arguments.add_argument("--toys", type=int, default=1000, help="for each injected strength (default: %(default)s)")
    arguments.add_argument("--output", required=True, type=Path, help="folder")
    args = arguments.parse_args(argv)

    search = load_search(args.search, SLOTS, ("events",))
    grid, blinded, smooth, over = scan_of(search, args.search, args.candidates, args.signal)
    slot, statistics, windows = sidebands_of(search, args.search), search.statistics, grid.windows
    header = {"label": args.label, "search": args.name, "made_by": "validate_search"}
    number = zlib.crc32(args.name.encode())

    bias = sidebands(slot, windows, smooth, over, generator(args.seed, number, 10**6))
    write_table(args.output / "sidebands.csv", bias, header | {"pseudo_experiments": PULLS})
    for order in np.unique(bias["order"]):
        own = bias["bias"][bias["order"] == order]
        rms, most = np.sqrt(np.mean(own**2)), np.abs(own).max()
        print(f"order {order:.0f}: bias / uncertainty rms {rms:.3f}, at most {most:.3f}")

    toys = header | {"level": statistics.level, "pseudo_experiments": args.toys}
    found = injection(slot, statistics, windows, over, generator(args.seed, number, 10**6 + 1), args.toys)
    write_table(args.output / "injection.csv", found, toys)
    print(f"limits are above the injected signal in {100 * found['coverage'].min():.1f} % or more of the experiments")

    layout = Layout(slot.half_width_sigma, statistics.bins)
    bins = lay_bins(windows, layout, slot.spectrum, blinded)
    used, expected = bins.exists, np.where(bins.exists, [smooth(edges) for edges in bins.edges], 0.0)
    shapes = templates(windows, layout, shapes_of(search, args.signal, grid.resolution), 0.0)[0]
    chosen = choose_orders(layout, expected, shapes, used, ORDERS)
    inner = np.einsum("wb,b->w", expected, layout.inner)
    columns = {"mass_MeV": windows.mass_MeV, "order": chosen.order, "spurious": chosen.spurious, "background": inner}
    write_table(args.output / "spurious.csv", columns, header)
    fitted = np.flatnonzero((chosen.order > 0) & (inner >= LEAST_BACKGROUND))
    print(f"{fitted.size} of {inner.size} windows can be fitted, the others are counted")
    found = fit_injection(
        (expected[fitted], shapes[fitted], used[fitted]), layout, chosen.order[fitted], windows.mass_MeV[fitted],
        generator(args.seed, number, 10**6 + 2), args.toys, statistics.level,
    )  # fmt: skip
    write_table(args.output / "fit_injection.csv", found, toys)
    if fitted.size:
        print(f"those of the fit in {100 * found['coverage'].min():.1f} % or more")


def fit_injection(
    windows: tuple[Array, Array, Mask],
    layout: Layout,
    order: NDArray[np.int64],
    mass_MeV: Array,
    rng: np.random.Generator,
    toys: int,
    level: float,
) -> dict[str, Array]:
    """What fits find of signals at a few masses: a row for each mass and strength in units of sqrt(b)."""
    names = (
        "mass_MeV", "order", "background", "strength", "injected", "found", "found_error", "coverage",
        "coverage_error", "fitted",
    )  # fmt: skip
    rows = []
    for i in _places(len(mass_MeV)) if len(mass_MeV) else ():
        mean, shape, used = (values[i] for values in windows)
        model = Model(layout, int(order[i]), shape[None], used[None])
        b, inside = np.sum(mean * layout.inner), np.sum(shape * layout.inner)
        for strength in STRENGTHS:
            signal = strength * float(np.sqrt(b)) / float(inside)
            toy = coverage(model, mean, np.where(used, shape, 0.0), signal, toys, rng, level)
            rows.append(
                (mass_MeV[i], order[i], b, strength, signal, toy.signal, toy.signal_error, toy.coverage, toy.error,
                 toy.fitted)
            )  # fmt: skip
    return {name: np.array([row[k] for row in rows], dtype=float) for k, name in enumerate(names)}


def _places(windows: int) -> NDArray[np.int64]:
    """Of so many windows a few, evenly spread and not at the ends."""
    margin = windows // 10
    return np.unique(np.linspace(margin, windows - 1 - margin, MASSES).round().astype(int))


def sidebands(
    slot: Sidebands, windows: Windows, smooth: Smooth, over: Scan, rng: np.random.Generator
) -> dict[str, Array]:
    """Bias and pulls of the fits, a row for each order and window."""
    chosen = np.unique(np.linspace(0, len(windows.mass_MeV) - 1, PULLED).round().astype(int))
    rows = np.repeat(chosen, PULLS)
    design = sideband_design(
        windows.centre[rows], windows.low[rows], windows.high[rows], slot.half_width_sigma * windows.sigma[rows],
        spectrum=slot.spectrum, bins=slot.bins,
    )  # fmt: skip
    expected = np.array([smooth(edges) for edges in design.edges[::PULLS]])
    counts = rng.poisson(np.repeat(expected, PULLS, axis=0)).astype(float)
    columns: dict[str, list[Array]] = {name: [] for name in ("order", "mass_MeV", "bias", "pull_mean", "pull_rms")}
    for order, fit in zip((slot.order, *slot.alternatives), over.fits, strict=True):
        uncertainty = np.sqrt(fit.power(2) @ over.expected)
        real = fit_sidebands(counts, design, order)
        pulls = ((real.background - over.background[rows]) / real.uncertainty).reshape(-1, PULLS)
        mean, rms = np.full((2, len(windows.mass_MeV)), np.nan)
        mean[chosen], rms[chosen] = pulls.mean(axis=1), pulls.std(axis=1)
        columns["order"].append(np.full(len(mean), float(order)))
        columns["mass_MeV"].append(windows.mass_MeV)
        columns["bias"].append((fit @ over.expected - over.background) / uncertainty)
        columns["pull_mean"].append(mean)
        columns["pull_rms"].append(rms)
    return {name: np.concatenate(values) for name, values in columns.items()}


def injection(
    slot: Sidebands, statistics: Statistics, windows: Windows, over: Scan, rng: np.random.Generator, toys: int
) -> dict[str, Array]:
    """What is found of Gaussian signals at a few masses, all put into the same pseudo-experiments."""
    at = _places(len(windows.mass_MeV))
    near = np.diff(windows.centre[at]) < slot.half_width_sigma * windows.sigma[at[1:]] + 3 * windows.sigma[at[:-1]]
    at = at[:1] if np.any(near) else at  # signals must not lie in each other's sidebands
    cumulative = special.ndtr((over.edges - windows.centre[at, None]) / windows.sigma[at, None])
    shape = np.diff(cumulative, axis=1)  # of one signal event
    inside = np.einsum("mf,mf->m", over.windows.toarray()[at], shape)
    leak = np.einsum("mf,mf->m", over.fits[0].toarray()[at], shape) / inside
    rows = []
    for strength in STRENGTHS:
        injected = strength * np.sqrt(over.background[at])
        expected = over.expected + np.einsum("m,mf->f", injected / inside, shape)
        counts = rng.poisson(expected[:, None], (len(expected), toys)).astype(float)
        n, b, stat, syst = (values[at] for values in over.fit(counts))
        limits = set_limits(
            n.ravel(), b.ravel(), np.hypot(stat, syst).ravel(), tau=(b / np.square(stat)).ravel(),
            method=statistics.counting, level=statistics.level, nuisance=statistics.nuisance,
        )  # fmt: skip
        observed = limits.observed.reshape(n.shape)
        covered, without = (
            np.mean(found >= injected[:, None], axis=1) for found in (observed / (1.0 - leak[:, None]), observed)
        )
        rows.append(
            {
                "mass_MeV": windows.mass_MeV[at],
                "background": over.background[at],
                "strength": np.full(len(at), strength),
                "injected": injected,
                "leak": leak,
                "found": (n - b).mean(axis=1) / (1.0 - leak),
                "found_error": (n - b).std(axis=1) / (1.0 - leak) / np.sqrt(toys),
                "coverage": covered,
                "coverage_without_leak": without,
                "coverage_error": np.sqrt(np.maximum(covered * (1 - covered), 1 / toys) / toys),
                "significance": np.median(limits.significance.reshape(n.shape), axis=1),
            }
        )
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


if __name__ == "__main__":
    run(main)
