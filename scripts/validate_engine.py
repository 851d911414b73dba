"""Validation of the limit engine by itself: coverage, uniformity of p-values, reference values.

Writes coverage.csv (least coverage for each background and uncertainty), coverage_curves.csv (against the signal),
sideband_coverage.csv (with the sideband fluctuating), leak.csv (under a signal that reaches into its own sidebands),
bands.csv (what expected bands hold), combination.csv (beside what it must agree with), fit_coverage.csv (of the fit,
by pseudo-experiments), scans.csv (global p-values), p_values.csv and references.csv into a folder. Coverage of
counting is enumerated. With the measurement of the background fixed `hybrid` and `known` must cover at every point,
with the sideband fluctuating `hybrid` and `on_off` must; bands must hold at least what they say; limits corrected for
the leak and those of the fit must cover 0.885 on flat spectra; closed forms of global p-values must be right to a
fifth. What is known to fail must fail: shape n_off + 1, bands at a fixed background, limits without the correction.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from darkaon.command import Argv, parser, run
from darkaon.errors import InputError
from darkaon.statistics import combination_checks, hybrid, on_off
from darkaon.statistics.coverage import (
    MOST,
    coverage,
    draw,
    grid,
    inside,
    limits_by_count,
    rejection,
    sideband_coverage,
)
from darkaon.statistics.fit_coverage import coverage_of
from darkaon.statistics.global_p import box_global_p, box_roughness
from darkaon.statistics.known import log_excess
from darkaon.statistics.limits import set_limits
from darkaon.statistics.look_elsewhere import BLOCK, experiments, flat_scan, generator, global_p
from darkaon.statistics.quantiles import count_quantiles
from darkaon.statistics.references import CLASSICAL, TABLE, Z_BI
from darkaon.statistics.upper_limits import SIGMAS
from darkaon.tables.table import write_table
from darkaon.typing import Array
from darkaon.windows.leak_coverage import leak_coverage

LEVEL = 0.90
BACKGROUNDS = np.geomspace(0.01, 20.0, 23)
RELATIVE = np.array([0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5])
CURVES = ((0.5, 0.2), (3.0, 0.2), (15.0, 0.2))  # background, relative uncertainty
METHODS = ("hybrid", "known", "profile", "asymptotic")
MUST_COVER = ("hybrid", "known")
SHAPES = {"n_off": 0.0, "n_off + 1/2": 0.5, "n_off + 1": 1.0}
TAUS = (0.1, 0.25, 0.5, 1.0, 8.0, 30.0)
SPARSE = (0.05, 0.2, 1.0, 3.0, 10.0, 30.0)
TOLERANCE = 1e-3  # of the least coverage: the signals are a grid
BANDS_OF = (
    ("gamma", 100.0, 20.0), ("gamma", 0.5, 0.1), ("gamma", 3.0, 1.5), ("gamma", 12.66, 4.91), ("gamma", 100.0, 5.0),
    ("gamma", 1e4, 36.0), ("gamma", 7500.0, 900.0), ("lognormal", 10.0, 3.0), ("lognormal", 100.0, 30.0),
    ("gauss", 100.0, 20.0), ("gauss", 5.0, 4.0), ("gamma", 3.0, 0.0), ("gamma", 150.0, 0.0),
    ("two_piece", 10.0, 22.0),
)  # fmt: skip
DOWN = {"two_piece": 8.0}
ONE, TWO, ONE_DRAWN, TWO_DRAWN = 0.6827, 0.9545, 0.675, 0.95
"""What the bands must hold, summed and by pseudo-experiments."""
TOYS = 40_000
LEAKS = {"di-muon": (1.0, 9.0, 1), "HNL": (1.5, 11.25, 3)}
"""Half widths of window and sidebands [sigma], order of the polynomial."""
LEAK_SPECTRA, LEAK_BACKGROUNDS, LEAK_SIGNALS = {"flat": 0.0, "bent": 0.2}, (200.0, 1e4), (1.0, 3.0, 5.0, 8.0)
LEAK_TOYS, LEAK_LEAST = 3_000, 0.885
COMBINED_TOYS = 400_000
SCAN_LENGTH, SCAN_BACKGROUND, SCAN_STEPS, SCAN_Z = 297.0, 150.0, (1.0, 0.5, 0.2, 0.1), (3.0, 3.5)
SCAN_AGREES = 0.2  # of the closed form, beside the error of the pseudo-experiments
FITS = (("flat", 1, 0.0), ("flat", 2, 0.0), ("flat", 3, 0.0), ("bent", 2, 0.2), ("bent", 1, 0.2))
"""Spectrum, order that is fitted, coefficient of P_2 in ln of the spectrum; of the last the order is too low."""
FIT_BACKGROUNDS, FIT_SIGNALS = (5.0, 20.0, 50.0, 200.0, 1e4), (1.0, 3.0, 5.0)
FIT_LEAST = 0.885  # on a flat spectrum in orders 1 and 2
HEADER = {"label": "calculated", "made_by": "validate_engine"}


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--every", type=int, default=1, help="only every k-th background of the grid (default: 1)")
    arguments.add_argument(
        "--fits",
        type=int,
        default=12_000,
        help="pseudo-experiments for each cell of the fit's coverage (default: 12000)",
    )
    arguments.add_argument(
        "--scans", type=int, default=10_000, help="pseudo-experiments of global p-values (default: 10000)"
    )
    arguments.add_argument("--scans-alone", action="store_true", help="write scans.csv only")
    arguments.add_argument("--output", required=True, type=Path, help="folder")
    args = arguments.parse_args(argv)
    folder, every = args.output, args.every
    scan_table(folder, every, args.scans)
    if args.scans_alone:
        return
    least = coverage_tables(folder, BACKGROUNDS[::every])
    sideband = sideband_table(folder, every)
    held, fixed = band_table(folder, every)
    leaks = leak_table(folder, every)
    combination_table(folder)
    fits = fit_table(folder, every, args.fits)
    p_values(folder, every)
    worst = references(folder)
    for shape, value in sideband.items():
        print(f"least coverage with the sideband fluctuating, shape {shape}: {value:.4f}")
    for name, part in (("averaged", held), ("fixed", fixed)):
        print(f"expected bands, background {name}: at least {part[0]:.4f} and {part[1]:.4f} inside")
    print(
        f"least coverage at 5 sqrt(b) on a flat spectrum: {leaks[0]:.4f}, not corrected for the leak {leaks[1]:.4f}"
    )
    print(f"least coverage of the fit on a flat spectrum, orders 1 and 2: {fits:.4f}")
    for method, value in least.items():
        print(f"least coverage of {method}: {value:.6f}")
    print(f"largest difference to a reference value: {worst:.1e}")
    _ask(folder / "coverage.csv", {method: least[method] for method in MUST_COVER}, LEVEL - 1e-6)
    file, ask = folder / "sideband_coverage.csv", LEVEL - TOLERANCE
    _ask(file, {"hybrid": sideband["n_off"]}, ask)
    _ask(file, {"shape n_off + 1": sideband["n_off + 1"]}, ask, fails=True)
    for place, (name, ask) in enumerate((("one sigma", ONE), ("two sigma", TWO))):
        _ask(folder / "bands.csv", {f"the band of {name}": held[place]}, ask)
        _ask(folder / "bands.csv", {f"the band of {name} at a fixed background": fixed[place]}, ask, fails=True)
    for place, (name, ask) in enumerate((("one sigma", ONE_DRAWN), ("two sigma", TWO_DRAWN)), start=2):
        _ask(folder / "bands.csv", {f"the band of {name}, by toys,": held[place]}, ask)
    _ask(folder / "leak.csv", {"a limit corrected for the leak": leaks[0]}, LEAK_LEAST)
    _ask(folder / "leak.csv", {"a limit that is not": leaks[1]}, LEAK_LEAST, fails=True)
    lack = 3.0 * np.sqrt(0.1 / args.fits) * (args.fits < 12_000)
    _ask(folder / "fit_coverage.csv", {"the fit": fits}, FIT_LEAST - lack)


def _ask(table: Path, covers: dict[str, float], least: float, *, fails: bool = False) -> None:
    """Refuse what covers less than it must, or more where it is known to fail."""
    for name, value in covers.items():
        if (value < least) != fails:
            more = "is known to fail, but covers" if fails else "covers only"
            raise InputError(f"{name} {more} {value:.6f}", remedy=f"see {table}")


def coverage_tables(folder: Path, backgrounds: Array) -> dict[str, float]:
    """Write coverage.csv and coverage_curves.csv; the least coverage of each method."""
    tables = {method: grid(backgrounds, RELATIVE, method=method, level=LEVEL) for method in METHODS}
    columns = {"method": np.repeat(METHODS, len(tables["known"]["signal"]))}
    columns |= {name: np.concatenate([t[name] for t in tables.values()]) for name in tables["known"]}
    header = HEADER | {"level": LEVEL, "background_measurement": "fixed"}
    write_table(folder / "coverage.csv", columns, header)
    signal, (b, r) = np.linspace(0.0, MOST, 1001), np.array(CURVES).T
    curves = {m: coverage(limits_by_count(b, r * b, MOST, method=m, level=LEVEL), b, signal) for m in METHODS}
    rows = [
        (method, *curve, s, value)
        for method, found in curves.items()
        for curve, values in zip(CURVES, found, strict=True)
        for s, value in zip(signal, values, strict=True)
    ]
    names = ("method", "background", "relative_uncertainty", "signal", "coverage")
    _write(folder / "coverage_curves.csv", names, rows, header)
    return {method: float(table["coverage"].min()) for method, table in tables.items()}


def p_values(folder: Path, every: int) -> None:
    """Write p_values.csv: how often background alone gives a p-value of at most alpha."""
    alpha = np.geomspace(1e-4, 1.0, 81)
    rows = [
        (method, b, a, part)
        for b in (3.0, 20.0, 100.0)[::every]
        for method, (p, tau) in P_VALUES.items()
        for a, part in zip(alpha, rejection(partial(p, b), b, tau, alpha), strict=True)
    ]
    _write(folder / "p_values.csv", ("method", "background", "alpha", "rejection"), rows, HEADER | {"tau": TAU})


def sideband_table(folder: Path, every: int) -> dict[str, float]:
    """Write sideband_coverage.csv: the least coverage of each shape of the background's distribution."""
    rows = []
    for (shape, more), tau, b in product(SHAPES.items(), TAUS[::every], SPARSE[::every]):
        least, signal = sideband_coverage(partial(_shaped, more), b, tau)
        rows.append((shape, tau, b, signal, least))
    names = ("shape", "tau", "background", "signal", "coverage")
    _write(folder / "sideband_coverage.csv", names, rows, HEADER | {"level": LEVEL})
    return {shape: min(row[-1] for row in rows if row[0] == shape) for shape in SHAPES}


