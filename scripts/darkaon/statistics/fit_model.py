"""Bins of signal and background around mass hypotheses, their likelihood, and the fits without a limit.

ln L = sum n_i ln mu_i - mu_i, mu_i = s t_i + exp(sum_j c_j P_j(x_i)). One look at a point (c, s) gives the
likelihood, its slopes and its expected information; from these the profiled likelihood at s, the profiled slope by s,
and the next step of c. All that is summed here is summed bin by bin in one window, so neighbours change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray
from scipy import special

from darkaon.typing import Array, Index, Mask

_ROWS = 128  # windows looked at together; changes no result
_STEPS = 60
_SETTLED = 1e-11  # of ln L, what the last step of a fit with signal may gain, which converges linearly
_EMPTY = -25.0  # ln of a mean below which a background has run off to nothing
_MOST = 200.0  # of |ln mean|, far beyond anything that settles
_RIDGE = 1e-13  # of the largest information, so that none is singular


@dataclass(frozen=True)
class Layout:
    """Equal bins over mass +- half_width_sigma, in units of the resolution.

    Attributes:
        half_width_sigma: reach of the bins from the mass hypothesis.
        bins: their number; 180 raise limits by 0.03 %, 90 by 0.13 %.
    """

    half_width_sigma: float
    bins: int = 180

    @cached_property
    def edges(self) -> Array:
        """Shape (bins + 1,), in sigma from the hypothesis."""
        return self.half_width_sigma * np.linspace(-1.0, 1.0, self.bins + 1)

    @cached_property
    def x(self) -> Array:
        """Centres of the bins on -1..1, shape (bins,)."""
        return 0.5 * (self.edges[1:] + self.edges[:-1]) / self.half_width_sigma

    @cached_property
    def inner(self) -> Array:
        """Which part of each bin lies within +-1 sigma, shape (bins,)."""
        return self.part(-1.0, 1.0)

    def part(self, low: float, high: float) -> Array:
        """Which part of each bin lies between two values, in sigma from the hypothesis, shape (bins,)."""
        return np.diff(np.clip(self.edges, low, high)) / np.diff(self.edges)

    def gaussian(self, width: float = 1.0) -> Array:
        """A unit Gaussian signal in the bins, not renormalised to them, shape (bins,); its width in sigma."""
        return np.diff(special.ndtr(self.edges / width))


@dataclass(frozen=True)
class Model:
    """Signal and background of W windows with backgrounds of one order.

    Attributes:
        layout: the bins, the same for all windows in units of their resolutions.
        order: of the polynomial in the exponent.
        template: a unit signal in the bins, shape (W, B).
        used: bins that exist and can be seen, shape (W, B).
    """

    layout: Layout
    order: int
    template: Array
    used: Mask

    @cached_property
    def basis(self) -> Array:
        """Legendre polynomials at the centres of the bins, shape (order + 1, B)."""
        return np.ascontiguousarray(legendre.legvander(self.layout.x, self.order).T)

    @cached_property
    def _pairs(self) -> tuple[Array, Index]:
        """Products of two of them, and where each pair stands in the flat matrix of information."""
        size = self.order + 1
        i, j = np.triu_indices(size)
        place = np.empty((size, size), dtype=np.intp)
        place[i, j] = place[j, i] = np.arange(i.size)
        return self.basis[i] * self.basis[j], place

    def take(self, windows: Index) -> Model:
        """The model of some of the windows."""
        part = replace(self, template=_rows(self.template, windows), used=_rows(self.used, windows))
        part.__dict__.update({name: self.__dict__[name] for name in ("basis", "_pairs") if name in self.__dict__})
        return part

    def only(self, seen: Mask) -> Model:
        """The same without the bins that are not `seen`, shape (W, B)."""
        return replace(self, used=self.used & seen)

    def background(self, c: Array) -> Array:
        """Expected background in the bins that are used, (W, K) -> (W, B)."""
        return np.where(self.used, self._exponential(c), 0.0)

    def inner(self, c: Array) -> Array:
        """Expected background within +-1 sigma, whatever is used, (W, K) -> (W,)."""
        return np.einsum("wb,b->w", self._exponential(c), self.layout.inner)

    def _exponential(self, c: Array) -> Array:
        exponent = np.einsum("wk,kb->wb", c, self.basis)
        if not np.all(np.sum(np.abs(c), axis=1) <= _MOST):  # no Legendre polynomial is larger than 1
            np.clip(exponent, -_MOST, _MOST, out=exponent)
        return np.asarray(np.exp(exponent, out=exponent))

    def response(self, c: Array, template: Array) -> Array:
        """Signal that the fit finds, to first order, for a unit signal of another template; shape (W,)."""
        point = self.at(self.background(c), c, np.zeros(len(c)))
        template = np.where(self.used, template, 0.0)
        ratio = np.where(self.used, self.template, 0.0) / self._exponential(c)
        both = np.einsum("wb,wb->w", template, ratio)
        mixed = np.einsum("wb,kb->wk", template, self.basis)
        return (both + np.einsum("wk,wk->w", point.dc_ds, mixed)) / point.information_s

    def at(self, counts: Array, c: Array, s: Array) -> Point:
        """Look at the likelihood of counts (W, B), 0 in bins not used, at coefficients (W, K) and signals (W,)."""
        parts = [slice(i, i + _ROWS) for i in range(0, len(c), _ROWS)] or [slice(0, 0)]
        looks = [self._look(counts[part], c[part], s[part], part) for part in parts]
        return looks[0] if len(looks) == 1 else Point(*map(np.concatenate, zip(*looks, strict=True)))

    def _look(self, counts: Array, c: Array, s: Array, windows: slice) -> Point:
        """`at` in a few windows, so that all stays in the processor's cache."""
        used = self.used[windows]
        gaps = None if np.all(used) else ~used
        template = self.template[windows] if gaps is None else self.template[windows] * used
        e = self._exponential(c)
        mean = s[:, None] * template
        mean += e
        if np.any(s < 0):
            np.maximum(mean, 1e-3 * e, out=mean)
        if gaps is not None:
            e[gaps], mean[gaps] = 0.0, 1.0
        per = 1.0 / mean
        excess = counts * per
        excess -= 1.0 if gaps is None else used
        likelihood = -np.sum(mean, axis=1)
        likelihood += np.einsum("wb,wb->w", counts, np.log(mean, out=mean))
        pairs, place = self._pairs
        part = template * per
        slope_s = np.einsum("wb,wb->w", excess, template)
        information_s = np.einsum("wb,wb->w", part, template)
        part *= e
        mixed = np.einsum("wb,kb->wk", part, self.basis)
        excess *= e
        slope_c = np.einsum("wb,kb->wk", excess, self.basis)
        per *= e
        per *= e
        information = np.einsum("wb,mb->wm", per, pairs)[:, place]
        ridge = _RIDGE * np.max(information, axis=(1, 2)) + 1e-100
        information = information + ridge[:, None, None] * np.eye(self.order + 1)
        both = np.linalg.solve(information, np.stack([slope_c, -mixed], axis=-1))
        step, dc_ds = both[..., 0], both[..., 1]
        gain = 0.5 * np.einsum("wk,wk->w", slope_c, step)
        return Point(
            c, s, likelihood + gain, slope_s - np.einsum("wk,wk->w", mixed, step), step, dc_ds, gain,
            np.maximum(information_s + np.einsum("wk,wk->w", mixed, dc_ds), 1e-300), np.ones(len(c), dtype=bool),
        )  # fmt: skip


