"""How often limits and p-values are right: by exact enumeration of the counts, not by pseudo-experiments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import special

from darkaon.errors import InputError
from darkaon.statistics import hybrid
from darkaon.statistics.limits import set_limits
from darkaon.statistics.numerics import log_poisson
from darkaon.typing import Array

JUST_ABOVE = 1.0 + 1e-9
"""Coverage is least just above a limit, where the count that gave it covers no more."""
MOST = 20.0
SIGNALS = np.linspace(0.0, MOST, 81)
_BEYOND = 9.0  # standard deviations of a Poisson count that are enumerated


def limits_by_count(
    background: Array, uncertainty: Array, most: float, *, method: str, level: float = 0.90, nuisance: str = "gamma"
) -> Array:
    """Limits for the counts 0, 1, 2 ..., shape (P, N), so many that the last ones are above `most`.

    The background measurement is fixed: its value and uncertainty, shape (P,), do not fluctuate.
    """
    mean = float(np.max(background)) + most
    counts = np.arange(np.ceil(mean + 4.0 * np.sqrt(mean + float(np.max(uncertainty)) ** 2)) + 12.0)
    shape = len(background), len(counts)
    flat = [np.broadcast_to(x, shape).ravel() for x in (counts, background[:, None], uncertainty[:, None])]
    return np.asarray(
        set_limits(*flat, method=method, level=level, nuisance=nuisance).observed.reshape(shape), dtype=float
    )


def coverage(limits: Array, background: Array, signal: Array) -> Array:
    """P(limit >= s | s + b) for limits that grow with the count, shape (P, S).

    Args:
        limits: for the counts 0, 1, 2 ..., shape (P, N), the last above all signals.
        background: true background, shape (P,).
        signal: true signals, shape (P, S) or (S,).

    Raises:
        InputError: limits that fall with the count, or too few of them.
    """
    signal = np.broadcast_to(signal, (len(limits), np.shape(signal)[-1]))
    if np.any(np.diff(limits, axis=1) < -1e-6 * limits[:, 1:]):
        raise InputError("limits: they must not fall as the count grows", remedy="check the method")
    if np.any(limits[:, -1] < signal.max(axis=1)):
        raise InputError(
            "limits: too few counts", remedy="there must be so many that the last limit is above all signals"
        )
    first = np.array([np.searchsorted(row, s) for row, s in zip(limits, signal, strict=True)], dtype=float)
    tail = special.gammainc(np.maximum(first, 1.0), signal + background[:, None])
    return np.where(first > 0, tail, 1.0)


def critical_signals(limits: Array, most: float, signals: Array) -> Array:
    """The `signals` (S,) and those just above each limit (P, N), but for limits above `most`: (P, S + N)."""
    above = np.where(limits <= most, limits * JUST_ABOVE, 0.0)
    return np.concatenate([np.broadcast_to(signals, (len(limits), len(signals))), above], axis=1)


def grid(
    backgrounds: Array, relatives: Array, *, method: str, level: float = 0.90, nuisance: str = "gamma"
) -> dict[str, Array]:
    """The least coverage for each background and relative uncertainty, over signals of 0 to `MOST`.

    Points just above each limit, where the coverage is least, are among the signals.

    Returns:
        Columns background, relative_uncertainty, signal (where it is least), coverage (the least), mean_coverage.
    """
    b, r = (x.ravel() for x in np.meshgrid(backgrounds, relatives, indexing="ij"))
    limits = limits_by_count(b, r * b, MOST, method=method, level=level, nuisance=nuisance)
    signal = critical_signals(limits, MOST, SIGNALS)
    values = coverage(limits, b, signal)
    least = np.arange(len(b)), np.argmin(values, axis=1)
    return {
        "background": b,
        "relative_uncertainty": r,
        "signal": signal[least],
        "coverage": values[least],
        "mean_coverage": values[:, : len(SIGNALS)].mean(axis=1),
    }


def sideband_coverage(
    limits: Callable[[Array, Array, Array], Array], background: float, tau: float
) -> tuple[float, float]:
    """The least coverage if the sideband fluctuates too, and where it is.

    Every count of the window and of its sideband is enumerated, at signals just above limits and from 0 to 3 standard
    deviations of the difference of both counts, and 8.

    Args:
        limits: of counts, sideband counts and tau, arrays of one shape; they grow with the count.
        background: true background in the window.
        tau: sideband events for each background event in the window.
    """
    most = 3.0 * np.sqrt(background * (1.0 + 1.0 / tau)) + 8.0
    off = np.arange(_last(tau * background))
    weight = np.exp(log_poisson(off, np.float64(tau * background)))
    off, weight = off[weight > 1e-9], weight[weight > 1e-9]
    counts = np.arange(_last(background + most))
    n, m = (x.ravel() for x in np.meshgrid(counts, off, indexing="ij"))
    found = limits(n, m, np.full(n.size, tau)).reshape(counts.size, off.size).T
    above = found[found <= most] * JUST_ABOVE
    signal = np.unique(np.concatenate([np.linspace(0.0, most, 401), above]))
    covered = np.zeros(signal.size)
    for row, share in zip(found, weight, strict=True):
        first = np.searchsorted(row, signal).astype(float)  # counts from here on cover
        tail = special.gammainc(np.maximum(first, 1.0), signal + background)
        covered += share * np.where(first > 0, tail, 1.0)
    worst = int(np.argmin(covered))
    return float(covered[worst] / weight.sum()), float(signal[worst])


def inside(windows: hybrid.Windows, low: float, high: float) -> float:
    """The probability of a count from low to high in one window, averaged over its background."""
    two = windows.take(np.zeros(2, dtype=np.intp))
    below = hybrid.at_most(replace(two, n=np.array([max(low - 1.0, 0.0), high])))
    return float(below[1] - (below[0] if low > 0 else 0.0))


def draw(windows: hybrid.Windows, size: int, rng: np.random.Generator) -> Array:
    """`size` backgrounds from the distribution of one window ."""
    b, sigma = float(windows.background[0]), float(windows.up[0])
    if sigma == 0:
        return np.full(size, b)
    if windows.nuisance == "gamma":
        return rng.gamma((b / sigma) ** 2, sigma * sigma / b, size)
    if windows.nuisance == "gauss":
        low = special.ndtr(-b / sigma)
        return np.maximum(b + sigma * special.ndtri(low + (1.0 - low) * rng.random(size)), 0.0)
    z, up = rng.standard_normal(size), np.log1p(sigma / b)
    down = -np.log1p(-float(windows.down[0]) / b) if windows.nuisance == "two_piece" else up
    return np.asarray(b * np.exp(np.where(z > 0, up, down) * z))


def rejection(p_value: Callable[[Array, Array], Array], background: float, tau: float | None, alpha: Array) -> Array:
    """P(p <= alpha) without signal, over all counts of the window and of its sideband; at most alpha if p is valid.

    Args:
        p_value: of counts and sideband counts, arrays of one shape (sideband counts are 0 if `tau` is None).
        background: true background in the window.
        tau: sideband events for each background event in the window; None for a background known exactly.
        alpha: shape (A,).
    """
    on = np.arange(_last(background))
    off = np.arange(_last(tau * background)) if tau is not None else np.zeros(1)
    n, m = (x.ravel() for x in np.meshgrid(on, off, indexing="ij"))
    log_probability = log_poisson(n, np.float64(background))
    if tau is not None:
        log_probability = log_probability + log_poisson(m, np.float64(tau * background))
    p = p_value(n, m)
    order = np.argsort(p, kind="stable")
    cumulative = np.concatenate([[0.0], np.cumsum(np.exp(log_probability[order]))])
    return np.asarray(cumulative[np.searchsorted(p[order], alpha, side="right")])


def _last(mean: float) -> float:
    return float(np.ceil(mean + _BEYOND * np.sqrt(mean) + 15.0))
