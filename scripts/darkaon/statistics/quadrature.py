"""CLs tails averaged over an uncertain background by quadrature.

Two integrals give the same tail P(N <= n) with N ~ Poisson(s + b), T ~ gamma(n + 1), b ~ its distribution:
the mean over b of Q(n + 1, s + b), and the mean over T of P(b <= T - s). The first is smooth where the
background is known better than about 2 sqrt(n), the second where it is known worse.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.polynomial import hermite_e, legendre
from scipy.special import gammaincc, gammaln

from darkaon.statistics.nuisance import HERMITE_FLOOR, HERMITE_REACH, REACH, AnyNuisance
from darkaon.statistics.numerics import LogTail, log_at_most, log_gamma_cdf, log_poisson, log_sum
from darkaon.typing import Array, Index, Mask

NODES = {6: 0.3, 8: 0.5, 12: 0.9, 16: 1.2, 24: 1.5, 32: 2.0}
"""Gauss-Hermite nodes, and the largest sigma_b/sqrt(n + 1) for which they give the limit to 1e-6 or better."""
HERMITE = {number: hermite_e.hermegauss(number) for number in NODES}
LEGENDRE_NODES, LEGENDRE_WEIGHTS = legendre.leggauss(24)
GRID = np.linspace(0.0, 1.0, 17)[:, None]
NEGLIGIBLE = 42.0
"""An integrand exp(-42) below its maximum is left out."""
WIDE = 2.0
"""From this sigma_b/sqrt(n + 1) on the average is taken over T."""


def _shift(n: Array, background: Array, uncertainty: Array) -> Array:
    """Where a deficit draws the background to, in standard deviations of it: 0 or below."""
    return np.minimum((n + 1.0 - background) * uncertainty / (np.square(uncertainty) + background + 1.0), 0.0)


def hermite_nodes(n: Array, background: Array, uncertainty: Array, nuisance: str) -> Array:
    """How many Gauss-Hermite nodes give the limit to 1e-6 or better, one of `NODES`, or 0 where none do.

    They need a narrow background, every node above 0, and a tail that does not underflow.
    """
    width = uncertainty / np.sqrt(n + 1.0)
    number = np.select([width <= most for most in NODES.values()], list(NODES), 0)
    lowest = np.select([number == nodes for nodes in NODES], [HERMITE[nodes][0][-1] for nodes in NODES], 0.0)
    lowest = lowest - _shift(n, background, uncertainty)
    good = uncertainty <= HERMITE_REACH[nuisance] * background
    good &= lowest * uncertainty < HERMITE_FLOOR[nuisance] * background
    good &= (background <= n) | (np.square(background - n) <= 300.0 * background)
    return np.where(good, number, 0)


def hermite_tail(n: Array, nuisance: AnyNuisance, uncertainty: Array, number: int) -> LogTail:
    """The tail by Gauss-Hermite quadrature over b around `_shift`, where `hermite_nodes` allows it."""
    nodes, weights = HERMITE[number]
    shift = _shift(n, nuisance.background, uncertainty)
    b, log_ratio = nuisance.hermite(nodes[:, None] + shift)
    weight = np.exp(log_ratio - shift * (nodes[:, None] + 0.5 * shift)) * (weights[:, None] / np.sqrt(2.0 * np.pi))
    norm = gammaln(n + 1.0)

    def log_tail(s: Array, windows: Index) -> tuple[Array, Array, Array]:
        m, log_factorial = n[windows], norm[windows]
        total, density, change = np.zeros(s.size), np.zeros(s.size), np.zeros(s.size)
        for at, share in zip(b, weight, strict=True):
            mean, w = s + at[windows], share[windows]
            total += w * gammaincc(m + 1.0, mean)
            p = w * np.exp(m * np.log(mean) - mean - log_factorial)
            density += p
            change += p * (m / mean - 1.0)
        total = np.maximum(total, 1e-300)  # a signal far too large
        slope = -density / total
        return np.log(total), slope, -change / total - slope * slope

    return log_tail


def adaptive_tail(n: Array, nuisance: AnyNuisance, wide: Mask) -> LogTail:
    """The tail for any count and any distribution: over b, or over T in the windows where `wide` holds."""

    def log_tail(s: Array, windows: Index) -> tuple[Array, Array, Array]:
        value, slope = np.empty(s.size), np.empty(s.size)
        for mean_over, chosen in ((_over_b, ~wide[windows]), (_over_t, wide[windows])):
            if chosen.any():
                i = windows[chosen]
                value[chosen], slope[chosen] = mean_over(n[i], nuisance.take(i), s[chosen])
        return value, slope, np.zeros(s.size)

    return log_tail


def log_excess(n: Array, nuisance: AnyNuisance, wide: Mask) -> Array:
    """The ln of the p-value P(N >= n), n > 0, without signal: over b, or over T ~ gamma(n) where `wide` holds."""
    result = np.empty(n.size)
    for mean_over, chosen in ((_excess_over_b, ~wide), (_excess_over_t, wide)):
        if chosen.any():
            result[chosen] = mean_over(n[chosen], nuisance.take(np.flatnonzero(chosen)))
    return np.minimum(result, 0.0)


def _excess_over_t(n: Array, nuisance: AnyNuisance) -> Array:
    """P(N >= n | b) = P(T <= b): the mean over T of P(B >= T)."""
    reach = REACH * np.sqrt(n) + REACH * REACH
    low, high = np.maximum(n - reach, 0.0), n + reach

    def integrand(t: Array) -> Array:
        return log_poisson(n - 1.0, t) + nuisance.log_above(t)

    t, log_weight = _panels(integrand, low, high, nuisance.background, panels=4)
    return log_sum(log_weight + integrand(t))


def _excess_over_b(n: Array, nuisance: AnyNuisance) -> Array:
    low, high, split = nuisance.range()

    def integrand(y: Array) -> Array:
        b, log_density = nuisance.at(y)
        count, mean = np.broadcast_arrays(n, b)
        return log_density + log_gamma_cdf(count, mean)

    y, log_weight = _panels(integrand, low, high, split, panels=8)
    return log_sum(log_weight + integrand(y))


def _over_b(n: Array, nuisance: AnyNuisance, s: Array) -> tuple[Array, Array]:
    low, high, split = nuisance.range()
    low = np.minimum(low, nuisance.coordinate(np.minimum(n + 1.0, nuisance.background)) - 3.0)  # deep deficits
    low = np.maximum(low, nuisance.lowest)

    def integrand(y: Array) -> Array:
        b, log_density = nuisance.at(y)
        count, mean = np.broadcast_arrays(n, s + b)
        return log_density + log_at_most(count, mean)

    y, log_weight = _panels(integrand, low, high, split)
    b, log_density = nuisance.at(y)
    value = log_sum(log_weight + integrand(y))
    return value, -np.exp(log_sum(log_weight + log_density + log_poisson(n, s + b)) - value)


def _over_t(n: Array, nuisance: AnyNuisance, s: Array) -> tuple[Array, Array]:
    centre = nuisance.background
    high = np.maximum(n, s + centre) + REACH * np.sqrt(np.maximum(n, centre)) + REACH * REACH

    def integrand(t: Array) -> Array:
        return log_poisson(n, t) + nuisance.log_cdf(t - s)

    t, log_weight = _panels(integrand, s, high, s + centre)
    value = log_sum(log_weight + integrand(t))
    return value, -np.exp(log_sum(log_weight + log_poisson(n, t) + nuisance.log_density(t - s)) - value)


def _panels(
    integrand: Callable[[Array], Array], low: Array, high: Array, split: Array, panels: int = 2
) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and ln weights (K, N) on the bulk of exp(integrand), parted at `split`.

    The bulk of a log-concave integrand is found by looking at a grid and zooming in, a fixed number of times.
    """
    columns = np.arange(low.size)
    for _ in range(6):
        y = low + (high - low) * GRID
        value = integrand(y)
        kept = value > value.max(axis=0) - NEGLIGIBLE
        first, last = kept.argmax(axis=0), GRID.size - 1 - kept[::-1].argmax(axis=0)
        low = y[np.maximum(first - 1, 0), columns]
        high = y[np.minimum(last + 1, GRID.size - 1), columns]
    middle = np.where((split > low) & (split < high), split, 0.5 * (low + high))
    nodes, logs = [], []
    for start, stop in ((low, middle), (middle, high)):
        for i in range(panels // 2):
            step = (stop - start) / (panels // 2)
            nodes.append(start + step * (i + 0.5 * (LEGENDRE_NODES[:, None] + 1.0)))
            with np.errstate(divide="ignore"):
                logs.append(np.log(step * (0.5 * LEGENDRE_WEIGHTS[:, None])))
    return np.concatenate(nodes), np.concatenate(logs)
