"""Unified intervals of Feldman and Cousins (1998, PRD 57 3873), with the background averaged over its distribution.

Counts enter the acceptance of a signal s in falling order of R = P(n | s)/max_s' P(n | s'), s' >= 0, until they hold
the confidence level. P is a Poisson probability, averaged over a gamma distributed background. Shown beside a limit
where there is an excess; the classic table of the authors is met to rounding where it is not lengthened.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.polynomial import legendre
from scipy import special

from darkaon.errors import refuse
from darkaon.statistics import checks
from darkaon.statistics.numerics import log_poisson
from darkaon.typing import Array

NODES = 64
"""Gauss-Legendre nodes in ln b over all but 1e-11 of a gamma distribution."""
_TAIL = 1e-11
_REACH = 6.5  # standard deviations of counts that are looked at
_FAR = 4.0  # and of signals
_STEPS = 26  # bisections of an end
_GOLDEN = 40  # steps to a maximum; the error left is its square
_SCAN, _FINE = 48, 12_000  # signals between which the ends are looked for: few counts leave gaps
_LARGER, _CLOSER = 40, 12  # larger backgrounds that `lengthened` looks at, and between the best of them


def unified_intervals(
    n_observed: Any, background: Any, uncertainty: Any = 0.0, *, level: float = 0.90, lengthened: bool = False
) -> tuple[Array, Array]:
    """Lower and upper end of the interval in each window.

    Args:
        n_observed: counts, shape (N,) or a number.
        background: expected background.
        uncertainty: its standard deviation (gamma); 0 is known exactly.
        level: confidence level.
        lengthened: the largest upper end for any larger background that is known as well, so that the upper end
            never rises with the background, as in the authors' table (1.08 at n = 0, b = 3, where this is 1.07).

    Raises:
        InputError: an argument out of its range, or an uncertainty of a background of 0.
    """
    n = checks.counts("n_observed", n_observed)
    n, b, sigma = checks.not_negative(n_observed=n, background=background, uncertainty=uncertainty)
    level = checks.level_in_range(level)
    fault = checks.in_window("background", b)
    refuse((b == 0) & (sigma > 0), fault, remedy="give it a value: 0 has no gamma distribution")
    ends = np.array([_interval(*window, level) for window in zip(n, b, sigma, strict=True)])
    if lengthened:
        ends[:, 1] = [_longest(*window, level) for window in zip(n, b, sigma, strict=True)]
    return ends[:, 0], ends[:, 1]


def gamma_nodes(background: float, sigma: float) -> tuple[Array, Array]:
    """Backgrounds (M,) and weights that add up to 1 of a gamma distribution; one of each if it is known exactly."""
    if sigma <= 1e-6 * background:
        return np.array([background]), np.ones(1)
    shape = (background / sigma) ** 2
    ends = special.gammaincinv(shape, _TAIL), special.gammainccinv(shape, _TAIL)
    low, high = np.log(np.maximum(ends, 1e-250))
    x, weights = legendre.leggauss(NODES)
    y = 0.5 * (low + high) + 0.5 * (high - low) * x
    density = shape * (y - np.log(shape)) - np.exp(y)
    weights = weights * np.exp(density - density.max())
    return np.exp(y) * background / shape, weights / weights.sum()


class _Window:
    """Probabilities of the counts that may matter in one window, for any signal."""

    def __init__(self, n: float, background: float, sigma: float) -> None:
        self.nodes, weights = gamma_nodes(background, sigma)
        self.weights = weights[:, None]
        spread = np.hypot(np.sqrt(max(n, background) + 9.0), sigma)
        self.most = max(n - background, 0.0) + _FAR * spread  # signal beyond which nothing is looked for
        first = max(0.0, np.floor(min(n, background) - _REACH * spread))
        self.counts = np.arange(first, np.ceil(max(n, background) + self.most + _REACH * spread) + 1.0)
        self.place = int(n - first)
        self.best = self._best()

    def chance(self, s: Array | float) -> Array:
        """P(n | s) of all counts; one signal, or one for each count."""
        mean = np.add.outer(self.nodes, np.broadcast_to(s, self.counts.shape))
        return np.asarray(np.sum(self.weights * np.exp(log_poisson(self.counts, mean)), axis=0))

    def _best(self) -> Array:
        """The largest P(n | s) of each count: by the golden section, since there is but one maximum."""
        low = np.zeros(self.counts.size)
        high = np.maximum(self.counts - self.nodes[0], 0.0)
        ratio = 0.5 * (np.sqrt(5.0) - 1.0)
        if self.nodes.size > 1:
            for _ in range(_GOLDEN):
                a, b = high - ratio * (high - low), low + ratio * (high - low)
                left = self.chance(a) >= self.chance(b)
                low, high = np.where(left, low, a), np.where(left, b, high)
        return np.maximum(self.chance(high), self.chance(0.0))

    def inside(self, s: float, level: float) -> bool:
        """Whether the observed count is in the acceptance of s."""
        chance = self.chance(s)
        rank = chance / self.best
        ahead = rank > rank[self.place] * (1.0 + 1e-12)
        return bool(np.sum(chance[ahead]) < level)


def _interval(n: float, background: float, sigma: float, level: float) -> tuple[float, float]:
    """The smallest and the largest signal whose acceptance holds the count."""
    window = _Window(n, background, sigma)
    grid = np.linspace(0.0, window.most, _SCAN + _FINE // window.counts.size)
    inside = np.flatnonzero([window.inside(s, level) for s in grid])
    first, last = int(inside[0]), int(inside[-1])
    lower = 0.0 if first == 0 else _edge(window, level, grid[first - 1], grid[first])
    return lower, _edge(window, level, grid[min(last + 1, grid.size - 1)], grid[last])


def _edge(window: _Window, level: float, outside: float, inside: float) -> float:
    for _ in range(_STEPS):
        middle = 0.5 * (outside + inside)
        if window.inside(middle, level):
            inside = middle
        else:
            outside = middle
    return inside


def _longest(n: float, background: float, sigma: float, level: float) -> float:
    """The largest upper end at this background or a larger one of the same uncertainty."""
    found, low, high = 0.0, background, background + 2.0 + 2.0 * float(np.sqrt(n + 1.0))
    for points in (_LARGER, _CLOSER, _CLOSER):  # the end falls steadily between its jumps: the best lies after one
        larger = np.linspace(low, high, points)
        ends = [_interval(n, b, sigma, level)[1] for b in larger.tolist()]
        best, step = int(np.argmax(ends)), (high - low) / (points - 1)
        found = max(found, ends[best])
        low, high = max(float(larger[best]) - step, background), float(larger[best]) + step
    return found
