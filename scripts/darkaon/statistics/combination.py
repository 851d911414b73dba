"""One CLs limit from several windows (periods, regions, channels, searches), without pseudo-experiments.

The outcomes are ordered by X = sum w_i n_i with w_i = ln(1 + s_i/b_i) b_i/(b_i + sigma_i^2), the likelihood ratio of
the tested signal (Read 2002; Junk 1999, NIM A 434 435) with less weight for what is badly known, and CLs =
P(X <= x | s + b)/P(X <= x | b). Weights are whole numbers: a rounded weight makes the order slightly less than
optimal, never the probability wrong. Windows of equal s_i/b_i and uncertainties have the limit of their sum.

Expected limits take the X at a quantile of the distribution without signal, averaged over the backgrounds as in
`quantiles`. How X is distributed is `weighted_sum`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import gcd
from typing import Any

import numpy as np

from darkaon.errors import InputError, refuse
from darkaon.statistics import checks
from darkaon.statistics.generating import Source, Windows
from darkaon.statistics.weighted_sum import POINTS, Sums
from darkaon.typing import Array

FINE, FINEST, COARSEST = 300, 1000, 20
"""The largest whole-number weight: on the whole circle, near the real point, and at least."""
LEAST = 1e-6
"""Stands for a background of 0, relative to the signal, in a weight."""
OUT_OF_REACH = -14.0  # a bound on ln CLs below this is returned as it is


def windows_from(
    n_observed: Any,
    background: Any,
    uncertainty: Any = 0.0,
    *,
    uncertainty_down: Any = None,
    nuisance: str | Sequence[str] = "gamma",
    correlated: Any = 0.0,
    signal_uncertainty: Any = 0.0,
    common_signal_uncertainty: Any = 0.0,
) -> Windows:
    """Windows with one source of background each; arrays of shape (W,) or numbers.

    Args:
        n_observed: counts; None if blinded.
        background: expected background.
        uncertainty: its uncertainty, independent of that in the other windows (upwards, if another is given).
        uncertainty_down: downwards, where it is another: two-piece log-normal; NaN where it is not.
        nuisance: gamma, gauss or lognormal; one for all or one a window.
        correlated: relative uncertainty of the background that all windows share, log-normal.
        signal_uncertainty: relative uncertainty of the signal, independent in each window.
        common_signal_uncertainty: relative uncertainty of the signal that all windows share.

    Raises:
        InputError: an argument out of its range.
    """
    n = np.zeros(1) if n_observed is None else checks.counts("n_observed", n_observed)
    n, b, up, own, common, shared = checks.not_negative(
        n_observed=n, background=background, uncertainty=uncertainty, signal_uncertainty=signal_uncertainty,
        common_signal_uncertainty=common_signal_uncertainty, correlated=correlated,
    )  # fmt: skip
    checks.relative(signal_uncertainty=own, common_signal_uncertainty=common)
    down = up.copy()
    if uncertainty_down is not None:
        given = np.broadcast_to(np.asarray(uncertainty_down, dtype=float), up.shape)
        (down,) = checks.not_negative(uncertainty_down=np.where(np.isnan(given), up, given))
    names = [nuisance] * len(n) if isinstance(nuisance, str) else list(nuisance)
    refuse(
        (b == 0) & (up > 0) & (np.array(names) != "gauss"),
        lambda index: f"background[{index}] is 0 with an uncertainty of {up[index]:g}",
        remedy="give it a value, or use nuisance gauss (half a Gaussian)",
    )
    below = checks.in_window("uncertainty_down", down)
    refuse((down != up) & (down >= b), below, remedy="it must be smaller than the background")
    sources = tuple(
        Source(i, float(b[i]), float(up[i]), float(down[i]), names[i], float(shared[i])) for i in range(len(n))
    )
    return Windows(n + (np.nan if n_observed is None else 0.0), sources, own, common)


def combined_limit(
    windows: Windows, share: Any = 1.0, *, level: float = 0.90, quantile: float | None = None
) -> float:
    """Upper limit on the strength mu for signals mu * share in each window.

    Args:
        windows: what is combined.
        share: signal events in each window at mu = 1, shape (W,); shares that add up to 1 make mu the events in all.
        level: confidence level.
        quantile: for an expected limit: X is the one below which this part of 1 lies if there is no signal.

    Raises:
        InputError: an argument out of its range, or no window with a share.
    """
    from scipy.optimize import brentq  # takes as long to import as many a limit

    level = checks.level_in_range(level)
    _, share = checks.not_negative(background=windows.background, share=share)
    used = share > 0
    if not used.any():
        raise InputError("share: no window has a signal", remedy="give a share above 0 to one window")
    windows, share = windows.take(used), share[used]
    n = windows.background if quantile is not None else windows.n
    errors = np.square(share) / (windows.background + windows.variance + n + 1.0)
    goal = np.log1p(-level)

    def excess(mu: float) -> float:
        return log_cls(windows, mu * share, quantile=quantile) - goal

    low, high = 0.0, -goal / share.sum() + 1.3 / np.sqrt(errors.sum())
    while excess(high) > 0.0:
        low, high = high, 1.7 * high
    return float(brentq(lambda mu: excess(mu) if mu > 0 else -goal, low, high, xtol=1e-12 * high, rtol=1e-9))


def log_cls(windows: Windows, signal: Array, *, quantile: float | None = None, reach: float = OUT_OF_REACH) -> float:
    """The ln of CLs of the windows for these signals, shape (W,).

    Args:
        windows: what is combined.
        signal: expected signal events.
        quantile: if given, X is not that of `windows.n` but the one below which this part of 1 lies without signal.
        reach: where CLs is certainly below this, an upper bound of it is enough, which takes less time.
    """
    used = signal > 0
    if not used.any():
        return 0.0
    windows, signal = windows.take(used), signal[used]
    b, variance = windows.background, windows.variance + np.square(windows.common * signal)
    counts = b + signal + np.square(windows.independent * signal)
    exact = np.log1p(signal / np.maximum(b, LEAST * signal)) * b / np.maximum(b + windows.variance, 1e-300)
    exact = np.where(b > 0, exact, np.log1p(1.0 / LEAST))
    weight = whole_weights(exact, _finest(exact / exact.max(), counts, variance))
    sums = Sums(windows, signal, weight)
    x = float(np.sum(weight * windows.n)) if quantile is None else sums.most(quantile)
    log_below = sums.log_below(x) if quantile is None else float(np.log(quantile))
    r = -max(sums.mean + float(np.sum(weight * signal)) - x, 0.0) / sums.whole_spread**2  # of a normal distribution
    for _ in range(2):
        bound = float(sums.log(np.array([r]), with_signal=True)[0] - x * r) - log_below  # Chernoff's
        if bound < reach:
            return bound
        r = sums.saddle(x, lambda t: sums.log(t, with_signal=True))
    if sums.points <= POINTS:
        return sums.on_circle(x, r) if quantile is None else sums.on_circle_at(quantile)
    if quantile is not None:
        x = sums.quantile(quantile)
    return sums.near_point(x, with_signal=True) - sums.near_point(x, with_signal=False)


def log_at_most(windows: Windows, x: float) -> float:
    """The ln of P(N <= x) of the sum of all counts without signal."""
    nothing = np.zeros(len(windows.n))
    sums = Sums(windows, nothing, np.ones(len(windows.n)))
    if sums.points > POINTS:
        return sums.near_point(x, with_signal=False)
    return sums.on_circle_alone(x)


def whole_weights(exact: Array, finest: int) -> Array:
    """Whole-number weights in proportion to the exact ones, without a common factor."""
    whole = np.maximum(np.rint(exact * (finest / exact.max())).astype(int), 1)
    return np.asarray(whole // reduce(gcd, whole.tolist()), dtype=float)


def _finest(relative: Array, counts: Array, variance: Array) -> int:
    """The largest weight that is affordable.

    Args:
        relative: exact weights, the largest 1, shape (W,).
        counts: variances of the counts at a fixed background, shape (W,).
        variance: those of backgrounds and signals.
    """
    spread = np.sqrt(np.sum(np.square(relative) * (counts + variance)))
    fits = int(POINTS / (16.0 * spread + 2.0))
    if np.sqrt(np.sum(counts)) < 82.0:
        return int(np.clip(fits, COARSEST, FINE))
    return FINEST