def _shaped(more: float, n: Array, off: Array, tau: Array) -> Array:
    b, sigma = on_off.background(off + more, tau)
    return hybrid.limits(hybrid.Windows(n, b, sigma, sigma), LEVEL)


def one_window(background: float, error: float, nuisance: str) -> hybrid.Windows:
    """One window without events."""
    n, b, up, down = (np.array([x]) for x in (0.0, background, error, DOWN.get(nuisance, error)))
    return hybrid.Windows(n, b, up, down, nuisance)


def band_table(folder: Path, every: int) -> tuple[list[float], list[float]]:
    """Write bands.csv: what the bands hold; the least of each column by the definition in use and at a fixed b."""
    rng = np.random.default_rng(20250723)
    rows: list[tuple[Any, ...]] = []
    for nuisance, b, sigma in BANDS_OF[::every]:
        windows = one_window(b, sigma, nuisance)
        toys = rng.poisson(draw(windows, TOYS, rng))
        for definition, by in (("averaged", windows), ("fixed", one_window(b, 0.0, "gamma"))):
            n = count_quantiles(SIGMAS, by)[:, 0]
            summed = [inside(windows, n[2 - k], n[2 + k]) for k in (1, 2)]
            drawn = [float(np.mean((toys >= n[2 - k]) & (toys <= n[2 + k]))) for k in (1, 2)]
            rows.append((definition, nuisance, b, sigma, *summed, *drawn))
    names = ("definition", "nuisance", "background", "uncertainty", "inside_1", "inside_2", "toys_1", "toys_2")
    _write(folder / "bands.csv", names, rows, HEADER | {"pseudo_experiments": TOYS})
    held, fixed = (
        np.min([row[4:] for row in rows if row[0] == name], axis=0).tolist() for name in ("averaged", "fixed")
    )
    return held, fixed


