"""The distribution of a weighted sum of counts, X = sum w_i n_i, from its generating function.

P(X <= x) is an integral on a circle |z| = exp(r), r < 0 near the saddle of K(r) - x r - ln(1 - exp(r)), by the
trapezoidal rule: on the whole circle where that has up to 131072 points, else near its real point, where all of the
integral is if the counts are large.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from darkaon.statistics.generating import Background, Numbers, Windows, averaged, log_signal, normal_nodes
from darkaon.typing import Array, Index

POINTS = 131_072
"""Most points on a circle."""
CLOSE, ALMOST_ALL = 1.25, 40.0
"""The circle keeps so many inverse spreads from the pole at z = 1; a sum so many above its mean is sure."""
SURE = 1e-6
"""A spread of the tilted sum, times r, below which the sum has one value."""
NODES, SMALL = 16, 0.15
"""Of a common nuisance: half of them where it is small, three times as many where it outweighs the counts."""
NOTHING = -42.0
"""ln of a part of a sum that is left out."""
ROUNDING = 1.0 - 1e-12
STEPS = 2.0
"""More than what the steps of few counts can make of a ln of P(X <= x) that does not know them."""


class Sums:
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
        r = min(r, -CLOSE / self.whole_spread)
        half, t, without = self._points(r)
        kernel = -x * t - np.log(-np.expm1(t))
        share = self._share(half)
        without, signal = without + kernel, self._signals(self.background.powers(t))
        tops = [float(values[0].real) for values in (without + signal, without)]
        both = zip((without + signal, without), tops, strict=True)
        sums = [float(np.sum(share * np.exp(values - top).real)) for values, top in both]
        with_signal, alone = (top + np.log(max(total, 1e-300)) for top, total in zip(tops, sums, strict=True))
        return float(min(with_signal, 0.0)), float(min(alone, 0.0))

    def _points(self, r: float) -> tuple[Index, Numbers, Numbers]:
        """Which points of half a circle matter, t there, and ln of the background's generating function.

        Every factor of the generating function is at most what it is at the real point, so that one window after the
        other rules out where the product is nothing; of the common nuisance the pull with the least background.
        """
        place = np.arange(self.points // 2 + 1)
        step = 2.0 * np.pi / self.points
        fall = np.zeros(place.size)
        for w, sources in self.background.by_weight(float(self.pulls[0][0])):
            e = np.expm1(w * (r + 1j * step * place))
            for source in sources:
                log = source.log(e).real
                fall += log - log[0]
            kept = fall > NOTHING
            place, fall = place[kept], fall[kept]
        t = r + 1j * step * place
        log = self._background(self.background.powers(t))
        kept = log.real > log[0].real + NOTHING
        return place[kept], t[kept], log[kept]

    def _share(self, place: Index) -> Array:
        """Of points of the half circle in the mean over the whole one."""
        return np.where((place == 0) | (place == self.points // 2), 1.0, 2.0) / self.points

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
        half, t, without = self._points(r)
        without = np.exp(without - start * t - np.log(-np.expm1(t)))
        spectrum = np.zeros(size // 2 + 1, dtype=complex)
        spectrum[half] = without
        scale = np.exp(-r * np.arange(size))
        chance = np.fft.irfft(np.conj(spectrum), size) * scale
        place = int(np.argmax(chance[: size - 1] >= quantile * ROUNDING))
        turned = without * np.exp(
            self._signals(self.background.powers(t)) - 2j * np.pi / size * (half * place % size)
        )
        both = float(np.sum(self._share(half) * turned.real)) * scale[place]
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
        from scipy.optimize import brentq

        z = float(special.ndtri(probability))

        def excess(x: float) -> float:
            log_p = self.near_point(x, with_signal=False)
            return float(special.ndtri_exp(log_p)) - z if log_p < 0 else 9.0

        low, high = (self.mean + (z + side) * self.spread for side in (-0.3, 0.3))
        while excess(low) > 0:
            low -= self.spread
        while excess(high) < 0:
            high += self.spread
        return float(np.ceil(brentq(excess, low, high, xtol=1e-2)))


def _pulls(relative: float, effect: float = 0.0) -> tuple[Array, Array]:
    """Values of a common nuisance in standard deviations, and their probabilities.

    Args:
        relative: its uncertainty.
        effect: what it moves, in standard deviations of the count.
    """
    if relative == 0:
        return np.zeros(1), np.ones(1)
    return normal_nodes(NODES // 2 if max(relative, effect) <= SMALL else NODES * (1 + 2 * (effect > 1)))
