"""CLs limits on a count when the background is known exactly (Read 2002, J. Phys. G 28 2693)."""

from __future__ import annotations

import numpy as np
from scipy import special

from darkaon.statistics.numerics import UNDERFLOW, log_at_most, log_gamma_cdf, log_poisson, signal_limit
from darkaon.typing import Array


def limits(n: Array, background: Array, level: float) -> Array:
    """Upper limit on the signal: CLs = P(N <= n | s + b)/P(N <= n | b) = 1 - level.

    Closed form, s = Q^-1(n + 1, (1 - level) Q(n + 1, b)) - b with Q the regularised upper gamma function; by
    Newton steps on ln Q where that underflows or would lose digits to the subtraction. Arrays have shape (N,).
    """
    result = np.full(n.size, -np.log1p(-level))  # exact at n = 0
    tail = special.gammaincc(n + 1.0, background)
    counted = n > 0
    shallow = counted & (tail * (1.0 - level) > UNDERFLOW)
    result[shallow] = special.gammainccinv(n[shallow] + 1.0, (1.0 - level) * tail[shallow]) - background[shallow]
    again = np.flatnonzero(counted & (~shallow | (result < 0.01 * background)))
    if again.size:
        m, b = n[again], background[again]
        result[again] = signal_limit(lambda s, i: log_tail(m[i], b[i] + s), first_guess(m, b, 0.0, level), level)
    return result


def log_tail(n: Array, mean: Array) -> tuple[Array, Array, Array]:
    """The ln of P(N <= n) for Poisson N, and its first two derivatives in the mean."""
    value = log_at_most(n, mean)
    slope = -np.exp(log_poisson(n, mean) - value)
    with np.errstate(divide="ignore", invalid="ignore"):
        bend = np.where(mean > 0, slope * (n / mean - 1.0 - slope), 0.0)
    return value, slope, bend


def first_guess(n: Array, background: Array, uncertainty: Array | float, level: float) -> Array:
    """The limit for a normal distribution with the moments of gamma(n + 1) - background; it may be poor at low n."""
    width = np.sqrt(n + 1.0 + uncertainty * uncertainty)
    centre = (n + 1.0 - background) / width
    skew = (n + 1.0) / (3.0 * width**3)  # third cumulant/6
    floor = centre - skew * (centre * centre - 1.0)
    z = -special.ndtri_exp(np.log1p(-level) + special.log_ndtr(np.clip(floor, -1e4, 1e4)))
    fall = -np.log1p(-level)
    most = n + 1.0 + 2.0 * np.sqrt((n + 1.0) * fall) + 2.0 * fall  # above the limit for b = 0
    normal = width * (centre + z + skew * (z * z - 1.0))
    deep = fall / np.clip(-centre / width, 1e-3, 1.0)  # far below the background the tail is exponential
    return np.minimum(np.where(centre < -3.0, deep, normal), most)


def log_excess(n: Array, background: Array) -> Array:
    """The ln of the p-value P(N >= n | b)."""
    return log_gamma_cdf(n, background)
