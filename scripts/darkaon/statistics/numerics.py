"""Small numerical tools for arrays of windows: tails in logarithms, quantiles, sums that repeat to the bit.

Everything here works element by element, so a result does not depend on its neighbours, on the order of the
windows or on how they are sliced over jobs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from darkaon.typing import Array, Index, Mask

UNDERFLOW = 1e-280
"""Below this a tail probability is evaluated as a logarithm."""
FRACTION_STEPS = 80
"""Steps of the continued fractions, which are used at least 35 standard deviations out: 1e-12 there."""
NEWTON_STEPS = 80
"""Steps that the root finder may take; 3 to 6 are usual and bisection needs 60."""


def add_up(terms: Array) -> Array:
    """The sum over the first axis in a fixed order.

    `numpy.sum` takes another order for another shape, and then differs in the last bit.
    """
    return np.add.accumulate(terms, axis=0)[-1]


def log_sum(logs: Array) -> Array:
    """The ln of the sum of exp(logs) over the first axis, in a fixed order."""
    top = logs.max(axis=0)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return top + np.log(add_up(np.exp(logs - top)))


def log_poisson(n: Array, mean: Array | float) -> Array:
    """The ln of the Poisson probability of n, for real n >= 0 and mean >= 0."""
    return special.xlogy(n, mean) - mean - special.gammaln(n + 1.0)


def log_at_most(n: Array, mean: Array) -> Array:
    """The ln of P(N <= n) for a Poisson N of the given mean (arrays of one shape), also where it underflows."""
    tail = special.gammaincc(n + 1.0, mean)
    deep = tail < UNDERFLOW
    with np.errstate(divide="ignore"):
        log_tail = np.log(tail)
    if np.any(deep):
        a, x = n[deep] + 1.0, mean[deep]
        fraction = np.zeros_like(x)
        for i in range(FRACTION_STEPS, 0, -1):  # DLMF 8.9.2, from the innermost step outwards
            fraction = i * (i - a) / (x + (2 * i + 1) - a - fraction)
        log_tail[deep] = log_poisson(a - 1.0, x) + np.log(x / (x + 1.0 - a - fraction))
    return log_tail


def log_gamma_cdf(shape: Array, x: Array) -> Array:
    """The ln of P(X <= x) for X gamma distributed with this shape and rate 1, also where it underflows.

    With an integer shape n this is ln P(N >= n) for a Poisson N of mean x. Shape 0 gives 0, x = 0 gives -inf.
    """
    cdf = np.where(shape > 0, special.gammainc(np.where(shape > 0, shape, 1.0), x), 1.0)
    deep = (cdf < UNDERFLOW) & (x > 0)
    with np.errstate(divide="ignore"):
        log_cdf = np.log(cdf)
    if np.any(deep):
        a, y = shape[deep], x[deep]
        fraction = np.zeros_like(y)
        for i in range(FRACTION_STEPS, 0, -1):  # DLMF 8.9.1, two levels a step
            fraction = (a + i - 1.0) * y / (a + 2 * i - 1.0 + i * y / (a + 2 * i - fraction))
        log_cdf[deep] = a * np.log(y) - y - special.gammaln(a) - np.log(a - fraction)
    return log_cdf


def significance(log_p: Array) -> Array:
    """One-sided significance of a p-value given as ln p; 0 for a deficit."""
    return np.maximum(-special.ndtri_exp(log_p), 0.0)


LogTail = Callable[[Array, Index], tuple[Array, Array, Array]]
"""(signals, indices of the windows) -> ln of the tail probability and its first two derivatives there."""


def signal_limit(log_tail: LogTail, start: Array, level: float) -> Array:
    """The signal at which a tail has fallen to 1 - level of its value at signal 0; `start` is any first guess."""
    goal = log_tail(np.zeros(start.size), np.arange(start.size))[0] + np.log1p(-level)
    return falling_root(log_tail, goal, start)


def falling_root(function: LogTail, goal: Array, start: Array) -> Array:
    """The signal > 0 at which a falling function has the value `goal`, shape (N,).

    Halley's method, kept inside a bracket; Newton's where the second derivative is given as 0. Each window stops
    on its own, so that the others in the batch change nothing.
    """
    windows = np.arange(start.size)
    result = np.where((start > 0) & np.isfinite(start), start, 1.0)
    low, high = np.zeros(start.size), np.full(start.size, np.inf)
    for _ in range(NEWTON_STEPS):
        s = result[windows]
        value, slope, bend = function(s, windows)
        miss = value - goal[windows]
        low[windows] = np.where(miss > 0, s, low[windows])
        high[windows] = np.where(miss > 0, high[windows], s)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            newton = miss / slope
            halley = newton / np.clip(1.0 - 0.5 * newton * bend / slope, 0.5, 2.0)
        after = s - halley
        a, b = low[windows], high[windows]
        inside = (after > a) & (after < b)
        middle = np.where(np.isfinite(b), 0.5 * (a + b), 4.0 * s)
        result[windows] = after = np.where(inside, after, middle)
        near = np.where(bend == 0, 1e-5, 1e-3)  # in ln of the tail; the error left is its square or cube
        arrived = inside & (np.abs(miss) <= near) | (b - a <= 1e-12 * a)
        windows = windows[~arrived]
        if not windows.size:
            break
    return result


def overlaps(low: Array, high: Array, ranges: Array | None) -> Mask:
    """Which of the intervals low to high, any shape, overlap one of `ranges`, shape (k, 2), if there are any."""
    ranges = np.empty((0, 2)) if ranges is None else ranges
    return np.any((low[..., None] < ranges[:, 1]) & (high[..., None] > ranges[:, 0]), axis=-1)
