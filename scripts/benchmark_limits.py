"""Speed of the limit engine: windows a second on one core, each with its observed limit and five expected bands.

    python scripts/benchmark_limits.py

pyhf (`toms748_scan`, right level and bounds) sets limits in some of the same windows in the same run. The agreement
of `asymptotic` with it, over observed and expected limits, stands beside the ratio.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from darkaon.command import parser, run
from darkaon.statistics import profile
from darkaon.statistics.limits import set_limits
from darkaon.typing import LIMITS, Array

LEVEL = 0.90
SAMPLES = {"n ~ 0-5": (0.1, 3.0, 0.2), "n ~ 100-600": (120.0, 580.0, 0.03)}
"""Name -> least and largest background, relative uncertainty."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--pyhf-windows", type=int, default=6, help="windows given to pyhf (default: %(default)s)")
    args = arguments.parse_args(argv)
    print(f"{'method':<22} {'windows':<12} {'300 windows':>14} {'30,000':>14}   [windows/s, observed + five bands]")
    rng = np.random.default_rng(1)
    for name, sample in SAMPLES.items():
        few, many = (_windows(rng, size, *sample) for size in (300, 30_000))
        for method in ("hybrid", "known", "on_off", "asymptotic"):
            print(f"{method:<22} {name:<12} {_speed(few, method):>14,.0f} {_speed(many, method):>14,.0f}")
        n, b, sigma = few
        speed = _rate(partial(profile.limits, n, b, sigma, LEVEL, "gauss"), 300)
        print(f"{'profile (observed)':<22} {name:<12} {speed:>14,.0f}")
        _beside_pyhf(few, args.pyhf_windows)


def _windows(rng: np.random.Generator, size: int, low: float, high: float, relative: float) -> tuple[Array, ...]:
    b = rng.uniform(low, high, size)
    return rng.poisson(b).astype(float), b, relative * b


def _speed(windows: tuple[Array, ...], method: str) -> float:
    return _rate(lambda: set_limits(*windows, method=method, level=LEVEL), windows[0].size)


def _rate(work: Callable[[], Any], size: int) -> float:
    """Windows a second of processor time, the best of up to five runs."""
    best, spent = np.inf, 0.0
    for _ in range(5):
        start = time.process_time()
        work()
        taken = time.process_time() - start
        best, spent = min(best, taken), spent + taken
        if spent > 3.0:
            break
    return size / best


def _beside_pyhf(windows: tuple[Array, ...], size: int) -> None:
    """Limits of the first windows by pyhf, its speed and its agreement with `asymptotic`."""
    warnings.simplefilter("ignore")  # of pyhf's dependencies
    import pyhf
    from pyhf.infer.intervals.upper_limits import toms748_scan

    pyhf.set_backend("numpy", "minuit")  # its default optimiser leaves errors of up to 2e-3 in the limits
    rows, start = [], time.process_time()
    for n, b, sigma in zip(*(x[:size].tolist() for x in windows), strict=True):
        model = pyhf.simplemodels.uncorrelated_background([1.0], [b], [sigma])
        bounds = model.config.suggested_bounds()
        highest = max(n - b, 0.0) + 10.0 * np.sqrt(n + b + sigma**2) + 20.0
        bounds[model.config.poi_index] = (0.0, highest)
        data = [n, *model.config.auxdata]
        # from well above 0, where pyhf's CLs is 0/0
        observed, expected = toms748_scan(
            data, model, 0.008 * highest, 0.95 * highest, level=1.0 - LEVEL, par_bounds=bounds
        )
        rows.append([float(observed), *map(float, expected)])
    theirs = size / (time.process_time() - start)
    ours = set_limits(*(x[:size] for x in windows), method="asymptotic", level=LEVEL)
    table = np.column_stack([getattr(ours, name) for name in LIMITS])
    difference = np.max(np.abs(table / np.array(rows) - 1.0))
    ratio = _speed(windows, "asymptotic") / theirs
    print(
        f"{f'pyhf {pyhf.__version__} (Minuit)':<22} {theirs:>27.2f}     asymptotic is {ratio:,.0f} times faster, ",
        end="",
    )
    print(f"equal to {difference:.1e} ({size} windows)")


if __name__ == "__main__":
    run(main)
