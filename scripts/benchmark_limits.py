"""Speed of the limit engine: windows a second on one core, each with its observed limit and five expected bands.

    python scripts/benchmark_limits.py

First the methods by themselves, for one window in a call and for 300 and 30,000. Then pyhf (`toms748_scan`, the same
level, bounds that hold the limits) and `asymptotic` do the same work: the asymptotic q~ limits, observed and five
expected, of the same windows with a Poisson sideband each, in the same process, with pyhf's default optimiser (scipy)
and with Minuit. Both start from numbers and end with six limits; building pyhf's model is part of it. pyhf takes one
window at a time, so the fair ratio is that for one window in a call; arrays are what the engine is for. The exact
methods are other work, which pyhf would do with toys: no ratio is given for them.

Last the fit of signal and background in 180 bins, observed and five expected limits, for backgrounds within one
resolution of 5 to 10,000: by itself, beside Minuit, which minimises the same likelihoods with their gradients while
Brent's method looks for each limit, and beside pyhf with the same bins, template and inputs. pyhf has no exponential
of a polynomial over the bins of a channel, but each bin as a channel of its own and a `normsys` for each Legendre
polynomial with exponential interpolation (code1) are the same model: the norm is free, and the constraint that a
`normsys` always has is `FREE` times as wide as the data's own, which moves limits by 1e-5.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy import optimize, special

from darkaon.command import Argv, parser, run
from darkaon.statistics import profile
from darkaon.statistics.fit import cls, fit_limits
from darkaon.statistics.fit_model import Layout, Model, background_fit
from darkaon.statistics.limits import set_limits
from darkaon.statistics.upper_limits import SIGMAS
from darkaon.typing import LIMITS, Array

LEVEL = 0.90
SAMPLES = {"n ~ 0-5": (0.1, 3.0, 0.2), "n ~ 100-600": (120.0, 580.0, 0.03)}
"""Name -> least and largest background, relative uncertainty."""
FITS = ((5.0, 1), (5.0, 2), (50.0, 1), (50.0, 2), (200.0, 3), (1e4, 2))
"""Background within one resolution, order of the polynomial."""
LAYOUT = Layout(9.0)
FREE = 100.0
"""Width of pyhf's constraint of a coefficient in uncertainties of the background-only fit."""


def main(argv: Argv = None) -> None:
    """Run the script with the arguments `argv`."""
    arguments = parser(__doc__)
    arguments.add_argument("--pyhf-windows", type=int, default=6, help="windows given to pyhf (default: %(default)s)")
    arguments.add_argument("--minuit-windows", type=int, default=3, help="given to Minuit (default: %(default)s)")
    arguments.add_argument("--pyhf-fits", type=int, default=1, help="fits given to pyhf (default: %(default)s)")
    arguments.add_argument("--fits", action="store_true", help="of fits alone")
    args = arguments.parse_args(argv)
    if not args.fits:
        _counting(args.pyhf_windows)
    _fits(args.minuit_windows, args.pyhf_fits)


def _counting(pyhf_windows: int) -> None:
    """The methods that count, and pyhf beside them."""
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
            _beside_pyhf(few, pyhf_windows, optimiser)


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
    rows = np.array([_by_pyhf(n, b, sigma) for n, b, sigma in zip(*(x.tolist() for x in some), strict=True)])
    failed = np.sum(np.isnan(rows[:, 0]))
    theirs = size / (time.process_time() - start)
    single = 1.0 / np.mean([1.0 / _speed(window, "asymptotic") for window in each])
    ours = set_limits(*some, method="asymptotic", level=LEVEL)
    table = np.column_stack([getattr(ours, name) for name in LIMITS])
    difference = np.nanmax(np.abs(table / rows - 1.0))
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

    model = pyhf.simplemodels.uncorrelated_background([1.0], [b], [sigma])
    bounds = model.config.suggested_bounds()
    highest = max(n - b, 0.0) + 10.0 * np.sqrt(n + b + sigma**2) + 20.0
    bounds[model.config.poi_index] = (0.0, highest)
    data = [n, *model.config.auxdata]
    return _scanned(data, model, 0.008 * highest, 0.95 * highest, par_bounds=bounds)


