"""Limits from fits of signal and background together, for whole arrays of windows.

The bins around each mass hypothesis hold n_i ~ Poisson(s t_i + exp(sum_j c_j P_j(x_i))): t the template of a unit
signal, P_j Legendre polynomials, x_i the centres of the bins on -1..1. s is the total signal, without a window's
efficiency. The statistic is q~ of Cowan, Cranmer, Gross, Vitells 2011 (EPJC 71 1554) with asymptotic CLs; the Asimov
data are the background-only fit. Everything is one batch of Fisher scoring, in which each window stops on its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial import hermite_e
from scipy import special

from darkaon.statistics.fit_model import Model, Point, background_fit, damped, free_fit
from darkaon.statistics.numerics import add_up, log_sum
from darkaon.typing import BANDS, Array, Index, Mask

LOW_COUNTS = 0.06
"""Limits are multiplied by 1 + this/sqrt(b1), b1 the background within +-1 sigma: calibrated by toys, coverage of
0.897 or more for b1 >= 2 and orders up to 3."""
BLOCK = 64
"""Windows treated at once, so that they stay in the processor's cache; it changes no result."""
NODES = 8
"""Gauss-Hermite nodes over an uncertain signal."""
SIGMAS = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
_STEPS = 60  # of the root finder; 4 to 7 are usual
_CLOSE = 1e-7  # relative error of a limit
_SETTLED = 1e-9  # ln of the likelihood that a further step of the background would gain


@dataclass(frozen=True)
class FitLimits:
    """Limits on the total signal of each window, shape (W,).

    Attributes:
        observed: upper limit, NaN where blinded.
        expected_m2, expected_m1, expected, expected_p1, expected_p2: its quantiles if there is only background.
        p_value, significance: of an excess, from sqrt(q_0).
        signal: the fitted signal, 0 or more.
        signal_error: its uncertainty at the background-only fit.
        background: expected background within +-1 sigma, of the background-only fit.
        mean: expected counts of the fit of signal and background (background only, where blinded), shape (W, B).
        kappa: width of ln(signal) that the limits carry.
        settled: whether all fits of the window converged.
    """

    observed: Array
    expected_m2: Array
    expected_m1: Array
    expected: Array
    expected_p1: Array
    expected_p2: Array
    p_value: Array
    significance: Array
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
    blinded = np.zeros(size, dtype=bool) if blinded is None else blinded
    kappa = np.log1p(np.broadcast_to(np.asarray(signal_uncertainty, dtype=float), size))
    found: list[FitLimits] = []
    for start in range(0, size, BLOCK):
        i = np.arange(start, min(start + BLOCK, size))
        part = None if seen is None else seen[i]
        shapes = None if varied is None else (varied[0][i], varied[1][i])
        found.append(_block(model.take(i), counts[i], level, blinded[i], part, kappa[i], shapes, bands))
    limits = FitLimits(*(np.concatenate([getattr(f, name) for f in found]) for name in FitLimits.__annotations__))
    if not calibrated:
        return limits
    factor = 1.0 + LOW_COUNTS / np.sqrt(np.maximum(limits.background, 1e-3))
    return replace(limits, **{name: getattr(limits, name) * factor for name in ("observed", *BANDS)})


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
    data = model.at(counts, null.c, np.zeros(size))
    asimov = model.at(model.background(null.c), null.c, np.zeros(size))
    error = 1.0 / np.sqrt(asimov.information_s)
    best = free_fit(model, counts, data)
    if varied is not None:
        ratio = model.response(null.c, varied[1]) / model.response(null.c, varied[0])
        kappa = np.hypot(kappa, 0.5 * np.log(np.maximum(ratio, 1e-6)))
    settled = null.settled & best.settled
    expected = np.full((5, size), np.nan)
    if bands:
        expected, fine = _expected(model, asimov, error, level, kappa)
        settled &= fine
    observed, q_0 = np.full(size, np.nan), np.full(size, np.nan)
    i = np.flatnonzero(~blinded)
    if i.size:
        state = (data.take(i), asimov.take(i), best.take(i))
        observed[i], fine = _observed(model.take(i), counts[i], state, error[i], level, kappa[i])
        settled[i] &= fine
        q_0[i] = 2.0 * np.maximum(best.log_likelihood[i] - data.log_likelihood[i], 0.0)
    z = np.sqrt(q_0)
    hidden = np.where(blinded, np.nan, 1.0)
    mean = model.background(np.where(blinded[:, None], null.c, best.c))
    mean = mean + np.where(blinded, 0.0, best.s)[:, None] * model.template
    return FitLimits(
        observed, *expected, special.ndtr(-z), z, best.s * hidden, error, model.inner(null.c), mean, kappa, settled,
    )  # fmt: skip


def _nodes(kappa: Array) -> tuple[Array, Array]:
    """Factors on the signal, shape (G, W), and the weights of each, (G, 1); one factor of 1 if nothing is uncertain."""
    if not np.any(kappa > 0):
        return np.ones((1, kappa.size)), np.ones((1, 1))
    z, weights = hermite_e.hermegauss(NODES)
    return np.exp(z[:, None] * kappa), (weights / weights.sum())[:, None]


def _expected(model: Model, asimov: Point, error: Array, level: float, kappa: Array) -> tuple[Array, Mask]:
    """The five quantiles (5, W): CLs averaged over the signal is 1 - level at a data set z above the median."""
    size = asimov.s.size
    z = np.repeat(SIGMAS, size)
    windows = np.tile(np.arange(size), 5)
    goal = special.ndtri((1.0 - level) * special.ndtr(z))
    factors, weights = _nodes(kappa)

    def tail(values: Array, slopes: Array, rows: Index) -> tuple[Array, Array]:
        root, slope = _root(values[0], slopes[0])
        argument = z[rows] - root
        return special.log_ndtr(argument), -slope * _inverse_mills(argument)

    start = (z - goal) * error[windows]
    task = _Task(
        [asimov], [model.background(asimov.c)], [asimov.log_likelihood], windows, factors[:, windows], weights, tail, goal
    )
    found, fine = _solve(model, task, start, np.zeros(z.size))
    return found.reshape(5, size), np.all(fine.reshape(5, size), axis=0)