def leak_table(folder: Path, every: int) -> tuple[float, float]:
    """Write leak.csv: coverage under signals with and without the correction; the least at 5 sqrt(b), flat."""
    rows = []
    cases = product(LEAKS.items(), LEAK_SPECTRA.items(), LEAK_BACKGROUNDS[::every], LEAK_SIGNALS)
    for (name, window), (spectrum, bend), b, strength in cases:
        rng = np.random.default_rng([20250723, window[2], int(10 * bend), int(b), int(strength)])
        found = leak_coverage(window, b, strength, LEAK_TOYS, rng, bend, LEVEL)
        rows.append((name, spectrum, b, strength, *found))
    names = ("window", "spectrum", "background", "strength", "coverage", "coverage_without", "leak")
    _write(folder / "leak.csv", names, rows, HEADER | {"level": LEVEL, "pseudo_experiments": LEAK_TOYS})
    asked = [row for row in rows if row[1] == "flat" and row[3] == 5.0]
    return min(row[4] for row in asked), min(row[5] for row in asked)


def combination_table(folder: Path) -> None:
    """Write combination.csv: the combination beside single limits, sums, enumeration and pseudo-experiments.

    Raises:
        InputError: it differs by more than is asked, or 4 standard deviations of the pseudo-experiments.
    """
    rng = np.random.default_rng(20250723)
    rows: list[tuple[Any, ...]] = [(*row, combination_checks.REDUCED) for row in combination_checks.reductions()]
    rows += [(*row, combination_checks.ORDERED) for row in combination_checks.against_enumeration()]
    drawn = combination_checks.against_toys(COMBINED_TOYS, rng)
    rows += [(check, case, want, found, 4.0 * error / want) for check, case, want, found, error in drawn]
    rows = [(*row[:4], round(row[3] / row[2] - 1.0, 12), row[4]) for row in rows]
    names = ("check", "case", "reference", "value", "difference", "asked")
    _write(folder / "combination.csv", names, rows, HEADER | {"pseudo_experiments": COMBINED_TOYS})
    for check, case, *_, difference, asked in rows:
        if abs(difference) > asked:
            raise InputError(f"{check}, {case}: differs by {difference:.1e}", remedy=f"see {folder}/combination.csv")