def _scanned(data: list[float], model: Any, low: float, high: float, **options: Any) -> list[float]:
    """The six limits by pyhf, from well above 0, where its CLs is 0/0; NaN where its minimisation fails."""
    import pyhf
    from pyhf.infer.intervals.upper_limits import toms748_scan

    try:
        observed, expected = toms748_scan(data, model, low, high, level=1.0 - LEVEL, **options)
    except (pyhf.exceptions.FailedMinimization, ValueError):
        return [np.nan] * len(LIMITS)
    return [float(observed), *map(float, expected)]


def _fits(size: int, pyhf_size: int) -> None:
    """Speed of the fit, and those of Minuit and pyhf window by window with the agreement of both."""
    print(f"{'fit':<22} {'b, order':<12} {'one window':>12} {'1,000':>12}")
    for b, order in FITS:
        mean = np.full(LAYOUT.bins, b * LAYOUT.half_width_sigma / LAYOUT.bins)
        counts = np.random.default_rng(1).poisson(mean, (1000, LAYOUT.bins)).astype(float)
        many = _rate(partial(fit_limits, _model(1000, order), counts, calibrated=False), 1000)
        each = [partial(fit_limits, _model(1, order), n[None], calibrated=False) for n in counts[:size]]
        one = float(1.0 / np.mean([1.0 / _rate(fit, 1) for fit in each]))
        ours = np.array([[getattr(found, name)[0] for name in LIMITS] for found in (fit() for fit in each)])
        print(f"{'fit':<22} {f'{b:g}, {order}':<12} {one:>12,.0f} {many:>12,.0f}")
        for name, least, by in (
            ("Minuit", size, lambda n, order=order: limits_by_minuit(n, LAYOUT, order)),
            ("pyhf, scipy", pyhf_size, lambda n, order=order: limits_by_pyhf(n, LAYOUT, order)),
            ("pyhf, minuit", pyhf_size, lambda n, order=order: limits_by_pyhf(n, LAYOUT, order, "minuit")),
        ):
            _beside(name, counts[: min(least, size)], by, ours, one, many)
    print(
        "in pyhf each bin is a channel, for the exponential of a polynomial, which takes longer than one channel "
        f"would; constraints {FREE:g} times as wide as the data's; gradients are numerical; rtol of the scan 1e-5"
    )


def _beside(
    name: str, counts: Array, limits: Callable[[Array], list[float]], ours: Array, one: float, many: float
) -> None:
    """The speed of another way to the limits of some windows, and how it agrees."""
    if not len(counts):
        return
    start = time.process_time()
    theirs = np.array([limits(n) for n in counts])
    rate = len(counts) / (time.process_time() - start)
    difference = np.abs(ours[: len(counts)] / theirs - 1.0)
    print(
        f"{'  ' + name:<22} {'same':<12} {rate:>12.2f} {'':>12}   the fit is {one / rate:,.0f} times as fast window "
        f"by window, {many / rate:,.0f} times with 1,000 at once; equal to "
        + (f"{np.nanmax(difference):.1e}" if np.any(np.isfinite(difference)) else "nothing")
        + f" ({len(counts)} windows, {np.sum(np.isnan(theirs[:, 0]))} failed)"
    )


def limits_by_pyhf(counts: Array, layout: Layout, order: int, optimiser: str = "scipy") -> list[float]:
    """The six limits of one window by pyhf, NaN where its minimisation fails."""
    warnings.simplefilter("ignore")  # of pyhf's dependencies
    import pyhf

    pyhf.set_backend("numpy", optimiser)
    scale = 1.5 * float(np.sqrt(np.sum(counts * layout.inner) + 1.0))
    specification = _pyhf_channels(counts, layout, order, scale)
    model = pyhf.Model(specification, poi_name="mu", modifier_settings={"normsys": {"interpcode": "code1"}})
    bounds = model.config.suggested_bounds()
    bounds[model.config.poi_index] = (0.0, 10.0)
    data = [*counts.tolist(), *model.config.auxdata]
    return [scale * limit for limit in _scanned(data, model, 0.02, 9.0, par_bounds=bounds, rtol=1e-5)]


