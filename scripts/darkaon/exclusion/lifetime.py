"""Upper limits between the tabulated lifetimes, by the law that the search follows.

Between two tabulated lifetimes log UL is linear in a coordinate phi(tau) of the law, so that a table which
obeys the law is met exactly:

- ``escape`` (X must leave the detector): phi = 1/tau, exact for UL(inf) exp(kappa m / (c tau)). Above the
  largest tabulated lifetime the limit stays at its last value (a longer-lived X escapes more often); below the
  smallest there is no limit.
- ``prompt`` (X must decay inside): phi = -log(1 - exp(-tau0/tau)), eq. 3.1 of arXiv:2507.17286, with the tau0
  that the two tabulated limits imply. Below the smallest tabulated lifetime the limit stays at its first value
  (a shorter-lived X decays inside more often); above the largest there is no limit.
- ``stable``: as ``escape``, tabulated for the lifetime inf alone.

So outside the tabulated lifetimes nothing more is excluded than inside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import lambertw

from darkaon.typing import Array

LAWS = ("escape", "prompt", "stable")


@dataclass(frozen=True)
class LifetimeCurves:
    """Log UL(tau) for many columns (masses) at once; build with `lifetime_curves`.

    Attributes:
        prompt: whether the law is the prompt one; escape otherwise.
        knots: (lifetimes, columns) tabulated lifetimes [ns] of each column, ascending; the last is repeated.
        offset, slope: (segments, columns), log UL = offset + slope * phi.
        tau0_ns: (segments, columns), of the prompt law.
    """

    prompt: bool
    knots: Array
    offset: Array
    slope: Array
    tau0_ns: Array

    @property
    def low_ns(self) -> Array:
        """Shortest lifetime (columns,) for which there is a limit."""
        return np.zeros_like(self.knots[0]) if self.prompt else self.knots[0]

    @property
    def high_ns(self) -> Array:
        """Longest lifetime (columns,) for which there is a limit."""
        return self.knots[-1] if self.prompt else np.full_like(self.knots[0], np.inf)

    @property
    def turning_ns(self) -> Array:
        """Lifetime (segments, columns) at which UL falls as 1/tau; the nearest end where it does nowhere inside.

        Between these and the knots, signal / UL of a model whose rates all grow as one power of the coupling is
        monotonic in the coupling.
        """
        if self.prompt:
            # slope * y/(exp(y) - 1) = -1 for y = tau0/tau
            steep = self.slope < -1
            c = -1 / self.slope[steep]
            turning = np.full_like(self.slope, np.inf)
            turning[steep] = self.tau0_ns[steep] / (-lambertw(-c * np.exp(-c), -1).real - c)
        else:
            turning = self.slope
        return np.clip(turning, self.knots[:-1], self.knots[1:])

    def log_limit(self, column: NDArray[np.intp], lifetime_ns: Array) -> Array:
        """Log UL of columns at lifetimes [ns] (arrays that broadcast), clamped to the tabulated lifetimes."""
        tau = np.clip(lifetime_ns, self.knots[0][column], self.knots[-1][column])
        segment = np.zeros(tau.shape, dtype=np.intp)
        for knot in self.knots[1:-1]:
            segment += tau > knot[column]
        cell = segment * self.knots.shape[1] + column
        phi = _coordinate(tau, self.tau0_ns.take(cell) if self.prompt else None)
        return self.offset.take(cell) + self.slope.take(cell) * phi


def _coordinate(tau: Array, tau0: Array | None) -> Array:
    with np.errstate(divide="ignore", over="ignore"):
        if tau0 is None:
            return 1 / tau
        return -np.log1p(-np.exp(-tau0 / tau))  # tau0/tau is 1e-4 and more here, so that no digits are lost


def _implied_tau0(short: Array, long: Array, rise: Array) -> Array:
    """The tau0 for which the prompt law rises by `rise` in log UL from lifetime `short` to `long`.

    Bisection in log tau0. A rise that no tau0 gives (rounding of a published table) ends at the nearest bound.
    """
    low, high = np.log(long * 1e-4), np.log(long * 30)
    for _ in range(50):
        middle = (low + high) / 2
        tau0 = np.exp(middle)
        too_steep = _coordinate(long, tau0) - _coordinate(short, tau0) > rise
        low, high = np.where(too_steep, middle, low), np.where(too_steep, high, middle)
    return np.exp((low + high) / 2)


def lifetime_curves(lifetime_ns: Array, limits: Array, law: str) -> LifetimeCurves:
    """The curves of a table of limits.

    Args:
        lifetime_ns: (lifetimes,) ascending.
        limits: (lifetimes, columns) upper limits; NaN where a lifetime is not tabulated, not all of a column.
        law: one of `LAWS`.
    """
    prompt = law == "prompt"
    known = np.isfinite(limits)
    count = known.sum(axis=0)
    order = np.argsort(~known, axis=0, kind="stable")
    order = np.where(np.arange(len(order))[:, None] < count, order, np.take_along_axis(order, count[None] - 1, 0))
    if len(order) == 1:
        order = np.repeat(order, 2, axis=0)
    knots = lifetime_ns[order]
    y = np.log(np.take_along_axis(limits, order, axis=0))
    short, long, rise = knots[:-1], knots[1:], np.diff(y, axis=0)
    empty = short == long
    tau0 = np.ones_like(short)
    if prompt:
        tau0[~empty] = _implied_tau0(short[~empty], long[~empty], rise[~empty])
    start = _coordinate(short, tau0 if prompt else None)
    end = _coordinate(long, tau0 if prompt else None)
    start = np.where(np.isfinite(start), start, 0.0)
    slope = np.divide(rise, end - start, out=np.zeros_like(rise), where=~empty)
    return LifetimeCurves(prompt, knots, y[:-1] - slope * start, slope, tau0)
