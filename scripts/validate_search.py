"""Validation of a peak search on pseudo-experiments of its own smooth spectrum: sideband fits, injected signals.

Writes sidebands.csv: for each window and each order of the polynomial the bias of the background in units of its
statistical uncertainty (the spurious signal: what the fit makes of the expectation itself), and the pulls of real
fits to pseudo-experiments in some windows. Writes injection.csv: signals of several strengths put into the spectrum,
what is found of them, and how often the limit is above them.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import special

from darkaon.command import parser, run
from darkaon.config.search import load_search
from darkaon.config.slots.background import Sidebands
from darkaon.statistics.limits import set_limits
from darkaon.statistics.look_elsewhere import Scan, Smooth, generator
from darkaon.tables.table import write_table
from darkaon.typing import Array
from darkaon.windows.grid import Windows
from darkaon.windows.scans import scan_of
from darkaon.windows.sidebands import fit_sidebands, sideband_design

SLOTS = ("observable", "regions", "masses", "resolution", "window", "background", "blind", "statistics")
PULLED, PULLS = 15, 300  # windows whose fits are pulled; pseudo-experiments
MASSES, STRENGTHS = 5, (0.0, 1.0, 2.0, 3.0, 5.0, 8.0)  # signals in units of sqrt(b)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--search", required=True, help="the search's YAML")
    arguments.add_argument("--name", default="", help="the search's id, part of the seed")
    arguments.add_argument("--label", required=True, choices=["measured", "simulated"])
    arguments.add_argument("--candidates", required=True, nargs="+", help=".npy files of the data samples")
    arguments.add_argument(
        "--signal", nargs="+", default=[], help=".npy file of the simulated signal: for a simulated resolution"
    )
    arguments.add_argument("--seed", type=int, default=0, help="0 or more (default: %(default)s)")
    arguments.add_argument("--toys", type=int, default=1000, help="for each injected strength (default: %(default)s)")
    arguments.add_argument("--output", required=True, type=Path, help="folder")
    args = arguments.parse_args(argv)

    windows, smooth, over = scan_of(args.search, args.candidates, args.signal)
    search = load_search(args.search, SLOTS)
    assert isinstance(search.background, Sidebands)  # or scan_of had refused
    header = {"label": args.label, "search": args.name, "made_by": "validate_search"}
    number = zlib.crc32(args.name.encode())

    bias = sidebands(search.background, windows, smooth, over, generator(args.seed, number, 10**6))
    write_table(args.output / "sidebands.csv", bias, header | {"pseudo_experiments": PULLS})
    for order in np.unique(bias["order"]):
        own = bias["bias"][bias["order"] == order]
        rms, most = np.sqrt(np.mean(own**2)), np.abs(own).max()
        print(f"order {order:.0f}: bias / uncertainty rms {rms:.3f}, at most {most:.3f}")

    statistics = search.statistics
    found = injection(
        windows, search.background.half_width_sigma * windows.sigma, over,
        generator(args.seed, number, 10**6 + 1), args.toys,
        method=statistics.counting, level=statistics.level, nuisance=statistics.nuisance,
    )  # fmt: skip
    write_table(
        args.output / "injection.csv", found, header | {"level": statistics.level, "pseudo_experiments": args.toys}
    )
    print(f"limits are above the injected signal in {100 * found['coverage'].min():.1f} % or more of the experiments")


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
    windows: Windows,
    half_width: Array,
    over: Scan,
    rng: np.random.Generator,
    toys: int,
    *,
    method: str,
    level: float,
    nuisance: str,
) -> dict[str, Array]:
    """What is found of Gaussian signals at a few masses, all put into the same pseudo-experiments."""
    margin = len(windows.mass_MeV) // 10
    at = np.unique(np.linspace(margin, len(windows.mass_MeV) - 1 - margin, MASSES).round().astype(int))
    near = np.diff(windows.centre[at]) < half_width[at[1:]] + 3 * windows.sigma[at[:-1]]
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
            n.ravel(), b.ravel(), np.hypot(stat, syst).ravel(), method=method, level=level, nuisance=nuisance,
            tau=(b / np.square(stat)).ravel(),
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
