"""Limits from the distribution of the profile-likelihood ratio q~, by full enumeration of the outcomes: no toys.

An outcome is a count n and a measurement a of the background, Gaussian or Poisson (`asymptotic.Auxiliary`).
For each n, q~ grows with a, so that the outcomes less signal-like than the observed one are n = 0, 1, 2 ... with a
above a root a_n each. As in pyhf's toys, outcomes are drawn with the background fitted to the observed data: for the
tested signal in the numerator of CLs and for no signal in the denominator.

A continuous auxiliary measurement breaks the ties between equal counts, also when it is very precise: these limits
are 9-16 % below those of a known background at n = 1, even for sigma_b -> 0. This is a property of the method.
So is it that with a Gaussian measurement of 30 % and worse, counts far below b may have larger limits than somewhat
higher counts: the background fitted to them goes to 0.
"""

from __future__ import annotations

import numpy as np

from darkaon.statistics import asymptotic, hybrid
from darkaon.statistics.asymptotic import Auxiliary, deviance
from darkaon.statistics.numerics import log_poisson, log_sum
from darkaon.typing import Array, Index, Mask

MOST, BEYOND = 1e4, 3e4
"""Up to this count or background outcomes are enumerated; then the normal approximation of `asymptotic` gains
weight linearly until it is all, ..."""
DEEP = 6.0
"""... but for deficits of more standard deviations, where it fails: there the limit is that of `hybrid`."""
REACH = 6.5
"""Outcomes enumerated, in standard deviations; the rest has a probability of 1e-10."""
BLOCK, CELLS = 128, 3e5
"""Windows, and outcomes, treated at once; they bound the memory and change nothing else."""
ROOT_STEPS, LIMIT_STEPS = 40, 60


def limits(n: Array, background: Array, uncertainty: Array, level: float, nuisance: str) -> Array:
    """Observed upper limits, shape (N,), for uncertainties above 0."""
    result = asymptotic.limits(n, background, uncertainty, level, nuisance)
    deficit = (background > MOST) & (background - n > DEEP * np.sqrt(background + np.square(uncertainty)))
    i = np.flatnonzero(deficit)
    windows = hybrid.Windows(n[i], background[i], uncertainty[i], uncertainty[i], nuisance)
    result[i] = hybrid.limits(windows, level)
    size = np.maximum(n, background)
    enumerated = np.flatnonzero((size < BEYOND) & ~deficit)
    weight = np.clip((BEYOND - size) / (BEYOND - MOST), 0.0, 1.0)
    order = enumerated[np.argsort(n[enumerated] + background[enumerated], kind="stable")]
    start = 0
    while start < order.size:
        largest = order[min(start + BLOCK, order.size) - 1]
        rows = 4.0 * REACH * np.sqrt(n[largest] + background[largest] + uncertainty[largest]) + 60.0
        i = order[start : start + max(1, min(BLOCK, int(CELLS / rows)))]
        start += i.size
        auxiliary = Auxiliary(background[i], uncertainty[i], nuisance)
        exact = _block(n[i], background[i], auxiliary, level, result[i])
        result[i] = weight[i] * exact + (1.0 - weight[i]) * result[i]
    return result


def _block(n: Array, background: Array, auxiliary: Auxiliary, level: float, guess: Array) -> Array:
    goal = np.log1p(-level)

    def log_cls(s: Array, windows: Index) -> Array:
        return _log_cls(n[windows], background[windows], s, auxiliary.take(windows))

    # ln CLs is concave in the signal and 0 at 0: the line from there crosses the root, then secants in the bracket
    low, value_low = np.zeros(n.size), np.full(n.size, -goal)
    high, value_high = np.full(n.size, np.inf), np.full(n.size, -np.inf)
    result, windows = guess.copy(), np.arange(n.size)
    for step in range(LIMIT_STEPS):
        s = result[windows]
        miss = log_cls(s, windows) - goal
        up, down = windows[miss > 0], windows[miss <= 0]
        low[up], value_low[up] = s[miss > 0], miss[miss > 0]
        high[down], value_high[down] = s[miss <= 0], miss[miss <= 0]
        a, b, fa, fb = low[windows], high[windows], value_low[windows], value_high[windows]
        with np.errstate(invalid="ignore"):
            edge = 0.003 * 0.1 ** min(step, 5)
            share = np.clip(fa / (fa - fb), edge, 1.0 - edge) if step % 6 < 5 else 0.5
            between = a + (b - a) * share
        line = np.clip(s * goal / np.minimum(miss + goal, 0.5 * goal), 0.3 * s, 2.0 * s) * (
            1.0 + 1e-6 * np.sign(miss)
        )
        result[windows] = np.where(np.isfinite(b) & ((a > 0) | (step > 2)), between, line)
        windows = windows[~((np.abs(miss) < 1e-7) | (b - a < 1e-7 * b))]
        if not windows.size:
            break
    return result