def _pyhf_channels(counts: Array, layout: Layout, order: int, scale: float) -> dict[str, Any]:
    """A workspace's channels, one for each bin, around the background-only fit; the signal is `scale` events."""
    shape = layout.gaussian()
    basis = np.polynomial.legendre.legvander(layout.x, order)
    null = background_fit(Model(layout, order, shape[None], np.ones((1, layout.bins), dtype=bool)), counts[None])
    mean = np.exp(np.einsum("bk,k->b", basis, null.c[0]))
    width = FREE * np.sqrt(np.diag(np.linalg.inv(np.einsum("b,bk,bl->kl", mean, basis, basis))))
    channels = []
    for place in range(layout.bins):
        factors = np.exp(width * basis[place])
        bent = [
            {"name": f"c{k}", "type": "normsys", "data": {"hi": float(factors[k]), "lo": float(1.0 / factors[k])}}
            for k in range(1, order + 1)
        ]
        free = [{"name": name, "type": "normfactor", "data": None} for name in ("mu", "norm")]
        samples = [
            {"name": "signal", "data": [float(scale * shape[place])], "modifiers": free[:1]},
            {"name": "background", "data": [float(mean[place])], "modifiers": free[1:] + bent},
        ]
        channels.append({"name": f"bin{place:03d}", "samples": samples})
    return {"channels": channels}


def _model(size: int, order: int) -> Model:
    shape = (size, LAYOUT.bins)
    return Model(LAYOUT, order, np.broadcast_to(LAYOUT.gaussian(), shape), np.broadcast_to(True, shape))


def limits_by_minuit(counts: Array, layout: Layout, order: int) -> list[float]:
    """The six limits of one window by iminuit: each likelihood minimised by itself, each limit by Brent's method."""
    shape, alpha = layout.gaussian(), 1.0 - LEVEL
    start = np.zeros(order + 1)
    start[0] = np.log(counts.mean())
    null = _Likelihood(counts, layout, order)
    lowest, _, c0 = null.least(start, 0.0)
    asimov = _Likelihood(np.exp(np.einsum("kb,k->b", null.basis, c0)), layout, order)
    bottom = asimov.value(np.append(0.0, c0))
    error = 1.5 * np.sqrt(np.sum(asimov.counts * layout.inner))
    rises = np.sum(shape * (counts / asimov.counts - 1.0)) > 0
    best = null.least(c0, 0.5 * error, free=True) if rises else (lowest, 0.0, c0)

    def excess(s: float) -> float:
        q = 2.0 * np.array([[null.least(best[2], s)[0] - best[0]], [asimov.least(c0, s)[0] - bottom]])
        return float(cls(q, np.ones((2, 1)))[0][0]) - np.log(alpha)

    def root(s: float) -> float:
        return float(np.sqrt(max(2.0 * (asimov.least(c0, s)[0] - bottom), 0.0)))

    high = best[1] + 6.0 * error + 10.0
    limits = [optimize.brentq(excess, best[1] + 0.01 * error, high, xtol=1e-7 * error)]
    for z in SIGMAS:
        goal = z - special.ndtri(alpha * special.ndtr(z))
        limits.append(optimize.brentq(lambda s, goal=goal: root(s) - goal, 0.1 * error, 6 * error + 10, xtol=1e-7))
    return limits


class _Likelihood:
    """- ln L of one window's counts at a signal and the coefficients of the background."""

    def __init__(self, counts: Array, layout: Layout, order: int) -> None:
        self.counts, self.shape = counts, layout.gaussian()
        self.basis = np.ascontiguousarray(np.polynomial.legendre.legvander(layout.x, order).T)

    def value(self, x: Array) -> float:
        mean = x[0] * self.shape + np.exp(np.einsum("kb,k->b", self.basis, x[1:]))
        return float(np.sum(mean - special.xlogy(self.counts, mean)))

    def slope(self, x: Array) -> Array:
        e = np.exp(np.einsum("kb,k->b", self.basis, x[1:]))
        rest = 1.0 - self.counts / (x[0] * self.shape + e)
        return np.append(np.sum(self.shape * rest), np.einsum("kb,b->k", self.basis, e * rest))

    def least(self, c: Array, s: float, *, free: bool = False) -> tuple[float, float, Array]:
        """The least value at a signal, or from there at any of 0 or more: it, the signal, the coefficients."""
        from iminuit import Minuit

        minuit = Minuit(self.value, np.append(s, c), grad=self.slope)
        minuit.errordef, minuit.strategy, minuit.tol = Minuit.LIKELIHOOD, 1, 1e-5
        minuit.fixed[0] = not free
        if free:
            minuit.errors[0], minuit.limits[0] = 0.2 * s, (0.0, None)
        minuit.migrad()
        return float(minuit.fval), float(minuit.values[0]), np.array(minuit.values)[1:]


if __name__ == "__main__":
    run(main)