def _rows(values: NDArray[Any], windows: Index) -> NDArray[Any]:
    """Some rows; of rows that are all the same one, without a copy."""
    if values.strides[0]:
        return values[windows]
    return np.broadcast_to(values[0], (len(windows), values.shape[1]))


class Point(NamedTuple):
    """What the likelihood says at (c, s), in every window.

    Attributes:
        c, s: where; shapes (W, K) and (W,).
        log_likelihood: the ln L at s, profiled over c to second order of what is left to go.
        slope: its derivative by s.
        step: of c, towards the profile.
        dc_ds: how the profiled c follows s.
        gain: what the step gains in ln L.
        information_s: expected information on s with c profiled: 1/variance.
        settled: whether c (and s, of a fit) have converged.
    """

    c: Array
    s: Array
    log_likelihood: Array
    slope: Array
    step: Array
    dc_ds: Array
    gain: Array
    information_s: Array
    settled: Mask

    def take(self, windows: Index) -> Point:
        """The point in some of the windows."""
        parts: list[Any] = [value[windows] for value in self]
        return Point(*parts)

    def put(self, windows: Index, other: Point) -> None:
        """Write the point of some of the windows into this one."""
        for value, new in zip(self, other, strict=True):
            value[windows] = new


def damped(step: Array) -> Array:
    """A step of c that changes no bin by more than a factor e; shape (W, K)."""
    return np.asarray(step / np.maximum(1.0, np.sum(np.abs(step), axis=-1, keepdims=True)))


def background_fit(model: Model, counts: Array) -> Point:
    """The fit without signal to counts (W, B); a window whose background runs off to nothing is not settled."""
    counts = counts * model.used
    flat = np.zeros((len(counts), model.order + 1))
    flat[:, 0] = np.log((np.sum(counts, axis=1) + 0.5) / np.maximum(np.sum(model.used, axis=1), 1))
    result = model.at(counts, flat, np.zeros(len(flat)))
    active = np.arange(len(flat))
    for _ in range(_STEPS):
        now = result.take(active)
        c = now.c + damped(now.step)
        result.put(active, model.take(active).at(counts[active], c, now.s)._replace(settled=now.gain <= 1e-6))
        lost = c[:, 0] < _EMPTY
        result.settled[active[lost]] = False
        active = active[~(lost | (now.gain <= _SETTLED))]
        if not active.size:
            break
    return result


def free_fit(model: Model, counts: Array, null: Point, negative: bool = False) -> Point:
    """The fit of signal and background.

    Args:
        model: of the windows.
        counts: shape (W, B), 0 in bins that are not used.
        null: the counts at the background-only fit.
        negative: whether the signal may be negative; if not, it is 0 where the likelihood falls with it.
    """
    parts: list[Any] = [value.copy() for value in null]
    result = Point(*parts)
    active = np.arange(len(counts)) if negative else np.flatnonzero(null.slope > 0)
    result.settled[active] = False
    for _ in range(3 * _STEPS):
        if not active.size:
            break
        now = result.take(active)
        jump = now.slope / now.information_s
        if not negative:
            jump = np.maximum(jump, -0.8 * now.s)
        left = now.gain + 0.5 * jump * now.slope
        c = now.c + damped(now.step) + now.dc_ds * jump[:, None]
        after = model.take(active).at(counts[active], c, now.s + jump)
        result.put(active, after._replace(settled=left <= 1e-6))
        active = active[left > _SETTLED]
    return result
