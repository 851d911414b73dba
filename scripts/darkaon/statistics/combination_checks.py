"""The combination beside what it must agree with: single limits, sums of windows, enumeration, toys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from darkaon.statistics.combination import combined_limit, windows_from
from darkaon.statistics.limits import set_limits
from darkaon.typing import Array

REDUCED, ORDERED = 4e-7, 4e-3
"""Agreement that is asked: where the order of outcomes is the same, and where near ties may be ordered otherwise."""
SINGLE: tuple[tuple[float, float, float, dict[str, Any]], ...] = (
    (12, 10.0, 3.0, {}),
    (12, 10.0, 3.0, {"signal_uncertainty": 0.15}),
    (12, 10.0, 3.0, {"nuisance": "lognormal"}),
    (110, 100.0, 20.0, {"nuisance": "gauss"}),
    (9900, 1e4, 100.0, {}),
)
SEVERAL: tuple[tuple[list[float], list[float], list[float], list[float]], ...] = (
    ([3, 5], [2.0, 4.0], [0.4, 1.0], [0.5, 0.5]),
    ([0, 0, 1], [0.5, 0.2, 0.3], [0.1, 0.05, 0.1], [0.5, 0.3, 0.2]),
    ([100, 100], [100.0, 100.0], [50.0, 1.0], [0.5, 0.5]),
    ([100, 100], [100.0, 100.0], [20.0, 2.0], [0.5, 0.5]),
)
"""Counts, backgrounds, their uncertainties (gamma distributed), shares of the signal."""


def reductions() -> list[tuple[str, str, float, float]]:
    """Check, case, the value that is to be met, that of the combination."""
    rows = []
    for n, b, sigma, options in SINGLE:
        single, one = set_limits(n, b, sigma, **options), windows_from([n], b, sigma, **options)
        case = " ".join([f"{n:g} on {b:g} +- {sigma:g}", *map(str, options.values())])
        rows.append(("one window", case, float(single.observed[0]), combined_limit(one)))
        rows.append(("one window", f"{case} expected", float(single.expected[0]), combined_limit(one, quantile=0.5)))
    both = combined_limit(windows_from([6, 6], 5.0, correlated=0.3), 0.5)
    summed = float(set_limits(12, 10.0, 3.0, nuisance="lognormal").observed[0])
    rows.append(("fully correlated", "6, 6 on 5, 5 +- 30 %", summed, both))
    alike = combined_limit(windows_from([6, 6], 5.0), 0.5)
    rows.append(("equal windows", "6, 6 on 5, 5", float(set_limits(12, 10.0).observed[0]), alike))
    return rows


def enumerated(n: Array, b: Array, sigma: Array, share: Array, level: float = 0.90) -> float:
    """The limit from the probabilities of all outcomes, ordered with the exact weights."""
    sizes = [int(x + 12.0 * np.hypot(np.sqrt(x), s) + 40.0) for x, s in zip(np.maximum(b, n), sigma, strict=True)]

    def chances(signal: Array) -> Array:
        product = np.ones(1)
        for x, s, more, size in zip(b, sigma, signal, sizes, strict=True):
            k, theta = (x / s) ** 2, s * s / x
            background = stats.nbinom.pmf(np.arange(size), k, 1.0 / (1.0 + theta))
            one = np.convolve(background, stats.poisson.pmf(np.arange(size), more))[:size]
            product = np.multiply.outer(product, one)
        return product[0]

    nothing = chances(0.0 * b)

    def excess(mu: float) -> float:
        weight = _weights(mu * share, b, sigma)
        order = np.zeros(())
        for w, size in zip(weight, sizes, strict=True):
            order = np.add.outer(order, w * np.arange(size))
        kept = order <= np.sum(weight * n) * (1.0 + 1e-12)
        return float(chances(mu * share)[kept].sum() / nothing[kept].sum()) - (1.0 - level)

    high = 4.0 / share.sum()
    while excess(high) > 0.0:
        high *= 1.5
    return float(brentq(excess, 1e-3 * high, high, xtol=1e-7 * high))


def drawn(
    n: Array, b: Array, sigma: Array, signal: Array, size: int, rng: np.random.Generator
) -> tuple[float, float]:
    """CLs of signals by `size` pseudo-experiments with the exact weights, and its error."""
    weight = _weights(signal, b, sigma)
    x = float(np.sum(weight * n)) * (1.0 + 1e-12)
    mean = rng.gamma(np.square(b / sigma), np.square(sigma) / b, (size, len(b)))
    below = [float(np.mean(np.einsum("tw,w->t", rng.poisson(mean + more), weight) <= x)) for more in (signal, 0.0)]
    ratio = below[0] / below[1]
    return ratio, ratio * float(np.sqrt(sum((1.0 - p) / (p * size) for p in below)))


def _weights(signal: Array, b: Array, sigma: Array) -> Array:
    return np.asarray(np.log1p(signal / b) * b / (b + sigma * sigma))


def against_enumeration() -> list[tuple[str, str, float, float]]:
    """`reductions`' columns for the windows of `SEVERAL`, by the probabilities of all outcomes."""
    return [("enumeration", name, enumerated(*case), found) for name, case, found in _several()]


def against_toys(size: int, rng: np.random.Generator) -> list[tuple[str, str, float, float, float]]:
    """The same by `size` pseudo-experiments: CLs at the limit beside 0.1; the last column is the error of it."""
    rows = []
    for name, (n, b, sigma, share), limit in _several():
        rows.append(("toys: CLs", name, 0.1, *drawn(n, b, sigma, limit * share, size, rng)))
    return rows


def _several() -> Iterator[tuple[str, tuple[Array, Array, Array, Array], float]]:
    """The windows of `SEVERAL`, each with a name and their combined limit."""
    for values in SEVERAL:
        n, b, sigma, share = (np.array(value, dtype=float) for value in values)
        counts, backgrounds, errors = (", ".join(f"{x:g}" for x in each) for each in (n, b, sigma))
        limit = combined_limit(windows_from(n, b, sigma), share)
        yield f"{counts} on {backgrounds} +- {errors}", (n, b, sigma, share), limit
