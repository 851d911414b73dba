"""Speed of the limit engine: windows a second on one core, each with its observed limit and five expected bands.

    python scripts/benchmark_limits.py

First the methods by themselves, for one window in a call and for 300 and 30,000. Then pyhf (`toms748_scan`, the same
level, bounds that hold the limits) and `asymptotic` do the same work: the asymptotic q~ limits, observed and five
expected, of the same windows with a Poisson sideband each, in the same process, with pyhf's default optimiser (scipy)
and with Minuit. Both start from numbers and end with six limits; building pyhf's model is part of it. pyhf takes one
window at a time, so the fair ratio is that for one window in a call; arrays are what the engine is for. The exact
methods are other work, which pyhf would do with toys: no ratio is given for them.
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
    print(
        f"{'method':<22} {'windows':<12} {'one window':>12} {'300':>12} {'30,000':>12}   [windows/s, six limits each]"
    )
    rng = np.random.default_rng(1)
    for name, sample in SAMPLES.items():
        one, few, many = (_windows(rng, size, *sample) for size in (1, 300, 30_000))
        for method in ("hybrid", "known", "on_off", "asymptotic"):
            speeds = [_speed(windows, method) for windows in (one, few, many)]
            print(f"{method:<22} {name:<12} " + " ".join(f"{speed:>12,.0f}" for speed in speeds))
        n, b, sigma = few
        speed = _rate(partial(profile.limits, n, b, sigma, LEVEL, "gauss"), 300)
        print(f"{'profile (observed)':<22} {name:<12} {'':>12} {speed:>12,.0f}")
        for optimiser in ("scipy", "minuit"):
            _beside_pyhf(few, args.pyhf_windows, optimiser)


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


def _beside_pyhf(windows: tuple[Array, ...], size: int, optimiser: str) -> None:
    """Limits of the first windows by pyhf, its speed, and that and the agreement of `asymptotic`."""
    warnings.simplefilter("ignore")  # of pyhf's dependencies
    import pyhf

    pyhf.set_backend("numpy", optimiser)
    some = tuple(x[:size] for x in windows)
    each = [tuple(x[i : i + 1] for x in some) for i in range(size)]
    start = time.process_time()
    rows, failed = [], 0
    for n, b, sigma in zip(*(x.tolist() for x in some), strict=True):
        try:
            rows.append(_by_pyhf(n, b, sigma))
        except (pyhf.exceptions.FailedMinimization, ValueError):
            rows.append([np.nan] * len(LIMITS))
            failed += 1
    theirs = size / (time.process_time() - start)
    single = 1.0 / np.mean([1.0 / _speed(window, "asymptotic") for window in each])
    ours = set_limits(*some, method="asymptotic", level=LEVEL)
    table = np.column_stack([getattr(ours, name) for name in LIMITS])
    difference = np.nanmax(np.abs(table / np.array(rows) - 1.0))
    ratios = single / theirs, _speed(windows, "asymptotic") / theirs
    name = f"pyhf {pyhf.__version__}, {optimiser}"
    note = f", {failed} failed in pyhf" if failed else ""
    print(
        f"{name:<22} {'same':<12} {theirs:>12.2f}   asymptotic is {ratios[0]:,.0f} times as fast window by window, "
        f"{ratios[1]:,.0f} times with {windows[0].size} at once; equal to {difference:.1e} ({size} windows{note})"
    )


def _by_pyhf(n: float, b: float, sigma: float) -> list[float]:
    """The six limits of one window."""
    import pyhf
    from pyhf.infer.intervals.upper_limits import toms748_scan

    model = pyhf.simplemodels.uncorrelated_background([1.0], [b], [sigma])
    bounds = model.config.suggested_bounds()
    highest = max(n - b, 0.0) + 10.0 * np.sqrt(n + b + sigma**2) + 20.0
    bounds[model.config.poi_index] = (0.0, highest)
    data = [n, *model.config.auxdata]
    # from well above 0, where pyhf's CLs is 0/0
    observed, expected = toms748_scan(
        data, model, 0.008 * highest, 0.95 * highest, level=1.0 - LEVEL, par_bounds=bounds
    )
    return [float(observed), *map(float, expected)]


if __name__ == "__main__":
    run(main)
