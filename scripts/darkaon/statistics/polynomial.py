"""The CLs tail for a gamma-distributed background: e^-s times a polynomial in s, exact at every count.

With b gamma distributed the background count is negative binomial, and
P(N_s + N_b <= n) = e^-s sum_m P(N_b <= m) s^(n-m)/(n-m)!. Best at low counts: the work grows with n.
"""

from __future__ import annotations

import numpy as np

from darkaon.statistics.numerics import LogTail
from darkaon.typing import Array, Index

MOST, MOST_BACKGROUND = 40.0, 2e6
"""Largest count and background for which the recurrences cannot overflow."""


def gamma_tail(n: Array, background: Array, spread: Array) -> LogTail:
    """The tail for counts in falling order.

    Args:
        n: counts from 0 to `MOST`, falling, shape (N,).
        background: mean of the gamma distribution, shape (N,).
        spread: its variance divided by its mean, 1/tau; 0 is a background known exactly.
    """
    exactly, at_most = _background_counts(n, background, spread)

    def log_tail(s: Array, windows: Index) -> tuple[Array, Array, Array]:
        count = n[windows]
        lacking = np.searchsorted(-count, -np.arange(n[0] + 1.0), side="right")  # windows with n >= m
        # Horner in the form ((C_0 s/n + C_1) s/(n - 1) + C_2) ..., with d/ds of the second beside
        total, density, change = at_most[0][windows], exactly[0][windows], np.zeros(s.size)
        for m in range(1, exactly.shape[0]):
            k = lacking[m]
            if k == 0:
                break
            rest, signal, w = count[:k] - m + 1.0, s[:k], windows[:k]
            change[:k] = (change[:k] * signal + density[:k]) / rest
            step = signal / rest
            total[:k] = total[:k] * step + at_most[m][w]
            density[:k] = density[:k] * step + exactly[m][w]
        slope = -density / total
        return np.log(total) - s, slope, (density - change) / total - slope * slope

    return log_tail


def _background_counts(n: Array, background: Array, spread: Array) -> tuple[Array, Array]:
    """P(N_b = m) and P(N_b <= m), m = 0..n[0], in units of P(N_b = 0); shapes (n[0] + 1, N)."""
    size = int(n[0]) + 1
    exactly = np.ones((size, n.size))
    at_most = np.ones((size, n.size))
    for m in range(1, size):
        exactly[m] = exactly[m - 1] * (background + (m - 1) * spread) / (m * (1.0 + spread))
        at_most[m] = at_most[m - 1] + exactly[m]
    return exactly, at_most
