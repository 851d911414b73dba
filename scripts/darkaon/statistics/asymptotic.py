"""Limits from the profile-likelihood ratio q~ with asymptotic formulae: what pyhf gives.

Cowan, Cranmer, Gross, Vitells 2011, EPJC 71 1554.

The likelihood is Poisson(n | s + b) times an auxiliary measurement of b: Gaussian, or Poisson of a sideband with
n_off = (b/sigma)^2 events and tau = b/sigma^2. Far too low at small counts: 40 % at n = 0, where it covers 75 %.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from darkaon.statistics.numerics import falling_root, signal_limit
from darkaon.statistics.on_off import sideband
from darkaon.typing import Array, Index

ACCURATE_FROM = 25.0
"""Background below which these limits are more than about 5 % off."""


def deviance(n: Array, mean: Array) -> Array:
    """Half the Poisson deviance, mean - n + n ln(n/mean) >= 0, without cancellation where mean is near n."""
    mean = np.where(mean > 0, mean, 0.0)
    some = n > 0
    d = np.where(some, mean - n, 0.0) / np.where(some, n, 1.0)
    near = d * d * (0.5 - d * (1 / 3 - d * (0.25 - d * (0.2 - d * (1 / 6 - d / 7)))))
    with np.errstate(divide="ignore"):
        far = d - np.log(np.where(some, mean, 1.0) / np.where(some, n, 1.0))
    return np.where(some, n * np.where(np.abs(d) < 0.01, near, far), mean)


class Auxiliary:
    """The measurement that constrains b. Arrays of shape (N,); `uncertainty` 0 is b known exactly."""

    def __init__(self, background: Array, uncertainty: Array, nuisance: str) -> None:
        self.background, self.variance = background, np.square(uncertainty)
        self.poisson = nuisance == "gamma"
        self.exact = uncertainty == 0
        safe = np.where(self.exact, 1.0, uncertainty)
        self.off, self.tau = sideband(np.where(background > 0, background, 1.0), safe)
        self.safe_variance = np.square(safe)

    def take(self, i: Index) -> Auxiliary:
        """The measurement in some of the windows."""
        part = object.__new__(Auxiliary)
        part.poisson = self.poisson
        for name in ("background", "variance", "exact", "off", "tau", "safe_variance"):
            setattr(part, name, getattr(self, name)[i])
        return part

    def fitted(self, n: Array, s: Array, measured: Array) -> Array:
        """The b that maximises the likelihood for a given s, when the auxiliary result is `measured`."""
        if self.poisson:
            half = 0.5 * (n + self.tau * measured - (1.0 + self.tau) * s)
            product = self.tau * measured * s * (1.0 + self.tau)
            b = _larger_root(half, product) / (1.0 + self.tau)
        else:
            half = 0.5 * (measured + s - self.variance)
            b = np.maximum(_larger_root(half, n * self.variance) - s, 0.0)
        return np.where(self.exact, measured, b)

    def penalty(self, b: Array, measured: Array) -> Array:
        """Minus ln of the auxiliary likelihood over its maximum."""
        if self.poisson:
            value = deviance(self.tau * measured, self.tau * b)
        else:
            value = 0.5 * np.square(b - measured) / self.safe_variance
        return np.where(self.exact, 0.0, value)

    @property
    def grain(self) -> Array | float:
        """What to add to a range of measurements so that it holds whole sideband counts."""
        return 30.0 / self.tau if self.poisson else 0.0

    def spread(self, b: Array, i: Index | slice = slice(None)) -> Array:
        """The standard deviation of the measurement for a true b (in windows `i`)."""
        if self.poisson:
            return np.sqrt(b / self.tau[i])
        return np.sqrt(self.safe_variance[i]) + 0.0 * b

    def log_at_least(self, threshold: Array, b: Array) -> Array:
        """The ln of the probability of a measurement of `threshold` (K, N) or more for a true b (N,)."""
        if not self.poisson:
            return special.log_ndtr((b - threshold) / np.sqrt(self.safe_variance))
        never = np.isposinf(threshold)
        count = np.ceil(np.where(never, 0.0, threshold) * self.tau - 1e-6)
        tail = special.gammainc(np.maximum(count, 1.0), np.broadcast_to(self.tau * b, count.shape))
        with np.errstate(divide="ignore"):
            return np.where(never, -np.inf, np.where(count > 0, np.log(tail), 0.0))

    def growth(self, best: Array, fitted: Array) -> Array:
        """The derivative in the measurement of twice the penalty, at `fitted` less that at `best`."""
        if self.poisson:
            with np.errstate(divide="ignore", invalid="ignore"):
                return 2.0 * self.tau * np.log(best / fitted)
        return 2.0 * (best - fitted) / self.safe_variance


def _larger_root(half: Array, product: Array) -> Array:
    """The root x >= 0 of x^2 - 2 half x - product = 0, without cancellation."""
    root = np.hypot(half, np.sqrt(product))  # half^2 may overflow
    return np.where(half > 0, half + root, product / np.maximum(root - half, 1e-300))


def limits(n: Array, background: Array, uncertainty: Array, level: float, nuisance: str) -> Array:
    """Observed upper limits, shape (N,), where CLs(q~) = 1 - level."""
    auxiliary = Auxiliary(background, uncertainty, nuisance)
    nothing = np.zeros(n.size)
    b0 = auxiliary.fitted(n, nothing, background)
    base = deviance(n, b0) + auxiliary.penalty(b0, background)  # at s = 0
    base = np.where(n >= background, 0.0, base)  # at the best s >= 0

    def log_cls(s: Array, windows: Index) -> tuple[Array, Array, Array]:
        part, m, b, asimov = auxiliary.take(windows), n[windows], background[windows], b0[windows]
        fit = part.fitted(m, s, b)
        q = 2.0 * (deviance(m, s + fit) + part.penalty(fit, b) - base[windows])
        q = np.where(m - b >= s, 0.0, np.maximum(q, 0.0))
        fit_a = part.fitted(asimov, s, asimov)
        q_a = np.maximum(2.0 * (deviance(asimov, s + fit_a) + part.penalty(fit_a, asimov)), 1e-300)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(q > 0, 2.0 * (1.0 - m / (s + fit)), 0.0)
            slope_a = 2.0 * (1.0 - asimov / (s + fit_a))
        return _log_cls(q, q_a, slope, slope_a, s)

    guess = np.maximum(n - background, 0.0) + 1.5 * np.sqrt(n + np.square(uncertainty) + 1.0)
    return signal_limit(log_cls, guess, level)


def _log_cls(q: Array, q_a: Array, slope: Array, slope_a: Array, s: Array) -> tuple[Array, Array, Array]:
    """The ln of CLs for q~ (observed) and q~_A (Asimov), its derivative, and 0."""
    r_a = np.sqrt(q_a)
    r = np.sqrt(q)
    beyond = q > q_a
    with np.errstate(divide="ignore", invalid="ignore"):
        dr_a = 0.5 * slope_a / r_a
        dr = np.where(q > 0, 0.5 * slope / r, 0.0)
        far, d_far = 0.5 * (q + q_a) / r_a, 0.5 * (slope + slope_a) / r_a - 0.5 * (q + q_a) / q_a * dr_a
        x, dx = np.where(beyond, far, r), np.where(beyond, d_far, dr)
        y, dy = x - r_a, dx - dr_a
        log_sb, log_b = special.log_ndtr(-x), special.log_ndtr(-y)
        value = np.where(s > 0, log_sb - log_b, 0.0)
        return value, _hazard(y, log_b) * dy - _hazard(x, log_sb) * dx, np.zeros(s.size)


def _hazard(x: Array, log_tail: Array) -> Array:
    return np.exp(-0.5 * x * x - log_tail) / np.sqrt(2.0 * np.pi)


def expected(n: Array, background: Array, uncertainty: Array, level: float, nuisance: str, *, sigma: float) -> Array:
    """The expected limit `sigma` standard deviations from the median, from the value of sqrt(q~_A) that CLs asks for.

    The Asimov data follow the background fitted to the observed count, as in pyhf.
    """
    auxiliary = Auxiliary(background, uncertainty, nuisance)
    b = auxiliary.fitted(n, np.zeros(n.size), background)
    goal = sigma - float(special.ndtri_exp(np.log1p(-level) + special.log_ndtr(sigma)))

    def falling(s: Array, windows: Index) -> tuple[Array, Array, Array]:
        part, asimov = auxiliary.take(windows), b[windows]
        fit = part.fitted(asimov, s, asimov)
        root = np.sqrt(np.maximum(2.0 * (deviance(asimov, s + fit) + part.penalty(fit, asimov)), 1e-300))
        return -root, (asimov / (s + fit) - 1.0) / root, np.zeros(s.size)

    start = np.maximum(goal * np.sqrt(b), 0.5 * goal * goal)
    return falling_root(falling, np.full(n.size, -goal), start)


def log_excess(n: Array, background: Array, uncertainty: Array, nuisance: str) -> Array:
    """The ln of the asymptotic p-value of the background-only hypothesis, Phi(-sqrt(q_0)); 1/2 for a deficit."""
    auxiliary = Auxiliary(background, uncertainty, nuisance)
    b = auxiliary.fitted(n, np.zeros(n.size), background)
    q = 2.0 * (deviance(n, b) + auxiliary.penalty(b, background))
    return special.log_ndtr(-np.sqrt(np.where(n > background, np.maximum(q, 0.0), 0.0)))