def _log_cls(n: Array, background: Array, s: Array, auxiliary: Auxiliary) -> Array:
    """The ln of CLs at signal s; arrays of shape (N,)."""
    fits = auxiliary.fitted(n, s, background), auxiliary.fitted(n, np.zeros(s.size), background)
    means = s + fits[0], fits[1]
    observed = _ratio(n, background, s, auxiliary)[0] * (1.0 - 1e-9)  # ties count as less signal-like
    count, inside = _outcomes(n, *means)
    threshold = _thresholds(count, s, observed, fits, auxiliary)
    logs = []
    for mean, b in zip(means, fits, strict=True):
        log_probability = log_poisson(count, mean) + auxiliary.log_at_least(threshold, b)
        logs.append(log_sum(np.where(inside, log_probability, -np.inf)))
    return logs[0] - logs[1]


def _outcomes(n: Array, mean_s: Array, mean_0: Array) -> tuple[Array, Mask]:
    """Counts (K, N) within reach of either mean or of a deficit n, and which of them belong to the window."""
    lower, upper = np.minimum(mean_s, mean_0), np.maximum(mean_s, mean_0)
    first, then = (np.floor(np.maximum(x - REACH * np.sqrt(x), 0.0)) for x in (np.minimum(lower, n), upper))
    last, end = (np.ceil(x + REACH * np.sqrt(x)) + 20.0 for x in (lower, upper))
    then = np.maximum(then, last + 1.0)  # the two stretches may be far apart
    row = np.arange((last - first + 1.0 + np.maximum(end - then + 1.0, 0.0)).max())[:, None]
    count = first + row
    count = np.where(count <= last, count, count - last - 1.0 + then)
    return count, count <= np.maximum(end, last)


def _thresholds(count: Array, s: Array, observed: Array, fits: tuple[Array, Array], auxiliary: Auxiliary) -> Array:
    """The auxiliary measurement (K, N) from which q~ is as large as observed, for each count; inf if never."""
    low = np.maximum(np.minimum(*(b - REACH * auxiliary.spread(b) for b in fits)), 0.0)
    high = np.maximum(*(b + REACH * auxiliary.spread(b) for b in fits)) + auxiliary.grain
    threshold = np.full(count.shape, -np.inf)  # below 0 q~ stays what it is at 0
    row, i = np.nonzero(_ratio(count, low, s, auxiliary)[0] < observed)
    threshold[row, i] = np.inf
    reached = _ratio(count[row, i], high[i], s[i], auxiliary.take(i))[0] >= observed[i]
    row, i = row[reached], i[reached]

    # Newton's method on sqrt(q~), nearly linear in the measurement, inside a bracket
    goal, a, b, m = np.sqrt(observed[i]), low[i], high[i], count[row, i]
    near = m - s[i] + goal * np.hypot(np.sqrt(m), auxiliary.spread(fits[0][i], i))
    x, left = np.where((near > a) & (near < b), near, 0.5 * (a + b)), np.arange(i.size)
    for _ in range(ROOT_STEPS):
        at = x[left]
        q, slope = _ratio(m[left], at, s[i[left]], auxiliary.take(i[left]))
        root = np.sqrt(q)
        below = root < goal[left]
        a[left], b[left] = np.where(below, at, a[left]), np.where(below, b[left], at)
        with np.errstate(divide="ignore", invalid="ignore"):
            after = at + (goal[left] - root) * 2.0 * root / slope
        inside = (after > a[left]) & (after < b[left])
        x[left] = after = np.where(inside, after, 0.5 * (a[left] + b[left]))
        left = left[np.abs(after - at) > 1e-6 * auxiliary.spread(after, i[left])]
        if not left.size:
            break
    threshold[row, i] = x
    return threshold


def _ratio(n: Array, measured: Array, s: Array, auxiliary: Auxiliary) -> tuple[Array, Array]:
    """The statistic q~ for an outcome, and its derivative in the auxiliary measurement (both >= 0)."""
    fit = auxiliary.fitted(n, s, measured)
    best = np.where(n >= measured, measured, auxiliary.fitted(n, 0.0 * s, measured))
    at_best = np.where(n >= measured, 0.0, deviance(n, best) + auxiliary.penalty(best, measured))
    q = 2.0 * (deviance(n, s + fit) + auxiliary.penalty(fit, measured) - at_best)
    return np.where(n - measured >= s, 0.0, np.maximum(q, 0.0)), auxiliary.growth(best, fit)