def scan_table(folder: Path, every: int, toys: int) -> None:
    """Write scans.csv: global p-values in closed form beside pseudo-experiments.

    Raises:
        InputError: they differ by more than a fifth, and 3 standard deviations of the pseudo-experiments.
    """
    z, rows = np.array(SCAN_Z), []
    roughness = box_roughness(1.0, 9.0, 1)
    for step in SCAN_STEPS[::every]:
        over = flat_scan(step, SCAN_LENGTH, SCAN_BACKGROUND)
        blocks = [experiments(over, generator(20250723, round(10 * step), k)) for k in range(-(-toys // BLOCK))]
        p, error = global_p(np.concatenate([block["max_z_stat"] for block in blocks])[:toys], z)
        closed = box_global_p(z, np.full(len(over.background) - 1, step), roughness)
        rows += [(step, *row) for row in zip(z, p, error, closed, strict=True)]
        for row in rows[-len(z) :]:
            print("step {:g} sigma, z {:g}: global p {:.4f} +- {:.4f}, closed form {:.4f}".format(*row), flush=True)
    names = ("step_sigma", "z", "p_global", "p_global_error", "closed_form")
    _write(folder / "scans.csv", names, rows, HEADER | {"pseudo_experiments": toys})
    for step, above, found, error, closed in rows:
        if abs(found - closed) > SCAN_AGREES * closed + 3.0 * error * (toys < 100_000):
            raise InputError(
                f"step {step:g}, z {above:g}: global p {found:.4f}, closed form {closed:.4f}",
                remedy=f"see {folder}/scans.csv",
            )


def fit_table(folder: Path, every: int, toys: int) -> float:
    """Write fit_coverage.csv; the least coverage on a flat spectrum in orders 1 and 2."""
    rows = []
    for (name, order, bend), b, strength in product(FITS, FIT_BACKGROUNDS[::every], FIT_SIGNALS):
        rng = np.random.default_rng([20250723, order, int(10 * bend), int(b), int(strength)])
        toy = coverage_of(b, strength, order, toys, rng, bend)
        rows.append((name, order, b, strength, toy.coverage, toy.error, toy.fitted))
    names = ("spectrum", "order", "background", "strength", "coverage", "coverage_error", "fitted")
    _write(folder / "fit_coverage.csv", names, rows, HEADER | {"level": LEVEL, "pseudo_experiments": toys})
    return min(row[4] for row in rows if row[0] == "flat" and row[1] < 3)


def _known(b: float, n: Array, _: Array) -> Array:
    return np.exp(log_excess(n, np.full(n.size, b)))


def _counted(method: str, _: float, n: Array, off: Array) -> Array:
    b, sigma = on_off.background(off, np.full(n.size, TAU))
    tau = None if method == "shape n_off" else TAU
    name = "on_off" if method == "on_off" else "hybrid"
    return set_limits(n, b, sigma, method=name, tau=tau).p_value


TAU = 8.0  # of a linear fit to sidebands of +-9 sigma
P_VALUES = {"known": (_known, None)} | {
    method: (partial(_counted, method), TAU) for method in ("hybrid", "on_off", "shape n_off")
}


def references(folder: Path) -> float:
    """Write references.csv: numbers from elsewhere and the engine's; the largest relative difference."""
    rows: list[tuple[Any, ...]] = []
    for n, limit in enumerate(CLASSICAL):
        ours = float(set_limits(n, 0.0, method="known", level=LEVEL).observed[0])
        rows.append(("classical", n, 0.0, 0.0, limit, ours, ours / limit - 1))
    for (n, b, sigma), values in TABLE.items():
        for method, value in values.items():
            kind = "gauss" if method in ("hybrid", "profile", "asymptotic") else "gamma"
            ours = float(set_limits(n, b, sigma, method=method, nuisance=kind, level=LEVEL).observed[0])
            rows.append((method, n, b, sigma, value, ours, ours / value - 1))
    for (on, off, tau), value in Z_BI.items():
        ours = float(on_off.z_bi(np.array([on]), np.array([off]), np.array([tau]))[0])
        rows.append(("Z_Bi", on, off / tau, np.sqrt(off) / tau, value, ours, ours / value - 1))
    columns = ("method", "n", "background", "uncertainty", "reference", "value", "difference")
    _write(folder / "references.csv", columns, rows, HEADER)
    return max(abs(row[-1]) for row in rows)


def _write(path: Path, names: Sequence[str], rows: Sequence[tuple[Any, ...]], header: dict[str, Any]) -> None:
    write_table(path, dict(zip(names, zip(*rows, strict=True), strict=True)), header)


if __name__ == "__main__":
    run(main)
