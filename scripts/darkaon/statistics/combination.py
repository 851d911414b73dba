"""One CLs limit from several windows (periods, regions, channels, searches), without pseudo-experiments.

The outcomes are ordered by X = sum w_i n_i with w_i = ln(1 + s_i/b_i) b_i/(b_i + sigma_i^2), the likelihood ratio of
the tested signal (Read 2002; Junk 1999, NIM A 434 435) with less weight for what is badly known, and CLs =
P(X <= x | s + b)/P(X <= x | b). Weights are whole numbers: a rounded weight makes the order slightly less than
optimal, never the probability wrong. Windows of equal s_i/b_i and uncertainties have the limit of their sum.

P(X <= x) is an integral of the generating function on a circle |z| = exp(r), r < 0 near the saddle of
K(r) - x r - ln(1 - exp(r)), by the trapezoidal rule: on the whole circle where that has up to 131072 points, else
near its real point, where all of the integral is if the counts are large. Expected limits take the x at a quantile of
the distribution without signal, averaged over the backgrounds as in `quantiles`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from math import gcd
from typing import Any

import numpy as np
from scipy import special
from scipy.optimize import brentq

from darkaon.errors import InputError
from darkaon.statistics import checks
from darkaon.statistics.generating import Background, Numbers, Source, averaged, log_signal, normal_nodes
from darkaon.typing import Array, Mask

POINTS = 131_072
"""Most points on a circle."""
FINE, FINEST, COARSEST = 300, 1000, 20
"""The largest whole-number weight: on the whole circle, near the real point, and at least."""
LEAST = 1e-6
"""Stands for a background of 0, relative to the signal, in a weight."""
CLOSE, ALMOST_ALL = 1.25, 40.0
"""The circle keeps so many inverse spreads from the pole at z = 1; a sum so many above its mean is sure."""
OUT_OF_REACH = -14.0  # a bound on ln CLs below this is returned as it is
SURE = 1e-6
"""A spread of the tilted sum, times r, below which the sum has one value."""
NODES, SMALL = 16, 0.15
"""Of a common nuisance: half of them where it is small, three times as many where it outweighs the counts."""
ROUNDING = 1.0 - 1e-12
STEPS = 2.0
"""More than what the steps of few counts can make of a ln of P(X <= x) that does not know them."""


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
        sources = tuple(
            Source(int(place[s.window]), s.background, s.up, s.down, s.nuisance, s.common)
            for s in self.sources
            if used[s.window]
        )
        return Windows(self.n[used], sources, self.independent[used], self.common[used])


def windows_from(
    n_observed: Any,
    background: Any,
    uncertainty: Any = 0.0,
    *,
    uncertainty_down: Any = None,
    nuisance: str | Sequence[str] = "gamma",
    correlated: Any = 0.0,
    signal_uncertainty: Any = 0.0,
    common_signal_uncertainty: Any = 0.0,
) -> Windows:
    """Windows with one source of background each; arrays of shape (W,) or numbers.

    Args:
        n_observed: counts; None if blinded.
        background: expected background.
        uncertainty: its uncertainty, independent of that in the other windows (upwards, if another is given).
        uncertainty_down: downwards, where it is another: two-piece log-normal; NaN where it is not.
        nuisance: gamma, gauss or lognormal; one for all or one a window.
        correlated: relative uncertainty of the background that all windows share, log-normal.
        signal_uncertainty: relative uncertainty of the signal, independent in each window.
        common_signal_uncertainty: relative uncertainty of the signal that all windows share.

    Raises:
        InputError: an argument out of its range.
    """
    n = np.zeros(1) if n_observed is None else checks.counts("n_observed", n_observed)
    n, b, up, own, common, shared = checks.same_length(
        n_observed=n,
        background=checks.not_negative("background", background),
        uncertainty=checks.not_negative("uncertainty", uncertainty),
        signal_uncertainty=checks.not_negative("signal_uncertainty", signal_uncertainty),
        common_signal_uncertainty=checks.not_negative("common_signal_uncertainty", common_signal_uncertainty),
        correlated=checks.not_negative("correlated", correlated),
    )
    down = up.copy()
    if uncertainty_down is not None:
        given = np.broadcast_to(np.asarray(uncertainty_down, dtype=float), up.shape)
        down = np.where(np.isnan(given), up, given)
    names = [nuisance] * len(n) if isinstance(nuisance, str) else list(nuisance)
    for index in range(len(n)):
        if b[index] == 0 and up[index] > 0 and names[index] != "gauss":
            raise InputError(
                f"background[{index}] is 0 with an uncertainty of {up[index]:g}",
                remedy="give it a value, or use nuisance gauss (half a Gaussian)",
            )
    sources = tuple(
        Source(i, float(b[i]), float(up[i]), float(down[i]), names[i], float(shared[i])) for i in range(len(n))
    )
    return Windows(n + (np.nan if n_observed is None else 0.0), sources, own, common)


def combined_limit(
    windows: Windows, share: Any = 1.0, *, level: float = 0.90, quantile: float | None = None
) -> float:
    """Upper limit on the strength mu for signals mu * share in each window.

    Args:
        windows: what is combined.
        share: signal events in each window at mu = 1, shape (W,); shares that add up to 1 make mu the events in all.
        level: confidence level.
        quantile: for an expected limit: X is the one below which this part of 1 lies if there is no signal.

    Raises:
        InputError: an argument out of its range, or no window with a share.
    """
    level = checks.level_in_range(level)
    share = checks.same_length(n=windows.n, share=checks.not_negative("share", share))[1]
    used = share > 0
    if not used.any():
        raise InputError("share: no window has a signal", remedy="give a share above 0 to one window")
    windows, share = windows.take(used), share[used]
    n = windows.background if quantile is not None else windows.n
    errors = np.square(share) / (windows.background + windows.variance + n + 1.0)
    goal = np.log1p(-level)

    def excess(mu: float) -> float:
        return log_cls(windows, mu * share, quantile=quantile) - goal

    low, high = 0.0, -goal / share.sum() + 1.3 / np.sqrt(errors.sum())
    while excess(high) > 0.0:
        low, high = high, 1.7 * high
    return float(brentq(lambda mu: excess(mu) if mu > 0 else -goal, low, high, xtol=1e-12 * high, rtol=1e-9))


def log_cls(windows: Windows, signal: Array, *, quantile: float | None = None, reach: float = OUT_OF_REACH) -> float:
    """The ln of CLs of the windows for these signals, shape (W,).

    Args:
        windows: what is combined.
        signal: expected signal events.
        quantile: if given, X is not that of `windows.n` but the one below which this part of 1 lies without signal.
        reach: where CLs is certainly below this, an upper bound of it is enough, which takes less time.
    """
    used = signal > 0
    if not used.any():
        return 0.0
    windows, signal = windows.take(used), signal[used]
    b, variance = windows.background, windows.variance + np.square(windows.common * signal)
    counts = b + signal + np.square(windows.independent * signal)
    exact = np.log1p(signal / np.maximum(b, LEAST * signal)) * b / np.maximum(b + windows.variance, 1e-300)
    exact = np.where(b > 0, exact, np.log1p(1.0 / LEAST))
    weight = whole_weights(exact, _finest(exact / exact.max(), counts, variance))
    sums = _Sums(windows, signal, weight)
    x = float(np.sum(weight * windows.n)) if quantile is None else sums.most(quantile)
    log_below = sums.log_below(x) if quantile is None else float(np.log(quantile))
    r = -max(sums.mean + float(np.sum(weight * signal)) - x, 0.0) / sums.whole_spread**2  # of a normal distribution
    for _ in range(2):
        bound = float(sums.log(np.array([r]), with_signal=True)[0] - x * r) - log_below  # Chernoff's
        if bound < reach:
            return bound
        r = sums.saddle(x, lambda t: sums.log(t, with_signal=True))
    if sums.points <= POINTS:
        return sums.on_circle(x, r) if quantile is None else sums.on_circle_at(quantile)
    if quantile is not None:
        x = sums.quantile(quantile)
    return sums.near_point(x, with_signal=True) - sums.near_point(x, with_signal=False)


def log_at_most(windows: Windows, x: float) -> float:
    """The ln of P(N <= x) of the sum of all counts without signal."""
    nothing = np.zeros(len(windows.n))
    sums = _Sums(windows, nothing, np.ones(len(windows.n)))
    if sums.points > POINTS:
        return sums.near_point(x, with_signal=False)
    return sums.on_circle_alone(x)


def whole_weights(exact: Array, finest: int) -> Array:
    """Whole-number weights in proportion to the exact ones, without a common factor."""
    whole = np.maximum(np.rint(exact * (finest / exact.max())).astype(int), 1)
    return np.asarray(whole // reduce(gcd, whole.tolist()), dtype=float)


def _finest(relative: Array, counts: Array, variance: Array) -> int:
    """The largest weight that is affordable.

    Args:
        relative: exact weights, the largest 1, shape (W,).
        counts: variances of the counts at a fixed background, shape (W,).
        variance: those of backgrounds and signals.
    """
    spread = np.sqrt(np.sum(np.square(relative) * (counts + variance)))
    fits = int(POINTS / (16.0 * spread + 2.0))
    if np.sqrt(np.sum(counts)) < 82.0:
        return int(np.clip(fits, COARSEST, FINE))
    return FINEST


class _Sums:
    """The distribution of X with and without one signal."""

    def __init__(self, windows: Windows, signal: Array, weight: Array) -> None:
        self.windows, self.signal, self.weight = windows, signal, weight
        self.background = Background(windows.sources, weight)
        b, variance = windows.background, windows.variance
        relative = np.hypot(windows.independent, windows.common)
        self.mean = float(np.sum(weight * b))
        spread = np.sum(np.square(weight) * (b + variance))
        self.spread = float(np.sqrt(spread))
        self.whole_spread = float(np.sqrt(spread + np.sum(weight**2 * signal * (1.0 + signal * relative**2))))
        wide = np.sqrt(np.sum(b + signal)) < 82.0 or np.all(weight == 1)
        self.points = 2 * int(np.ceil(8.0 * self.whole_spread + weight.max())) if wide else POINTS + 1
        total = float(np.sqrt(np.sum(b + windows.variance) + 1.0))
        both = max((source.common for source in windows.sources), default=0.0)
        self.pulls = _pulls(both, both * float(np.sum(b)) / total)
        self.signal_pulls = _pulls(float(windows.common.max()), float(np.sum(windows.common * signal)) / total)

    def _signal(self, powers: dict[float, Numbers], pull: float) -> Numbers:
        signal = self.signal * np.exp(pull * np.log1p(self.windows.common))
        return log_signal(powers, self.weight, signal, self.windows.independent)

    def log(self, t: Numbers, *, with_signal: bool) -> Numbers:
        """The ln of the generating function at exp(t), averaged over the common nuisances."""
        powers = self.background.powers(t)
        without = self._background(powers)
        return without + self._signals(powers) if with_signal else without

    def _background(self, powers: dict[float, Numbers]) -> Numbers:
        return averaged([self.background.log(powers, z) for z in self.pulls[0]], self.pulls[1])

    def _signals(self, powers: dict[float, Numbers]) -> Numbers:
        kappa = np.log1p(self.windows.common)
        if np.all(kappa == kappa[0]) and not np.any(self.windows.independent):  # one pull is a factor on all
            one = self._signal(powers, 0.0)
            return averaged([one * np.exp(kappa[0] * z) for z in self.signal_pulls[0]], self.signal_pulls[1])
        return averaged([self._signal(powers, z) for z in self.signal_pulls[0]], self.signal_pulls[1])

    def log_below(self, x: float) -> float:
        """A lower bound of ln P(X <= x) without signal: Cantelli's above the mean, with a margin below."""
        if x > self.mean:
            return float(np.log1p(-1.0 / (1.0 + ((x - self.mean) / self.spread) ** 2)))
        return self.near_point(x, with_signal=False) - STEPS

    def on_circle_alone(self, x: float) -> float:
        """The ln of P(X <= x) without signal."""
        return self._circle(x, self.saddle(x, lambda t: self.log(t, with_signal=False)))[1]

    def most(self, quantile: float) -> float:
        """A sum that X stays below with at least the probability `quantile` without signal (Cantelli)."""
        return self.mean + self.spread * float(np.sqrt(quantile / (1.0 - quantile)))

    def saddle(self, x: float, log: Callable[[Numbers], Numbers]) -> float:
        """About where K(r) - x r - ln(1 - exp(r)) is least for r < 0."""
        low, high = np.log(1e-4 / (self.whole_spread + 1.0)), np.log(50.0)
        for _ in range(3):
            grid = np.linspace(low, high, 25)
            r = -np.exp(grid)
            best = int(np.argmin(log(r) - x * r - np.log(-np.expm1(r))))
            low, high = grid[max(best - 1, 0)], grid[min(best + 1, 24)]
        return float(-np.exp(0.5 * (low + high)))

    def _circle(self, x: float, r: float) -> tuple[float, float]:
        """The ln of P(X <= x) with and without the signal, from the whole circle |z| = exp(r)."""
        size, r = self.points, min(r, -CLOSE / self.whole_spread)
        half = np.arange(size // 2 + 1)
        t = r + 1j * (2.0 * np.pi / size * half)
        powers = self.background.powers(t)
        kernel = -x * t - np.log(-np.expm1(t))
        share = np.where((half == 0) | (half == size // 2), 1.0, 2.0) / size
        without, signal = self._background(powers) + kernel, self._signals(powers)
        tops = [float(values[0].real) for values in (without + signal, without)]
        both = zip((without + signal, without), tops, strict=True)
        sums = [float(np.sum(share * np.exp(values - top).real)) for values, top in both]
        with_signal, alone = (top + np.log(max(total, 1e-300)) for top, total in zip(tops, sums, strict=True))
        return float(min(with_signal, 0.0)), float(min(alone, 0.0))

    def on_circle(self, x: float, r: float) -> float:
        """The ln of CLs at x, on a circle near exp(r)."""
        if x > self.mean + ALMOST_ALL * self.whole_spread:
            return 0.0
        with_signal, without = self._circle(x, r)
        return with_signal - without

    def on_circle_at(self, quantile: float) -> float:
        """The ln of CLs at a quantile of X without signal, from all probabilities at once."""
        size = self.points
        r, start = -24.0 / size, max(0.0, float(np.floor(self.mean - 9.0 * self.spread)))
        t = r + 1j * (2.0 * np.pi / size * np.arange(size // 2 + 1))
        powers = self.background.powers(t)
        without, signal = self._background(powers), self._signals(powers)
        kernel = -start * t - np.log(-np.expm1(t))
        scale = np.exp(-r * np.arange(size))
        chance = np.fft.irfft(np.conj(np.exp(without + kernel)), size) * scale
        place = int(np.argmax(chance[: size - 1] >= quantile * ROUNDING))
        both = np.fft.irfft(np.conj(np.exp(without + signal + kernel)), size)[place] * scale[place]
        return float(np.log(max(both, 1e-300)) - np.log(chance[place]))

    def near_point(self, x: float, *, with_signal: bool) -> float:
        """The ln of P(X <= x) from the neighbourhood of the real point of the circle, where the counts are large."""
        logs, chances = [], []
        for pull, chance in zip(*self.pulls, strict=True):
            for other, part in zip(*(self.signal_pulls if with_signal else _pulls(0.0)), strict=True):
                logs.append(self._near(x, pull, other if with_signal else None))
                chances.append(chance * part)
        return float(min(special.logsumexp(logs, b=chances), 0.0))

    def _near(self, x: float, pull: float, signal_pull: float | None) -> float:
        def log(t: Numbers) -> Numbers:
            powers = self.background.powers(t)
            total = self.background.log(powers, pull)
            return total if signal_pull is None else total + self._signal(powers, signal_pull)

        step = 0.2 / self.whole_spread
        around = log(np.array([-2.0 * step, -step, 0.0]))
        mean, bend = (around[2] - around[0]) / (2.0 * step), around[2] - 2.0 * around[1] + around[0]
        spread = np.sqrt(max(bend, 0.0)) / step
        if spread == 0 or x > mean + ALMOST_ALL * spread:  # no background at all, or far above it
            return 0.0
        r = min(self.saddle(x, log), -CLOSE / spread)
        step = max(step, 1e-3 * abs(r))  # far below the mean the curvature there is another
        around = log(r + step * np.array([-1.0, 0.0, 1.0]))
        spread = np.sqrt(max(around[2] - 2.0 * around[1] + around[0], 0.0)) / step
        if spread * abs(r) < SURE:  # so far down that 0 alone is left
            return min(float(around[1] - x * r - np.log(-np.expm1(r))), 0.0)
        end = 9.5 / spread
        while end < np.pi and (log(np.array([r + 1j * end]))[0] - around[1]).real > -30.0:
            end *= 1.5
        spacing = min(0.38 / spread, 0.35 * abs(r))
        t = r + 1j * spacing * np.arange(int(min(end, np.pi) / spacing) + 1)
        values = log(t) - x * t - np.log(-np.expm1(t))
        top = float(values[0].real)
        share = np.where(np.arange(len(t)) == 0, 1.0, 2.0) * spacing / (2.0 * np.pi)
        return min(top + float(np.log(max(float(np.sum(share * np.exp(values - top).real)), 1e-300))), 0.0)

    def quantile(self, probability: float) -> float:
        """The sum x with P(X <= x) = `probability` without signal, where its steps are finer than any matter."""
        z = float(special.ndtri(probability))

        def excess(x: float) -> float:
            log_p = self.near_point(x, with_signal=False)
            return float(special.ndtri_exp(log_p)) - z if log_p < 0 else 9.0

        low, high = (self.mean + (z + side) * self.spread for side in (-0.3, 0.3))
        while excess(low) > 0:
            low -= self.spread
        while excess(high) < 0:
            high += self.spread
        return float(np.ceil(brentq(excess, low, high, xtol=1e-7 * self.spread)))


def _pulls(relative: float, effect: float = 0.0) -> tuple[Array, Array]:
    """Values of a common nuisance in standard deviations, and their probabilities.

    Args:
        relative: its uncertainty.
        effect: what it moves, in standard deviations of the count.
    """
    if relative == 0:
        return np.zeros(1), np.ones(1)
    return normal_nodes(NODES // 2 if max(relative, effect) <= SMALL else NODES * (1 + 2 * (effect > 1)))
