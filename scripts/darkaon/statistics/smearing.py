"""The tail of a count averaged over an uncertain signal strength exp(kappa z), z standard normal.

kappa = ln(1 + relative uncertainty), so that the stated signal is the median.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import hermite_e, legendre
from scipy import special

from darkaon.statistics.numerics import LogTail
from darkaon.typing import Array, Index

REACH = 8.0
"""Standard deviations of z, and of the tail's own width, beyond which nothing counts."""
SMOOTH, SHARP = 32, 192
"""Gauss-Legendre nodes: where the tail falls within its width, and where the count makes it fall faster."""
LEGENDRE = {number: legendre.leggauss(number) for number in (SMOOTH, SHARP)}


def smeared(log_tail: LogTail, kappa: Array, nodes: int) -> LogTail:
    """The averaged tail with so many Gauss-Hermite nodes in each window; see `nodes_needed`."""
    z, weights = hermite_e.hermegauss(nodes)
    relative = _relative(log_tail, kappa.size)
    weights /= weights.sum()

    def average(s: Array, windows: Index) -> tuple[Array, Array, Array]:
        factors = np.exp(z[:, None] * kappa[windows])
        weight = np.multiply.outer(weights, np.ones(s.size))
        return _sum_up(relative, s, windows, factors, weight, np.zeros(s.size))

    return average


def smeared_widely(log_tail: LogTail, kappa: Array, centre: Array, width: Array, nodes: int) -> LogTail:
    """The averaged tail for any kappa: Gauss-Legendre nodes only where the tail falls.

    Args:
        log_tail: the tail for a signal known exactly.
        kappa: width of ln(strength), shape (N,).
        centre: where the tail falls from 1 to 0.
        width: it does so within 8 of these, or at once if the centre is below 0.
        nodes: `SMOOTH` or `SHARP`.
    """
    x, weights = LEGENDRE[nodes]
    relative = _relative(log_tail, kappa.size)

    def average(s: Array, windows: Index) -> tuple[Array, Array, Array]:
        k, reach = kappa[windows], REACH * width[windows]
        centred = np.maximum(centre[windows], 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            low = np.clip(np.log(np.maximum(centred - reach, 0.0) / s) / k, -REACH, REACH)
            high = np.clip(np.log((centred + reach) / s) / k, -REACH, REACH)
        low = np.where(s > 0, low, -REACH)
        half = 0.5 * (np.where(s > 0, high, REACH) - low)
        z = low + half * (x[:, None] + 1.0)
        weight = half * weights[:, None] * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
        below = special.ndtr(low)  # strengths so small that the tail is still 1
        return _sum_up(relative, s, windows, np.exp(z * k), weight, below)

    return average


def nodes_needed(kappa: Array, signal: Array, width: Array, poisson: Array) -> Array:
    """How many Gauss-Hermite nodes give 1e-6 for a limit near `signal`: 6 or 12; more for `smeared_widely`.

    Args:
        kappa: width of ln(strength), shape (N,).
        signal: about the limit.
        width: of the fall of the tail.
        poisson: its part that comes from the count; a background that may be near 0 lets the tail fall within it.
    """
    ratio = kappa * np.maximum(signal / width, 1.0)
    return np.select([ratio <= 0.1, ratio <= 0.4, width <= 1.5 * poisson], [6, 12, SMOOTH], SHARP)


def _relative(log_tail: LogTail, size: int) -> LogTail:
    """The tail in units of its value at signal 0."""
    ceiling = log_tail(np.zeros(size), np.arange(size))[0]

    def relative(s: Array, windows: Index) -> tuple[Array, Array, Array]:
        value, slope, bend = log_tail(s, windows)
        return value - ceiling[windows], slope, bend

    return relative


def _sum_up(
    log_tail: LogTail, s: Array, windows: Index, factors: Array, weights: Array, below: Array
) -> tuple[Array, Array, Array]:
    """The ln of the tail and its two derivatives, summed over signals s * factors in a fixed order."""
    total, density, change = below + 1e-300, np.zeros(s.size), np.zeros(s.size)
    for factor, weight in zip(factors, weights, strict=True):
        value, slope, bend = log_tail(factor * s, windows)
        part = weight * np.exp(value)
        total += part
        density += part * factor * slope
        change += part * factor * factor * (bend + slope * slope)
    slope = density / total
    return np.log(total), slope, change / total - slope * slope
