"""Upper limits between the tabulated lifetimes, by the law that the search follows.

Between two tabulated lifetimes log UL is linear in a coordinate phi(tau) of the law, so that a table which
obeys the law is met exactly:

- ``escape`` (X must leave the detector): phi = 1/tau, exact for UL(inf) exp(kappa m / (c tau)). Above the
  largest tabulated lifetime the limit stays at its last value (a longer-lived X escapes more often), and it is
  nowhere below that value. Where a mass lacks the shortest lifetimes of the table, the line of its two shortest is
  continued (`CONTINUATIONS`): the escape is a mean of exponentials, so that -log P is concave in 1/tau and the line
  never claims more. An X of lifetime 0 never escapes: a limit there is refused.
- ``prompt`` (X must decay inside): phi = -log(1 - exp(-tau0/tau)), eq. 3.1 of arXiv:2507.17286, with the tau0
  that the two tabulated limits imply. Below the smallest tabulated lifetime the limit stays at its first value
  (a shorter-lived X decays inside more often); above the largest there is no limit.
- ``displaced`` (X must decay in a detector far from where it is made): phi = log(tau). Limits hold between the
  tabulated lifetimes alone: a shorter-lived X does not reach the detector, a longer-lived one seldom decays there.
- ``stable``: as ``escape``, tabulated for the lifetime inf alone.

So outside the tabulated lifetimes nothing more is excluded than inside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import lambertw

from darkaon.typing import Array

LAWS = ("escape", "prompt", "displaced", "stable")
# how far an escape law is continued: to the shortest lifetime that the search tabulates at any mass, to 0, not at all
CONTINUATIONS = ("tabulated", "full", "none")


@dataclass(frozen=True)
class LifetimeCurves:
    """Log UL(tau) for many columns (masses) at once; build with `lifetime_curves`.

    Attributes:
        law: escape (stable, too), prompt or displaced.
        knots: (lifetimes, columns) tabulated lifetimes [ns] of each column, ascending; the last is repeated.
        offset, slope: (segments, columns), log UL = offset + slope * phi.
        tau0_ns: (segments, columns), of the prompt law.
        low_ns, high_ns: (columns,) shortest and longest lifetime for which there is a limit.
        longest: (columns,) log UL at the longest tabulated lifetime, which stands for a stable X.
    """

    law: str
    knots: Array
    offset: Array
    slope: Array
    tau0_ns: Array
    low_ns: Array
    high_ns: Array
    longest: Array

    @property
    def must_decay(self) -> bool:
        """Whether X must decay where it is seen, rather than escape."""
        return self.law in ("prompt", "displaced")

    def turning_ns(self, invisible: Array | float = 0.0) -> Array:
        """Lifetimes (rows, columns) between which the signal over UL is monotonic, beside the knots.

        Of a model whose rates all grow as one power of the coupling, an X of which the part b escapes whatever its
        lifetime: h = log u + log(b + (1 - b) P) with u = 1/tau and P = c exp(-k u) turns where
        (w - 1) exp(-w) = b/((1 - b) c) for w = k u (at most twice in a segment), and where P would pass 1.

        Args:
            invisible: b, shape (columns,).
        """
        starts, ends = self.knots[:-1].copy(), self.knots[1:]
        if self.law == "displaced":
            return ends  # a power of tau in each segment
        if self.law == "prompt":
            # slope * y/(exp(y) - 1) = -1 for y = tau0/tau
            steep = self.slope < -1
            c = -1 / self.slope[steep]
            turning = np.full_like(self.slope, np.inf)
            turning[steep] = self.tau0_ns[steep] / (-lambertw(-c * np.exp(-c), -1).real - c)
            return np.clip(turning, starts, ends)
        starts[0] = self.low_ns
        b = np.broadcast_to(invisible, self.longest.shape)
        rises = self.slope > 0
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            part = np.e * b / (1 - b) * np.exp(self.offset - self.longest)
            turns = rises & (part <= 1 / np.e)
            argument = np.where(turns, -part, 0.0)
            rows = [np.where(turns, self.slope / (1 - lambertw(argument, n).real), starts) for n in (0, -1)]
            rows.append(np.where(rises, self.slope / (self.longest - self.offset), starts))
        return np.concatenate([np.clip(np.where(np.isnan(row), starts, row), starts, ends) for row in rows])

    def log_limit(self, column: NDArray[np.intp], lifetime_ns: Array) -> Array:
        """Log UL of columns at lifetimes [ns] (arrays that broadcast), clamped to `low_ns` and the longest knot."""
        shortest = self.knots[0][column]
        tau = np.clip(lifetime_ns, shortest, self.knots[-1][column])
        segment = np.zeros(tau.shape, dtype=np.intp)
        for knot in self.knots[1:-1]:
            segment += tau > knot[column]
        cell = segment * self.knots.shape[1] + column
        phi = _coordinate(tau, self.law, self.tau0_ns.take(cell))
        value = self.offset.take(cell) + self.slope.take(cell) * phi
        if self.must_decay:
            return value
        beyond = np.clip(lifetime_ns, self.low_ns[column], shortest)
        with np.errstate(divide="ignore", invalid="ignore"):
            more = self.slope[0][column] * (1 / beyond - 1 / shortest)
        return np.maximum(np.where(beyond < shortest, value + more, value), self.longest[column])


def _coordinate(tau: Array, law: str, tau0: Array) -> Array:
    with np.errstate(divide="ignore", over="ignore"):
        if law == "displaced":
            return np.log(tau)
        if law != "prompt":
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
        too_steep = _coordinate(long, "prompt", tau0) - _coordinate(short, "prompt", tau0) > rise
        low, high = np.where(too_steep, middle, low), np.where(too_steep, high, middle)
    return np.exp((low + high) / 2)


def lifetime_curves(lifetime_ns: Array, limits: Array, law: str, continuation: str = "tabulated") -> LifetimeCurves:
    """The curves of a table of limits.

    Args:
        lifetime_ns: (lifetimes,) ascending.
        limits: (lifetimes, columns) upper limits; NaN where a lifetime is not tabulated, not all of a column.
        law: one of `LAWS`.
        continuation: one of `CONTINUATIONS`, of an escape law; a line that does not rise is not continued.
    """
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
    if law == "prompt":
        tau0[~empty] = _implied_tau0(short[~empty], long[~empty], rise[~empty])
    start, end = _coordinate(short, law, tau0), _coordinate(long, law, tau0)
    start = np.where(np.isfinite(start), start, 0.0)
    slope = np.divide(rise, end - start, out=np.zeros_like(rise), where=~empty)
    first = knots[0]
    if law == "prompt":
        low, high = np.zeros_like(first), knots[-1]
    elif law == "displaced":
        low, high = first, knots[-1]
    else:
        to = {"tabulated": lifetime_ns[0], "full": 0.0, "none": np.inf}[continuation]
        low, high = np.where(slope[0] > 0, np.minimum(first, to), first), np.full_like(first, np.inf)
    return LifetimeCurves(law, knots, y[:-1] - slope * start, slope, tau0, low, high, y[-1])