def _observed(
    model: Model, counts: Array, points: tuple[Point, Point, Point], error: Array, level: float, kappa: Array
) -> tuple[Array, Mask]:
    """The observed limits (W,) from the data and the Asimov data without signal, and the data at the best fit."""
    data, asimov, best = points
    windows = np.arange(data.s.size)
    goal = np.full(windows.size, special.ndtri(1.0 - level))
    factors, weights = _nodes(kappa)

    def tail(values: Array, slopes: Array, rows: Index) -> tuple[Array, Array]:
        return cls(values, slopes)

    centre = np.where(best.s > 0, best.s, data.slope * error**2) / error
    start = error * (centre - special.ndtri((1.0 - level) * special.ndtr(centre)))
    task = _Task(
        [data, asimov], [counts, model.background(asimov.c)], [best.log_likelihood, asimov.log_likelihood],
        windows, factors, weights, tail, goal,
    )  # fmt: skip
    return _solve(model, task, start, best.s)


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
    slope = -du * _inverse_mills(-u) + dv * _inverse_mills(-v)
    return special.log_ndtr(-u) - special.log_ndtr(-v), slope


def _root(q: Array, slope: Array) -> tuple[Array, Array]:
    """The square root and its derivative."""
    root = np.sqrt(np.maximum(q, 1e-12))
    return root, slope / (2.0 * root)


def _inverse_mills(x: Array) -> Array:
    """phi(x)/Phi(x)."""
    return np.exp(-0.5 * x * x - special.log_ndtr(x)) / np.sqrt(2.0 * np.pi)


@dataclass(frozen=True)
class _Task:
    """Signals to be found, one a row.

    Attributes:
        points: the data sets at their background-only fits, each of W windows, and counts of each in `counts`.
        windows: the window of each row, shape (R,).
        factors, weights: of the signal that the tail is averaged over, shapes (G, R) and (G, 1).
        tail: (q, slopes of q, rows) -> ln of the tail and its slope; arrays (data sets, G, R).
        goal: what the quantile of the averaged tail must be, shape (R,).
    """

    points: list[Point]
    counts: list[Array]
    tops: list[Array]
    windows: Index
    factors: Array
    weights: Array
    tail: Callable[[Array, Array, Index], tuple[Array, Array]]
    goal: Array


def _solve(model: Model, task: _Task, start: Array, least: Array) -> tuple[Array, Mask]:
    """The signals (R,) above `least`, and whether each was found.

    Newton's method inside a bracket; with every step of s goes one of all profiled backgrounds.
    """
    sets, nodes, size = len(task.points), len(task.factors), task.windows.size
    s = np.maximum(start, least * (1 + 1e-6) + 1e-9)
    low, high = least.copy(), np.full(size, np.inf)
    signal = s * task.factors
    c = np.stack([p.c[task.windows] + p.dc_ds[task.windows] * signal[..., None] for p in task.points])
    found, active = np.zeros(size, dtype=bool), np.arange(size)
    for _ in range(_STEPS):
        own, factors = task.windows[active], task.factors[:, active]
        part = model.take(np.tile(own, nodes))
        looks = [
            part.at(np.tile(n[own], (nodes, 1)), c[k][:, active].reshape(nodes * own.size, -1), (factors * s[active]).ravel())
            for k, n in enumerate(task.counts)
        ]
        shape = (sets, nodes, own.size)
        gain = np.stack([look.gain for look in looks]).reshape(shape)
        q = np.stack([2.0 * (np.tile(top[own], nodes) - look.log_likelihood) for top, look in zip(task.tops, looks, strict=True)])
        slopes = np.stack([-2.0 * look.slope for look in looks])
        log_tail, change = task.tail(q.reshape(shape), slopes.reshape(shape), active)
        value, slope = _averaged(log_tail, change, factors, task.weights)
        near = np.max(gain, axis=(0, 1)) < 0.1
        above = value > task.goal[active]
        low[active] = np.where(near & above, np.maximum(low[active], s[active]), low[active])
        high[active] = np.where(near & ~above, np.minimum(high[active], s[active]), high[active])
        before = s[active]
        after = before + np.where(near, (task.goal[active] - value) / slope, 0.0)
        outside = ~(after > low[active]) | ~(after < high[active])
        middle = np.where(np.isfinite(high[active]), 0.5 * (low[active] + high[active]), 2.0 * before)
        after = np.where(outside & near, middle, after)
        jump = factors * (after - before)
        for k, look in enumerate(looks):
            step = damped(look.step) + look.dc_ds * jump.ravel()[:, None]
            c[k][:, active] += step.reshape(nodes, own.size, -1)
        s[active] = after
        done = (np.abs(after - before) <= _CLOSE * before) & (np.max(gain, axis=(0, 1)) <= _SETTLED)
        found[active[done]] = True
        active = active[~done]
        if not active.size:
            break
    return s, found


def _averaged(log_tail: Array, change: Array, factors: Array, weights: Array) -> tuple[Array, Array]:
    """The normal quantile of the averaged tail and its derivative by s, from those of the nodes (G, R)."""
    part = log_tail + np.log(weights)
    total = log_sum(part)
    slope = add_up(np.exp(part - total) * change * factors)  # of ln(tail)
    value = special.ndtri_exp(np.minimum(total, -1e-16))
    return value, slope / _inverse_mills(value)
