"""Limits from fits of signal and background together, for whole arrays of windows.

The bins around each mass hypothesis hold n_i ~ Poisson(s t_i + exp(sum_j c_j P_j(x_i))): t the template of a unit
signal, P_j Legendre polynomials, x_i the centres of the bins on -1..1. s is the total signal, without a window's
efficiency. The statistic is q~ of Cowan, Cranmer, Gross, Vitells 2011 (EPJC 71 1554) with asymptotic CLs; the Asimov
data are the background-only fit. Everything is one batch of Fisher scoring, in which each window stops on its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial import hermite_e
from scipy import special

from darkaon.statistics.fit_model import Model, Point, background_fit, free_fit
from darkaon.statistics.fit_root import Path, Task, inverse_mills, solve
from darkaon.statistics.upper_limits import SIGMAS, Limits
from darkaon.typing import LIMITS, Array, Index, Mask

LOW_COUNTS = 0.06
"""Limits are multiplied by 1 + this/sqrt(b1), b1 the background within +-1 sigma: calibrated by toys, coverage of
0.897 or more for b1 >= 2 and orders up to 3."""
BLOCK = 256
"""Windows treated at once; it bounds the memory and changes no result."""
NODES = 8
"""Gauss-Hermite nodes over an uncertain signal: right to 5e-5 for uncertainties up to 10 %.

