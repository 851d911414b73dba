"""One CLs limit from several independent windows (periods, regions, channels), without pseudo-experiments.

The outcomes are ordered by the likelihood ratio of the tested signal: X = sum_i w_i n_i with w_i = ln(1 + s_i/b_i)
(Read 2002; Junk 1999, NIM A 434 435), and CLs = P(X <= x_obs | s + b)/P(X <= x_obs | b). The weights are rounded to
whole numbers, so that the distribution of X is an exact convolution on a lattice: a rounded weight makes the order
slightly less than optimal, never the probability wrong. Windows of equal s_i/b_i have equal weights, and the limit is
that of their plain sum.
"""

from __future__ import annotations

from functools import reduce
from math import gcd
from typing import Any

import numpy as np

from darkaon.errors import InputError, refuse
from darkaon.statistics import checks
from darkaon.statistics.numerics import log_poisson
from darkaon.typing import Array

FINEST, COARSE, LATTICE = 400, 50, 40_000
"""The largest whole-number weight, of observed and expected limits; about how many lattice points are affordable."""
LEAST = 1e-6
"""Stands for a background of 0, relative to the signal, in a weight."""
_STEPS = 60


def combined_limit(
    n_observed: Any,
    background: Any,
    uncertainty: Any = 0.0,
    share: Any = 1.0,
    *,
    level: float = 0.90,
    signal_uncertainty: float = 0.0,
    quantile: float | None = None,
) -> float:
    """Upper limit on the strength mu for signals mu * share in each window.

    Args:
        n_observed: counts, shape (W,); not used with a `quantile`.
        background: expected background, shape (W,).
        uncertainty: of the background, gamma distributed and independent in each window, shape (W,).
        share: signal events in each window at mu = 1, shape (W,); shares that add up to 1 make mu the events in all.
        level: confidence level.
        signal_uncertainty: relative, common to all windows, log-normal.
        quantile: for an expected limit: X is the one below which this part of 1 lies if there is no signal.

    Raises:
        InputError: an argument out of its range, or no window with a share.
    """
    level = checks.level_in_range(level)
    if quantile is not None:  # counts that X is below in all but a part of 1e-4 or so
        b, sigma = (np.atleast_1d(np.asarray(values, dtype=float)) for values in (background, uncertainty))
        n_observed = np.ceil(b + 4.0 * np.sqrt(b + sigma * sigma)) + 4.0
    n, b, sigma, share = checks.same_length(
        n_observed=checks.counts("n_observed", n_observed),
        background=checks.not_negative("background", background),
        uncertainty=checks.not_negative("uncertainty", uncertainty),
        share=checks.not_negative("share", share),
    )
    refuse(
        (b == 0) & (sigma > 0),
        checks.in_window("background", b),
        remedy="a background of 0 has no relative uncertainty",
    )
    kappa = np.log1p(checks.not_negative("signal_uncertainty", signal_uncertainty)[0])
    used = share > 0
    if not used.any():
        raise InputError("share: no window has a signal", remedy="give at least one above 0")
    windows = n, b, sigma, share = n[used], b[used], sigma[used], share[used]

    def excess(mu: float) -> float:
        return _log_cls(mu, windows, kappa, quantile) - np.log1p(-level)

    low, high = 0.0, (n.sum() + 5.0) / share.sum()
    while excess(high) > 0.0:
        low, high = high, 2.0 * high
    for _ in range(_STEPS):  # CLs may step where the order of outcomes changes: bisection needs no more than its sign
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) > 0.0 else (low, middle)
        if high - low < 1e-9 * high:
            break
    return 0.5 * (low + high)


def weights(signal: Array, background: Array, n: Array, finest: float = FINEST) -> Array:
    """Whole-number weights in proportion to ln(1 + s/b), as fine as the counts allow, without a common factor."""
    exact = np.log1p(signal / np.maximum(background, LEAST * signal))
    most = int(np.clip(LATTICE / (n.sum() + 1.0), 10, finest))
    whole = np.maximum(np.rint(exact / exact.max() * most).astype(int), 1)
    return whole // reduce(gcd, whole.tolist())


def _log_cls(mu: float, windows: tuple[Array, ...], kappa: float, quantile: float | None) -> float:
    n, b, sigma, share = windows
    weight = weights(mu * share, b, n, FINEST if quantile is None else COARSE)
    observed = int((weight * n).sum())
    backgrounds = [_background(observed // w, *window) for w, *window in zip(weight, b, sigma, strict=True)]
    if quantile is not None:
        chance = np.cumsum(_lattice(observed, weight, backgrounds, 0.0 * share))
        observed = int(np.searchsorted(chance, quantile * (1 - 1e-12) * chance[-1]))
        backgrounds = [part[: observed // w + 1] for w, part in zip(weight, backgrounds, strict=True)]
    z, chance = (np.zeros(1), np.ones(1)) if kappa == 0 else np.polynomial.hermite_e.hermegauss(12)
    with_signal = 0.0
    for factor, part in zip(np.exp(kappa * z), chance / chance.sum(), strict=True):
        with_signal += part * _at_most(observed, weight, backgrounds, factor * mu * share)
    without = _at_most(observed, weight, backgrounds, 0.0 * share)
    return float(np.log(max(with_signal, 1e-300 * without)) - np.log(without))


def _background(most: int, b: float, sigma: float) -> Array:
    """Probabilities of 0 ... most background events, in units of the largest: their scale drops out of CLs.

    Poisson, or negative binomial for a mean that is gamma distributed, by the ratio of neighbouring terms.
    """
    k = np.arange(float(most))
    spread = sigma * sigma / b if b > 0 else 0.0
    with np.errstate(divide="ignore"):
        steps = np.log(b + k * spread) - np.log((k + 1.0) * (1.0 + spread))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(np.exp(logs - logs.max()))


def _at_most(observed: int, weight: Array, backgrounds: list[Array], signal: Array) -> float:
    """P(sum w n <= observed)."""
    return float(_lattice(observed, weight, backgrounds, signal).sum())


def _lattice(observed: int, weight: Array, backgrounds: list[Array], signal: Array) -> Array:
    """The distribution of sum w n from 0 to `observed`, window by window."""
    lattice = np.zeros(observed + 1)
    lattice[0] = 1.0
    for w, background, s in zip(weight.tolist(), backgrounds, signal.tolist(), strict=True):
        counts = np.arange(background.size, dtype=float)
        total = np.convolve(background, np.exp(log_poisson(counts, s)))[: background.size]
        moved = np.zeros_like(lattice)
        for count, probability in enumerate(total.tolist()):
            moved[count * w :] += probability * lattice[: lattice.size - count * w]
        lattice = moved
    return lattice
