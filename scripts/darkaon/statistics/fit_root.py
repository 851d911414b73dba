"""Signals at which a tail of the fits' statistic has a given size: the root finder of `fit`, in one batch.

Newton's method inside a bracket for the signal; with every step of it goes one of Fisher scoring for all profiled
backgrounds, and each row stops on its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from darkaon.statistics.fit_model import Model, Point, damped
from darkaon.statistics.numerics import add_up, log_sum
from darkaon.typing import Array, Index, Mask

_STEPS = 60  # of the root finder; 4 to 7 are usual
_CLOSE = 1e-3  # last relative step of a limit; the error that is left is about its square
_SETTLED = 1e-4  # ln of the likelihood that a further step of the background would gain
_FAR = 3.0  # of the step between two points: beyond it a path goes straight on


@dataclass(frozen=True)
class Path:
    """How the profiled background follows the signal: straight from one point, or a cubic through two of each window.

    Attributes:
        near: the first.
        far: the second, at a larger signal; its statistic gives the signal too.
    """

    near: Point
    far: Point | None = None

    def take(self, windows: Index) -> Path:
        """The path in some of the windows."""
        return Path(self.near.take(windows), self.far.take(windows) if self.far else None)

    def c(self, signal: Array, windows: Index) -> Array:
        """Coefficients at signals (G, R) of the windows (R,); shape (G, R, K)."""
        near = self.near.take(windows)
        if self.far is None:
            return np.asarray(near.c + near.dc_ds * (signal - near.s)[..., None])
        far = self.far.take(windows)
        length = (far.s - near.s)[:, None]
        u = ((signal - near.s) / (far.s - near.s))[..., None]
        v = np.clip(u, 0.0, _FAR)
        beyond = (u - v) * np.where(u > 0, far.dc_ds, near.dc_ds)
        return np.asarray(
            _cubic(v, near.c, far.c + far.step, near.dc_ds * length, far.dc_ds * length) + beyond * length
        )

    def signal(self, root: Array, windows: Index, top: Array) -> Array:
        """The signals (R,) at which the square root of q has these values; from no signal, `top` its ln L (W,)."""
        assert self.far is not None
        q = np.maximum(2.0 * (top - self.far.log_likelihood), 1e-12)
        length = np.sqrt(q)
        slopes = 1.0 / np.sqrt(self.near.information_s), length / np.maximum(-self.far.slope, 1e-300)
        value = _cubic(
            root / length[windows], 0.0, self.far.s[windows], *(x[windows] * length[windows] for x in slopes)
        )
        return np.maximum(value, 0.1 * root * slopes[0][windows])


def _cubic(u: Array, a: Array | float, b: Array, da: Array, db: Array) -> Array:
    """The cubic with values a and b and slopes da and db at u = 0 and 1."""
    v = 1.0 - u
    return v * v * (a + u * (2.0 * a + da)) + u * u * (b + v * (2.0 * b - db))


def inverse_mills(x: Array) -> Array:
    """phi(x)/Phi(x); that at -1e6 for less, where only fits that do not converge lead."""
    x = np.maximum(x, -1e6)
    return np.exp(-0.5 * x * x - special.log_ndtr(x)) / np.sqrt(2.0 * np.pi)


@dataclass(frozen=True)
class Task:
    """Signals to be found, one a row.

    Attributes:
        paths: how the profiled background of each data set follows the signal.
        counts: those of each data set, shape (W, B).
        tops: the largest ln L of each, shape (W,).
        windows: the window of each row, shape (R,).
        factors, weights: of the signal that the tail is averaged over, shapes (G, R) and (G, 1).
        tail: (q, slopes of q, rows) -> ln of the tail and its slope; arrays (data sets, G, R).
        goal: what the quantile of the averaged tail must be, shape (R,).
    """

    paths: list[Path]
    counts: list[Array]
    tops: list[Array]
    windows: Index
    factors: Array
    weights: Array
    tail: Callable[[Array, Array, Index], tuple[Array, Array]]
    goal: Array


def solve(model: Model, task: Task, start: Array, least: Array) -> tuple[Array, Mask]:
    """The signals (R,) above `least`, and whether each was found.

    Newton's method inside a bracket; with every step of s goes one of all profiled backgrounds.
    """
    sets, nodes, size = len(task.paths), len(task.factors), task.windows.size
    s = np.maximum(start, least * (1 + 1e-6) + 1e-9)
    low, high = least.copy(), np.full(size, np.inf)
    signal = s * task.factors
    c = np.stack([path.c(signal, task.windows) for path in task.paths])
    found, active = np.zeros(size, dtype=bool), np.arange(size)
    for _ in range(_STEPS):
        own, factors = task.windows[active], task.factors[:, active]
        part = model.take(np.tile(own, nodes))
        looks = [
            part.at(
                np.tile(n[own], (nodes, 1)),
                c[k][:, active].reshape(nodes * own.size, -1),
                (factors * s[active]).ravel(),
            )
            for k, n in enumerate(task.counts)
        ]
        shape = (sets, nodes, own.size)
        gain = np.stack([look.gain for look in looks]).reshape(shape)
        q = np.stack(
            [
                2.0 * (np.tile(top[own], nodes) - look.log_likelihood)
                for top, look in zip(task.tops, looks, strict=True)
            ]
        )
        slopes = np.stack([-2.0 * look.slope for look in looks])
        log_tail, change = task.tail(q.reshape(shape), slopes.reshape(shape), active)
        value, slope = _averaged(log_tail, change, factors, task.weights)
        near = np.max(gain, axis=(0, 1)) < 0.1
        above = value > task.goal[active]
        low[active] = np.where(near & above, np.maximum(low[active], s[active]), low[active])
        high[active] = np.where(near & ~above, np.minimum(high[active], s[active]), high[active])
        before = s[active]
        after = before + np.where(near, (task.goal[active] - value) / slope, 0.0)
        outside = ~(after > low[active]) | ~(after < high[active])
        middle = np.where(np.isfinite(high[active]), 0.5 * (low[active] + high[active]), 2.0 * before)
        after = np.where(outside & near, middle, after)
        jump = factors * (after - before)
        for k, look in enumerate(looks):
            step = damped(look.step) + look.dc_ds * jump.ravel()[:, None]
            c[k][:, active] += step.reshape(nodes, own.size, -1)
        s[active] = after
        done = (np.abs(after - before) <= _CLOSE * after) & (np.max(gain, axis=(0, 1)) <= _SETTLED)
        found[active[done]] = True
        active = active[~done]
        if not active.size:
            break
    return s, found


def _averaged(log_tail: Array, change: Array, factors: Array, weights: Array) -> tuple[Array, Array]:
    """The normal quantile of the averaged tail and its derivative by s, from those of the nodes (G, R)."""
    part = log_tail + np.log(weights)
    total = log_sum(part)
    slope = add_up(np.exp(part - total) * change * factors)  # of ln(tail)
    value = special.ndtri_exp(np.minimum(total, -1e-16))
    return value, slope / inverse_mills(value)
