"""The logarithm of the generating function of a weighted sum of counts, X = sum w_i n_i, in closed form.

With z = exp(t) and e_i = z^(w_i) - 1, ln E[z^X] is a sum of one term for each source of background and each signal:

    known exactly              b e
    gamma distributed          -k ln(1 - theta e), theta = sigma^2/b, k = b/theta
    Gaussian, cut at 0         b e + sigma^2 e^2/2 + ln Phi((b + sigma^2 e)/sigma) - ln Phi(b/sigma)
    (two-piece) log-normal     ln sum of exp(b_j e) over nodes
    signal                     s e; with a log-normal uncertainty of its own ln sum of exp(s_j e)

Uncertainties that sources or signals have in common are averaged over outside (`combination`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.polynomial import hermite_e, legendre
from numpy.typing import NDArray
from scipy import special

from darkaon.typing import Array, Mask

Numbers = NDArray[Any]
SMALL = 0.01
"""Up to this theta the logarithm of a gamma distribution is a series."""
REACH = 8.5
"""Standard deviations of a log-normal distribution that its nodes cover."""
SIGNAL_NODES = 16
MOST_NODES = 400
"""Of a log-normal distribution, on either side of its median."""
NOTHING = -60.0
"""ln of a part of a mixture that is left out."""
FEW, LEAST = 64, 1e-12
"""Points that are looked at together; a value that is as good as 0."""


@dataclass(frozen=True)
class Source:
    """One source of background in one window.

    Attributes:
        window: its place among the windows.
        background: expected events.
        up, down: its uncertainties; they differ for the two-piece log-normal only, which they then make of it.
        nuisance: gamma, gauss or lognormal.
        common: relative log-normal uncertainty that it shares with all other sources that have one.
    """

    window: int
    background: float
    up: float = 0.0
    down: float = 0.0
    nuisance: str = "gamma"
    common: float = 0.0

    def scaled(self, factor: float) -> Source:
        """With this many times the events, its relative uncertainty as before."""
        b, up, down = self.background * factor, self.up * factor, self.down * factor
        return replace(self, background=b, up=up, down=down)

    def pulled(self, pull: float) -> Source:
        """With the common nuisance so many standard deviations off."""
        return self.scaled(float(np.exp(pull * np.log1p(self.common)))) if self.common else self

    @property
    def variance(self) -> float:
        """Of the expected background, about."""
        return (0.5 * (self.up + self.down)) ** 2 + (self.common * self.background) ** 2

    def log(self, e: Numbers) -> Numbers:
        """The ln of the mean of exp(b e), shape of e, real or complex with a real part of at most 0."""
        b, up = self.background, self.up
        theta = up * up / b if b > 0 else np.inf
        if up == 0 and self.down == 0:
            return b * e
        if self.nuisance == "gauss" and self.up == self.down:
            slid = special.log_ndtr((b + up * up * e) / up) - special.log_ndtr(b / up)
            return b * e + 0.5 * up * up * e * e + slid
        if self.nuisance == "lognormal" or self.up != self.down:
            up_factor = np.log1p(up / b)
            down_factor = up_factor if self.up == self.down else -np.log1p(-self.down / b)
            return _mixed(e, *_nodes(b, float(up_factor), float(down_factor)))
        if theta <= SMALL:
            x = theta * e
            return b * e * (1 + x * (1 / 2 + x * (1 / 3 + x * (1 / 4 + x * (1 / 5 + x * (1 / 6 + x / 7))))))
        return -(b / theta) * np.log(1.0 - theta * e)


@dataclass(frozen=True)
class Windows:
    """W windows that are combined.

    Attributes:
        n: observed counts, shape (W,); NaN if none is observed.
        sources: of their backgrounds.
        independent: relative uncertainty of the signal in each, independent of the others, shape (W,).
        common: relative uncertainty of the signal that they have in common, shape (W,).
    """

    n: Array
    sources: tuple[Source, ...]
    independent: Array
    common: Array

    @property
    def background(self) -> Array:
        """Expected background, shape (W,)."""
        return self._sum([source.background for source in self.sources])

    @property
    def variance(self) -> Array:
        """Of the expected background, shape (W,)."""
        return self._sum([source.variance for source in self.sources])

    def _sum(self, values: Sequence[float]) -> Array:
        places = [source.window for source in self.sources]
        return np.asarray(np.bincount(places, values, len(self.n)), dtype=float)

    def take(self, used: Mask) -> Windows:
        """Some of the windows."""
        place = np.cumsum(used) - 1
        sources = tuple(replace(s, window=int(place[s.window])) for s in self.sources if used[s.window])
        return Windows(self.n[used], sources, self.independent[used], self.common[used])


@lru_cache(maxsize=256)
def _nodes(background: float, up: float, down: float) -> tuple[Array, Array]:
    """Nodes and probabilities of a log-normal background, closer to each other than the Poisson error.

    Args:
        background: its median.
        up: ln of the factor of one standard deviation upwards.
        down: the same downwards.
    """
    z, chance = [], []
    for low, high, width, largest in ((-REACH, 0.0, down, 1.0), (0.0, REACH, up, np.exp(2.0 * up))):
        node, weight = _legendre(min(int(24 + 8 * width * np.sqrt(background * largest)), MOST_NODES))
        node = low + 0.5 * (high - low) * (node + 1.0)
        z.append(width * node)
        chance.append(weight * np.exp(-0.5 * node * node))
    value, probability = np.concatenate(z), np.concatenate(chance)
    kept = probability > 1e-13 * probability.max()
    return background * np.exp(value[kept]), probability[kept] / probability[kept].sum()


@lru_cache(maxsize=16)
def normal_nodes(number: int) -> tuple[Array, Array]:
    """Nodes of a standard normal variable and their probabilities."""
    z, chance = hermite_e.hermegauss(number)
    return z, chance / chance.sum()


@lru_cache(maxsize=64)
def _legendre(number: int) -> tuple[Array, Array]:
    return legendre.leggauss(number)


def _mixed(e: Numbers, values: Array, chance: Array) -> Numbers:
    """The ln of sum of chance * exp(value * e); the smallest value is taken out, so that nothing underflows."""
    least = values.min()
    values = values - least
    if e.size <= FEW:
        mean = np.einsum("v,vp->p", chance, np.exp(np.multiply.outer(values, e)))
        return np.asarray(least * e + np.log(mean))
    order = np.argsort(e.real)
    rising = e[order]
    first = np.searchsorted(rising.real, NOTHING / np.maximum(values, LEAST))
    total = np.zeros_like(e)
    for value, part, start in zip(values, chance, first.tolist(), strict=True):
        total[start:] += part * np.exp(value * rising[start:])
    result = np.empty_like(e)
    result[order] = least * rising + np.log(total)
    return result


class Background:
    """ln of the generating function of the background of all windows, for whole-number weights."""

    def __init__(self, sources: Sequence[Source], weights: Array) -> None:
        self.sources, self.weights = sources, weights
        self._pulled: dict[float, list[Source]] = {}

    def pulled(self, pull: float) -> list[Source]:
        """The sources with the common nuisance so many standard deviations off."""
        if pull not in self._pulled:
            self._pulled[pull] = [source.pulled(pull) for source in self.sources]
        return self._pulled[pull]

    def powers(self, t: Numbers) -> dict[float, Numbers]:
        """exp(w t) - 1 for each weight in use."""
        return {w: np.expm1(w * t) for w in np.unique(self.weights).tolist()}

    def by_weight(self, pull: float) -> list[tuple[float, list[Source]]]:
        """The pulled sources of each weight, from that which moves the sum most."""
        found: dict[float, list[Source]] = {}
        for source in self.pulled(pull):
            found.setdefault(float(self.weights[source.window]), []).append(source)
        return sorted(found.items(), key=lambda item: -(item[0] ** 2) * sum(source.background for source in item[1]))

    def log(self, powers: dict[float, Numbers], factor: float = 0.0) -> Numbers:
        """At `powers`, the common nuisance pulled by `factor` standard deviations."""
        total: Numbers = np.zeros_like(next(iter(powers.values())))
        for source in self.pulled(factor):
            total = total + source.log(powers[float(self.weights[source.window])])
        return total


def log_signal(powers: dict[float, Numbers], weights: Array, signal: Array, relative: Array) -> Numbers:
    """The signal's part: shape of the powers.

    Args:
        powers: of `Background.powers`.
        weights: of the windows, shape (W,).
        signal: expected events in each, shape (W,).
        relative: their uncertainties of their own, log-normal with median 1, shape (W,).
    """
    total: Numbers = np.zeros_like(next(iter(powers.values())))
    z, chance = normal_nodes(SIGNAL_NODES)
    for w, s, own in zip(weights.tolist(), signal.tolist(), relative.tolist(), strict=True):
        if s > 0:
            e = powers[w]
            total = total + (_mixed(e, s * (1.0 + own) ** z, chance) if own > 0 else s * e)
    return total


def averaged(logs: Sequence[Numbers], chances: Array) -> Numbers:
    """The ln of the mean of exp(logs); far below the largest of its values there may be nothing, -inf."""
    if len(logs) == 1:
        return logs[0]
    top = max(float(values.real.max()) for values in logs)
    total = np.zeros_like(logs[0])
    for values, chance in zip(logs, chances, strict=True):
        total += chance * np.exp(values - top)
    with np.errstate(divide="ignore"):
        return np.log(total) + top
