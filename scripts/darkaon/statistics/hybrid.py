"""CLs limits on a count with the background averaged over its distribution (the default method).

CLs = P(N <= n | s)/P(N <= n | 0), both averaged over b. It gives ln(1/(1 - level)) at n = 0 for every
background, and the limit for a known background as its uncertainty goes to 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from darkaon.statistics import known, quadrature, smearing
from darkaon.statistics.nuisance import distribution
from darkaon.statistics.numerics import UNDERFLOW, LogTail, signal_limit
from darkaon.statistics.polynomial import MOST, MOST_BACKGROUND, gamma_tail
from darkaon.statistics.quadrature import NODES, WIDE, adaptive_tail, hermite_nodes, hermite_tail
from darkaon.typing import Array, Index

BLOCK = 2048
"""Windows treated at once; it bounds the memory and changes nothing else."""
EXACT = 1e-9
"""A variance of the background below this part of its mean changes no probability of a count."""
ADAPTIVE, POLYNOMIAL, KNOWN, ZERO = 0, -1, -2, -3
"""Ways to a tail, or a number of Gauss-Hermite nodes; `ZERO` counts have the limit of all backgrounds."""


@dataclass(frozen=True)
class Windows:
    """Counts and backgrounds, arrays of shape (N,).

    Attributes:
        n: observed counts.
        background: expected background (its mean; for the log-normals its median).
        up, down: its uncertainties; they differ for the two-piece log-normal only.
        nuisance: its distribution, one of `nuisance.NAMES`.
        signal_uncertainty: relative log-normal uncertainty of the signal.
    """

    n: Array
    background: Array
    up: Array
    down: Array
    nuisance: str = "gamma"
    signal_uncertainty: Array | float = 0.0

    def take(self, windows: Index) -> Windows:
        """Some of the windows."""
        smear = np.broadcast_to(self.signal_uncertainty, self.n.shape)[windows]
        n, b, up, down = (x[windows] for x in (self.n, self.background, self.up, self.down))
        return Windows(n, b, up, down, self.nuisance, smear)


def limits(windows: Windows, level: float) -> Array:
    """Upper limits on the signal, shape (N,)."""
    result = np.empty(windows.n.size)
    order = np.argsort(-windows.n, kind="stable")  # falling, as the polynomial wants them
    for start in range(0, order.size, BLOCK):
        i = order[start : start + BLOCK]
        result[i] = _block(windows.take(i), level)
    return result


def _block(windows: Windows, level: float) -> Array:
    """`limits` for counts in falling order."""
    n, kappa = windows.n, np.log1p(np.broadcast_to(windows.signal_uncertainty, windows.n.shape))
    result = np.full(n.size, -np.log1p(-level))  # exact at n = 0, whatever the background
    guess = known.first_guess(n, windows.background, windows.up, level)
    centre = n + 1.0 - windows.background
    width = np.sqrt(n + 1.0 + np.square(np.maximum(windows.up, windows.down)))
    guess += special.ndtri(level) * (np.hypot(width, kappa * guess) - width)
    nodes = np.where(kappa > 0, smearing.nodes_needed(kappa, guess, width, np.sqrt(n + 1.0)), 1)
    way = np.where((n > 0) | (kappa > 0), _way(windows), ZERO)
    for which, number in sorted({*zip(way.tolist(), nodes.tolist(), strict=True)}):
        if which == ZERO:
            continue
        i = np.flatnonzero((way == which) & (nodes == number))
        tail = _tail(which, windows.take(i))
        if number >= smearing.SMOOTH:
            tail = smearing.smeared_widely(tail, kappa[i], centre[i], width[i], number)
        elif number > 1:
            tail = smearing.smeared(tail, kappa[i], number)
        result[i] = signal_limit(tail, guess[i], level)
    return result


def _way(windows: Windows) -> Array:
    """The way to the tail in each window; it depends on that window alone."""
    n, b, up = windows.n, windows.background, windows.up
    exact = (up == 0) & (windows.down == 0)
    few = (n <= MOST) & (b <= MOST_BACKGROUND)
    polynomial = few if windows.nuisance == "gamma" else (few & exact) | (n == 0)
    nodes = hermite_nodes(n, b, np.maximum(up, windows.down), windows.nuisance)
    return np.select([polynomial, exact], [POLYNOMIAL, KNOWN], nodes)


def _tail(way: int, windows: Windows) -> LogTail:
    n, b, up = windows.n, windows.background, windows.up
    if way == POLYNOMIAL:
        return gamma_tail(n, b, np.where(up > 0, up * up / np.where(b > 0, b, 1.0), 0.0))
    if way == KNOWN:
        return lambda s, i: known.log_tail(n[i], b[i] + s)
    distributed = distribution(windows.nuisance, b, up, windows.down)
    if way == ADAPTIVE:
        return adaptive_tail(n, distributed, np.maximum(up, windows.down) > WIDE * np.sqrt(n + 1.0))
    return hermite_tail(n, distributed, up, way)


def at_most(windows: Windows) -> Array:
    """P(N <= n) without signal, averaged over the background, shape (N,)."""
    n, b, up = windows.n, windows.background, windows.up
    exact = np.maximum(up, windows.down) ** 2 <= EXACT * b
    if windows.nuisance == "gamma":
        variance = np.where(exact, 1.0, np.square(up))
        mean = np.where(b > 0, b, 1.0)
        averaged = special.betainc(mean * mean / variance, n + 1.0, mean / (mean + variance))
        return np.where(exact, special.gammaincc(n + 1.0, b), averaged)
    result = special.gammaincc(n + 1.0, b)
    ways = hermite_nodes(n, b, np.maximum(up, windows.down), windows.nuisance)
    for way in (ADAPTIVE, *NODES):
        i = np.flatnonzero(~exact & (ways == way))
        for start in range(0, i.size, BLOCK):
            j = i[start : start + BLOCK]
            tail = _tail(way, windows.take(j))
            result[j] = np.exp(tail(np.zeros(j.size), np.arange(j.size))[0])
    return result


def log_excess(windows: Windows) -> Array:
    """The ln of the p-value P(N >= n) without signal, averaged over the background."""
    n, b, up = windows.n, windows.background, windows.up
    exact = (up == 0) & (windows.down == 0)
    result = np.zeros(n.size)
    i = np.flatnonzero(exact & (n > 0))
    result[i] = known.log_excess(n[i], b[i])
    i = np.flatnonzero(~exact & (n > 0))
    for start in range(0, i.size, BLOCK):
        j = i[start : start + BLOCK]
        if windows.nuisance == "gamma":
            rate = b[j] / up[j] ** 2
            result[j] = log_excess_gamma(n[j], rate * b[j], rate)
        else:
            wide = np.maximum(up[j], windows.down[j]) > WIDE * np.sqrt(n[j])
            distributed = distribution(windows.nuisance, b[j], up[j], windows.down[j])
            result[j] = quadrature.log_excess(n[j], distributed, wide)
    return result


def log_excess_gamma(n: Array, shape: Array, rate: Array) -> Array:
    """The ln of P(N >= n), n > 0, for a background of gamma distribution: the negative binomial tail.

    With shape n_off + 1 and rate tau this is the p-value of Z_Bi (Cousins, Linnemann, Tucker 2008, eq. 14).
    """
    tail = special.betainc(n, shape, 1.0 / (1.0 + rate))
    deep = tail < UNDERFLOW
    with np.errstate(divide="ignore"):
        result = np.log(tail)
    if np.any(deep):
        m, k, tau = n[deep], shape[deep], rate[deep]
        series = np.zeros(m.size)
        for i in range(300, -1, -1):  # terms beyond the 300th as a geometric series
            ratio = (k + m + i) / ((m + i + 1.0) * (1.0 + tau))
            series = 1.0 / np.maximum(1.0 - ratio, 1e-9) if i == 300 else 1.0 + ratio * series
        result[deep] = (
            special.gammaln(m + k)
            - special.gammaln(k)
            - special.gammaln(m + 1.0)
            - m * np.log1p(tau)
            - k * np.log1p(1.0 / tau)
            + np.log(series)
        )
    return result
