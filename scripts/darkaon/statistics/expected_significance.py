"""The significance that a signal would have: the median p-value, and the formula for large samples beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from darkaon.errors import refuse
from darkaon.statistics import checks, hybrid
from darkaon.statistics.numerics import significance
from darkaon.statistics.unified import gamma_nodes
from darkaon.typing import Array


@dataclass(frozen=True)
class ExpectedSignificance:
    """What to expect of a signal s in each window, shape (N,).

    Attributes:
        median_count: the smallest n with P(N <= n | s + b) >= 1/2, averaged over b.
        p_value: of that count from background alone, averaged over b.
        median: its one-sided significance.
        asimov: that of the formula for large samples.
    """

    median_count: Array
    p_value: Array
    median: Array
    asimov: Array


def expected_significance(signal: Any, background: Any, uncertainty: Any = 0.0) -> ExpectedSignificance:
    """The significance to be expected of `signal` events on a background known to `uncertainty` (gamma).

    For a branching ratio: signal = branching ratio/single event sensitivity.

    Raises:
        InputError: an argument below 0 or not finite; a background that is not above 0.
    """
    s, b, sigma = checks.not_negative(signal=signal, background=background, uncertainty=uncertainty)
    refuse(b == 0, checks.in_window("background", b), remedy="give it a value above 0")
    count = np.array([_median(*window) for window in zip(s, b, sigma, strict=True)])
    log_p = hybrid.log_excess(hybrid.Windows(count, b, sigma, sigma))
    return ExpectedSignificance(count, np.exp(log_p), significance(log_p), asimov_significance(s, b, sigma))


def _median(signal: float, background: float, sigma: float) -> float:
    nodes, weights = gamma_nodes(background, sigma)
    low, high = -1.0, np.ceil(signal + background + 3.0 * sigma + 5.0)
    while high - low > 1.0:
        middle = np.floor(0.5 * (low + high))
        enough = np.sum(weights * special.gammaincc(middle + 1.0, nodes + signal)) >= 0.5
        low, high = (low, middle) if enough else (middle, high)
    return float(high)


def asimov_significance(signal: Array, background: Array, uncertainty: Array) -> Array:
    """Z_A of Asimov data with an uncertain background.

    Z^2 = 2 [n ln(n (b + v)/(b^2 + n v)) - (b^2/v) ln(1 + v s/(b (b + v)))], n = s + b, v = sigma^2: G. Cowan,
    "Discovery sensitivity for a counting experiment with background uncertainty" (2012); for v = 0 that of EPJC 71
    1554 (2011), eq. 97.
    """
    n, v = signal + background, np.square(uncertainty)
    known = v <= 1e-9 * background
    v = np.where(known, 1.0, v)
    mixed = n * np.log(n * (background + v) / (background**2 + n * v))
    mixed -= background**2 / v * np.log1p(v * signal / (background * (background + v)))
    plain = n * np.log1p(signal / background) - signal
    return np.sqrt(2.0 * np.maximum(np.where(known, plain, mixed), 0.0))
