"""Quantiles of the count that background alone gives, averaged over what is known of the background.

The expected limit of quantile z is the limit at the smallest count n with P(N <= n) >= Phi(z), N Poisson with a mean
that follows the distribution that the limit itself averages over: "given the measurement of the background that is
there". With the background fixed at its central value the bands would hold too few experiments, 41 % of them in the
two-sigma band where the uncertainty is 2.3 times the Poisson error.

If the true background is fixed and both its measurement and the count fluctuate, the bands hold the same for an
uncertainty up to half the Poisson error, and more for a larger one (97 % in one sigma at 5 times).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import special

from darkaon.statistics import hybrid
from darkaon.statistics.hybrid import EXACT
from darkaon.typing import Array

ROUNDING = 1.0 - 1e-12
"""A probability this much below the goal counts as reaching it."""
FEW = 100.0
"""Up to this count (mean and three standard deviations) the probabilities are added one by one."""
STEPS = 100
"""Steps of the search at most; 3 to 6 are usual."""


def count_quantiles(sigmas: Sequence[float], windows: hybrid.Windows) -> Array:
    """The smallest count n with P(N <= n) >= Phi(z) for each z of `sigmas` in each window, shape (Z, N).

    The counts of the windows are not used.
    """
    b, sigma = windows.background, np.maximum(windows.up, windows.down)
    few = b + 3.0 * np.hypot(np.sqrt(b), sigma) <= FEW
    few &= (b > 0) & (sigma <= 2.0 * b) & ((sigma == 0) | (windows.nuisance == "gamma"))
    result = np.empty((len(sigmas), b.size))
    result[:, few] = _added(sigmas, b[few], sigma[few])
    result[:, ~few] = _searched(sigmas, windows.take(np.flatnonzero(~few)))
    return result


def _added(sigmas: Sequence[float], background: Array, sigma: Array) -> Array:
    """`count_quantiles` of gamma distributed backgrounds: Poisson or negative binomial probabilities, added up."""
    goals = special.ndtr(np.array(sigmas)) * ROUNDING
    theta = sigma * sigma / background
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.where(theta > EXACT, background / theta * np.log1p(theta), background)
    result = np.zeros((goals.size, background.size))
    chance = np.exp(-power)
    total, scale, count = chance.copy(), 1.0 / (1.0 + theta), 0
    while background.size and np.any(short := total < goals[:, None]):
        result += short
        chance *= (background + count * theta) * scale / (count + 1.0)
        count += 1
        total += chance
    return result


def _searched(sigmas: Sequence[float], windows: hybrid.Windows) -> Array:
    """`count_quantiles` by a bracketed secant search on the normal scale, each quantile of each window on its own."""
    shape = len(sigmas), windows.n.size
    z = np.repeat(np.array(sigmas), windows.n.size)
    goal = special.ndtr(z) * ROUNDING
    each = windows.take(np.tile(np.arange(windows.n.size), len(sigmas)))
    n, spread = _start(z, each)
    low, high = np.full(n.size, -1.0), np.full(n.size, np.inf)  # P(N <= low) < goal <= P(N <= high)
    step = np.maximum(1.0, np.ceil(0.25 * spread))
    todo = np.arange(n.size)
    for turn in range(STEPS):
        at = n[todo]
        chance = hybrid.at_most(replace(each.take(todo), n=at))
        enough = chance >= goal[todo]
        low[todo], high[todo] = np.where(enough, low[todo], at), np.where(enough, at, high[todo])
        secant = at + (z[todo] - special.ndtri(np.clip(chance, 1e-300, 1.0 - 1e-16))) * spread[todo]
        secant = np.where(enough, np.minimum(np.floor(secant), at - 1.0), np.maximum(np.ceil(secant), at + 1.0))
        a, b = low[todo], high[todo]
        bounded = np.isfinite(b) & (a >= 0)
        outside = np.where(enough, at - step[todo], at + step[todo])  # no bracket yet: it grows
        step[todo] *= 2.0
        good = (secant > a) & (secant < b) & (~bounded | (turn % 3 < 2))  # or the secant may go to and fro
        after = np.where(good, secant, np.where(bounded, np.floor(0.5 * (a + b)), outside))
        n[todo] = np.clip(after, a + 1.0, b - 1.0)
        todo = todo[b - a > 1.0]
        if not todo.size:
            break
    return high.reshape(shape)


def _start(z: Array, windows: hybrid.Windows) -> tuple[Array, Array]:
    """A first guess of the counts by Cornish and Fisher for gamma distributed backgrounds, and their spread."""
    b = windows.background
    variance = np.square(0.5 * (windows.up + windows.down))
    spread = np.sqrt(b + variance)
    spread += spread == 0.0
    skew = (b + 3.0 * variance + 2.0 * variance * variance / np.where(b > 0, b, 1.0)) / spread**3
    skew = np.minimum(skew, 1.0)
    curved = skew * (z * z - 1.0) / 6.0 - skew * skew * z * (z * z - 1.0) / 18.0
    return np.maximum(np.floor(b + spread * (z + curved)), 0.0), spread