q~ has a kink at the fitted signal: for excesses of 3 standard deviations 1e-3 at 20 % and 1e-2 at 30 %."""


@dataclass(frozen=True)
class FitLimits(Limits):
    """Limits on the total signal of each window, shape (W,); those observed are NaN where blinded.

    Attributes:
        signal: the fitted signal, 0 or more.
        signal_error: its uncertainty at the background-only fit.
        background: expected background within +-1 sigma, of the background-only fit.
        mean: expected counts of the fit of signal and background (background only, where blinded), shape (W, B).
        kappa: width of ln(signal) that the limits carry.
        settled: whether all fits of the window converged.
    """

    signal: Array
    signal_error: Array
    background: Array
    mean: Array
    kappa: Array
    settled: Mask


def fit_limits(
    model: Model,
    counts: Array,
    *,
    level: float = 0.90,
    blinded: Mask | None = None,
    seen: Mask | None = None,
    signal_uncertainty: Array | float = 0.0,
    varied: tuple[Array, Array] | None = None,
    calibrated: bool = True,
    bands: bool = True,
) -> FitLimits:
    """Observed limits and expected bands of every window.

    Args:
        model: bins, template and order of the background, the same for all windows.
        counts: observed counts, shape (W, B).
        level: confidence level.
        blinded: windows without an observed limit, shape (W,).
        seen: bins that the background-only fit may use, shape (W, B); all that the model uses, if None.
        signal_uncertainty: relative uncertainty of the signal, log-normal with median 1: CLs is averaged over it.
        varied: templates of a narrower and a wider signal, one standard deviation of its width, each (W, B). The
            fit then finds another part of the signal; half the logarithm of the ratio joins `signal_uncertainty`.
        calibrated: whether limits carry the factor of `LOW_COUNTS`.
        bands: without them the expected limits are NaN.
    """
    size = len(counts)
    counts = np.where(model.used, counts, 0.0)
    blinded = np.zeros(size, dtype=bool) if blinded is None else blinded
    kappa = np.log1p(np.broadcast_to(np.asarray(signal_uncertainty, dtype=float), size))
    found: list[FitLimits] = []
    for start in range(0, size, BLOCK):
        i = np.arange(start, min(start + BLOCK, size))
        part = None if seen is None else seen[i]
        shapes = None if varied is None else (varied[0][i], varied[1][i])
        found.append(_block(model.take(i), counts[i], level, blinded[i], part, kappa[i], shapes, bands))
    limits = FitLimits(*map(np.concatenate, zip(*(f.columns().values() for f in found), strict=True)))
    if not calibrated:
        return limits
    factor = 1.0 + LOW_COUNTS / np.sqrt(np.maximum(limits.background, 1e-3))
    return replace(limits, **{name: getattr(limits, name) * factor for name in LIMITS})


def _block(
    model: Model,
    counts: Array,
    level: float,
    blinded: Mask,
    seen: Mask | None,
    kappa: Array,
    varied: tuple[Array, Array] | None,
    bands: bool,
) -> FitLimits:
    """`fit_limits` for a few windows, not calibrated."""
    size = len(counts)
    null = background_fit(model if seen is None else model.only(seen), counts)
    data = null if seen is None else model.at(counts, null.c, null.s)
    asimov = model.at(model.background(null.c), null.c, np.zeros(size))
    error = 1.0 / np.sqrt(asimov.information_s)
    best = free_fit(model, counts, data)
    if varied is not None:
        ratio = model.response(null.c, varied[1]) / model.response(null.c, varied[0])
        kappa = np.hypot(kappa, 0.5 * np.log(np.maximum(ratio, 1e-6)))
    settled = null.settled & best.settled
    expected, path = np.full((5, size), np.nan), Path(asimov)
    if bands:
        expected, fine, path = _expected(model, asimov, error, level, kappa)
        settled &= fine
    observed, q_0 = np.full(size, np.nan), np.full(size, np.nan)
    i = np.flatnonzero(~blinded)
    if i.size:
        state = (data.take(i), asimov.take(i), best.take(i))
        observed[i], fine = _observed(model.take(i), counts[i], state, path.take(i), error[i], level, kappa[i])
        settled[i] &= fine
        q_0[i] = 2.0 * np.maximum(best.log_likelihood[i] - data.log_likelihood[i], 0.0)
    z = np.sqrt(q_0)
    hidden = np.where(blinded, np.nan, 1.0)
    mean = model.background(np.where(blinded[:, None], null.c, best.c))
    mean = mean + np.where(blinded, 0.0, best.s)[:, None] * model.template
    m2, m1, median, p1, p2 = expected
    return FitLimits(
        observed, m2, m1, median, p1, p2, special.ndtr(-z), z, best.s * hidden, error, model.inner(null.c), mean,
        kappa, settled,
    )  # fmt: skip


def _nodes(kappa: Array) -> tuple[Array, Array]:
    """Factors on the signal, shape (G, W), and the weights of each, (G, 1); one factor of 1 if all is known."""
    if not np.any(kappa > 0):
        return np.ones((1, kappa.size)), np.ones((1, 1))
    z, weights = hermite_e.hermegauss(NODES)
    return np.exp(z[:, None] * kappa), (weights / weights.sum())[:, None]


def _expected(model: Model, asimov: Point, error: Array, level: float, kappa: Array) -> tuple[Array, Mask, Path]:
    """The five quantiles (5, W): CLs averaged over the signal is 1 - level at a data set z above the median."""
    size, counts = asimov.s.size, model.background(asimov.c)
    found, fine = np.empty((5, size)), np.ones(size, dtype=bool)
    start, path = -special.ndtri(0.5 * (1.0 - level)) * error, Path(asimov)
    for group in (np.array([2]), np.array([0, 1, 3, 4])):  # the median tells where to look for the others
        z, windows = np.repeat(np.array(SIGMAS)[group], size), np.tile(np.arange(size), group.size)
        goal = special.ndtri((1.0 - level) * special.ndtr(z))
        factors, weights = _nodes(kappa)

        def tail(values: Array, slopes: Array, rows: Index, z: Array = z) -> tuple[Array, Array]:
            root, slope = _root(values[0], slopes[0])
            argument = z[rows] - root
            return special.log_ndtr(argument), -slope * inverse_mills(argument)

        task = Task([path], [counts], [asimov.log_likelihood], windows, factors[:, windows], weights, tail, goal)
        if group.size > 1:
            start = path.signal(z - goal, windows, asimov.log_likelihood)
        s, each = solve(model, task, start, np.zeros(z.size))
        found[group], fine = s.reshape(-1, size), fine & np.all(each.reshape(-1, size), axis=0)
        if group.size == 1:
            median = model.at(counts, path.c(s[None], np.arange(size))[0], s)
            path = Path(asimov, median)
    return found, fine, path


def _observed(
    model: Model,
    counts: Array,
    points: tuple[Point, Point, Point],
    path: Path,
    error: Array,
    level: float,
    kappa: Array,
) -> tuple[Array, Mask]:
    """The observed limits (W,) from the data and the Asimov data without signal, and the data at the best fit."""
    data, asimov, best = points
    windows = np.arange(data.s.size)
    goal = np.full(windows.size, special.ndtri(1.0 - level))
    factors, weights = _nodes(kappa)

    def tail(values: Array, slopes: Array, _: Index) -> tuple[Array, Array]:
        return cls(values, slopes)

    centre = np.where(best.s > 0, best.s, data.slope * error**2) / error
    start = error * (centre - special.ndtri((1.0 - level) * special.ndtr(centre)))
    task = Task(
        [Path(best), path], [counts, model.background(asimov.c)], [best.log_likelihood, asimov.log_likelihood],
        windows, factors, weights, tail, goal,
    )  # fmt: skip
    return solve(model, task, start, best.s)


def cls(q: Array, slopes: Array) -> tuple[Array, Array]:
    """The ln of the asymptotic CLs of q~, and its derivative.

    Args:
        q: those of the data and of the Asimov data, shape (2, ...).
        slopes: their derivatives by the signal.
    """
    a, da = _root(q[1], slopes[1])
    r, dr = _root(q[0], slopes[0])
    low = q[0] <= q[1]
    far_u, far_v = 0.5 * (q[0] / a + a), 0.5 * (q[0] / a - a)
    change = 0.5 * (slopes[0] / a - q[0] * da / a**2)
    u, v = np.where(low, r, far_u), np.where(low, r - a, far_v)
    du, dv = np.where(low, dr, change + 0.5 * da), np.where(low, dr - da, change - 0.5 * da)
    slope = -du * inverse_mills(-u) + dv * inverse_mills(-v)
    return special.log_ndtr(-u) - special.log_ndtr(-v), slope


def _root(q: Array, slope: Array) -> tuple[Array, Array]:
    """The square root and its derivative."""
    root = np.sqrt(np.maximum(q, 1e-12))
    return root, slope / (2.0 * root)
