"""One limit in the coupling from the windows of several searches at the same mass.

The statistic is the likelihood ratio of the counts, Q = sum_i n_i log(1 + s_i/b_i), its distribution under b and
under s + b by full enumeration, backgrounds and signals integrated over gamma distributions: CLs as of Read (2002),
which for one window is CLs on its count. The signals of all searches follow from one coupling, so the combination is
a limit in the coupling of a model, not on a branching fraction. Uncertainties of different searches are independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, ndtr

from darkaon.exclusion.intervals import POINTS_PER_DECADE, Columns, Margin
from darkaon.exclusion.lifetime import lifetime_curves
from darkaon.exclusion.limits import Limits
from darkaon.models.model import Model
from darkaon.typing import Array

# of Q if there is no signal; a small Q makes a strong limit
QUANTILES = {
    name: float(ndtr(sigma))
    for name, sigma in (
        ("expected_m2", -2), ("expected_m1", -1), ("expected", 0), ("expected_p1", 1), ("expected_p2", 2)
    )
}  # fmt: skip


WINDOW = ("n", "background", "uncertainty", "relative", "down")
LOG_CLS_FLOOR = -1e3  # stands for the logarithm of a CLs that is out of reach


@dataclass(frozen=True)
class Counts:
    """Windows of one search.

    Attributes:
        sensitivity: single event sensitivities as the ``observed`` values of a `Limits`: B = N / A N_K for one event,
            in lifetime and mass.
        mass_MeV: (masses,) centres of the windows, ascending.
        n, background, uncertainty: (masses,) observed events, expected background and its error.
        relative: (masses,) relative uncertainty of the sensitivity.
        down: (masses,) downward error of the background if it is another than `uncertainty`; NaN if it is not.
    """

    sensitivity: Limits
    mass_MeV: Array
    n: Array
    background: Array
    uncertainty: Array
    relative: Array
    down: Array


def combine(
    model: Model,
    searches: Sequence[Counts],
    mass_MeV: Array,
    level: float = 0.90,
    kinds: Sequence[str] = ("observed",),
) -> Columns:
    """Intervals of excluded coupling from all searches that the model meets, jointly at each mass.

    Of each search the window nearest to the mass is taken, if its centre is within half a step of the windows' grid.
    Where the count of one is blinded (NaN) nothing is observed.

    Args:
        model: the model.
        searches: the windows.
        mass_MeV: masses at which to combine.
        level: confidence level.
        kinds: ``observed`` and any of `QUANTILES`.

    Returns:
        Columns kind, mass_MeV, coupling_low, coupling_high, searches (how many have a window at this mass).
    """
    met = [c for c in searches if model.meets(c.sensitivity.process, c.sensitivity.final_state)]
    decades = np.log10(model.coupling.high / model.coupling.low) * model.coupling.power
    grid = np.linspace(
        np.log(model.coupling.low), np.log(model.coupling.high), int(np.ceil(decades * POINTS_PER_DECADE)) + 1
    )
    rows = []
    for kind in kinds:
        for mass in mass_MeV:
            cells = [cell for counts in met if (cell := _cell(model, counts, float(mass))) is not None]
            if cells and not (kind == "observed" and any(np.isnan(cell.n) for cell in cells)):
                found = _intervals(cells, grid, level, kind)
                rows += [(kind, mass, *np.exp(ends), len(cells)) for ends in found]
    kind_, *numbers = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    names = ("mass_MeV", "coupling_low", "coupling_high", "searches")
    return {
        "kind": np.array(kind_, dtype=str),
        **{k: np.array(v, dtype=float) for k, v in zip(names, numbers, strict=True)},
    }


@dataclass(frozen=True)
class _Cell:
    """One window at one mass: its count, and the signal as a function of x = log g."""

    margin: Margin
    n: float
    background: float
    uncertainty: float
    relative: float
    down: float

    def signal(self, x: Array) -> Array:
        """Expected signal events at x; at lifetimes without sensitivity those of X that decays invisibly alone."""
        excess, distance, escaped, _ = self.margin.parts(x, np.zeros(x.shape, dtype=np.intp))
        return np.exp(np.where(distance >= 0, excess, escaped))


def _cell(model: Model, counts: Counts, mass: float) -> _Cell | None:
    """The window of a search that belongs to a mass, if there is one with a sensitivity."""
    index = int(np.argmin(np.abs(counts.mass_MeV - mass)))
    near = counts.mass_MeV[max(index - 1, 0) : index + 2]
    step = np.max(np.diff(near)) if len(near) > 1 else np.inf
    at = counts.sensitivity.at(np.array([mass]))
    if abs(counts.mass_MeV[index] - mass) > step / 2 * (1 + 1e-9) or not np.isfinite(at.values["observed"]).any():
        return None
    curves = lifetime_curves(at.lifetime_ns, at.values["observed"], at.law, model.continue_lifetimes)
    window = {name: float(getattr(counts, name)[index]) for name in WINDOW}
    return _Cell(Margin(model, at, at.mass_MeV, curves, np.ones(1)), **window)


def _intervals(cells: Sequence[_Cell], grid: Array, level: float, kind: str) -> list[tuple[float, float]]:
    def excess(x: float) -> float:
        signals = [float(cell.signal(np.array([x]))[0]) for cell in cells]
        return _log_cls(cells, signals, kind)

    alpha = np.log(1 - level)
    signals = np.array([cell.signal(grid) for cell in cells])
    excluded = np.zeros(len(grid), dtype=bool)
    for i in np.flatnonzero(signals.sum(axis=0) > -alpha):  # CLs is never below P(no signal event), exp(-s) or more
        excluded[i] = alpha > _log_cls(cells, list(signals[:, i]), kind)
    steps = np.flatnonzero(excluded[1:] != excluded[:-1])
    edges = [float(brentq(lambda x: alpha - excess(x), grid[i], grid[i + 1], xtol=1e-9)) for i in steps]
    ends = [grid[0]] * bool(excluded[0]) + edges + [grid[-1]] * bool(excluded[-1])
    return list(zip(ends[::2], ends[1::2], strict=True))


def _log_cls(cells: Sequence[_Cell], signals: Sequence[float], kind: str) -> float:
    """Log CLs of one kind."""
    n, b, error, relative, down = (np.array([getattr(cell, name) for cell in cells]) for name in WINDOW)
    quantile = None if kind == "observed" else QUANTILES[kind]
    return log_cls(n, b, error, np.array(signals), quantile=quantile, relative=relative, down=down)


def log_cls(
    n: Array,
    background: Array,
    uncertainty: Array,
    signal: Array,
    *,
    quantile: float | None = None,
    relative: Array | float = 0.0,
    down: Array | float = np.nan,
) -> float:
    """Log CLs of windows (arrays of one length), combined.

    Args:
        n: observed counts.
        background: expected, positive.
        uncertainty: of the background, 0 or more.
        signal: expected signal.
        relative: uncertainty of the signal, divided by it.
        down: downward uncertainty of the background where it is another (log-normal in two pieces, as a single
            limit has it); NaN where it is not.
        quantile: if given, Q is not that of `n` but the one below which this part of 1 lies if there is no signal.

    Returns:
        0 if there is no signal; `LOG_CLS_FLOOR` where the signal is far above what was observed.
    """
    active = signal > 0
    if not active.any():
        return 0.0
    relative, down = np.broadcast_to(relative, signal.shape), np.broadcast_to(down, signal.shape)
    n, background, uncertainty, signal, relative, down = (
        v[active] for v in (n, background, uncertainty, signal, relative, down)
    )
    weights = np.log1p(signal / background)
    fluctuated = background + 3 * np.sqrt(background + uncertainty**2) + 3
    reach = float(np.sum(weights * (n if quantile is None else fluctuated)))
    if np.any((signal > 100) & (weights * (signal + background) / 2 > reach)):
        return LOG_CLS_FLOOR  # some window would have to show half of a signal above 100, or less
    backgrounds = [
        _pmf(mean, error) if np.isnan(lower) else _two_piece_pmf(mean, error, lower)
        for mean, error, lower in zip(background, uncertainty, down, strict=True)
    ]
    threshold = float(np.sum(weights * n)) if quantile is None else _most(backgrounds, weights, quantile)
    windows = []  # of each: first count, weight, probabilities from there to where Q alone passes the threshold
    for (first, whole), weight, s, error in zip(backgrounds, weights, signal, relative * signal, strict=True):
        size = max(int(_limit(threshold) / weight + 1e-9) - first + 1, 0)
        without = whole[:size]
        total = np.convolve(without, _pmf(s, error, start=0)[1][:size])[:size] if size else without
        windows.append((first, weight, np.pad(without, (0, len(total) - len(without))), total))
    if not all(len(window[2]) for window in windows):
        return 0.0  # far below any background that is expected: nothing is excluded
    windows.sort(key=lambda window: len(window[2]))  # the one with most counts last
    q, p_b, p_sb = np.zeros(1), np.ones(1), np.ones(1)
    for first, weight, without, total in windows[:-1]:
        q = (q[:, None] + weight * (first + np.arange(len(without)))).ravel()
        low = q <= _limit(threshold)
        q, p_b, p_sb = q[low], (p_b[:, None] * without).ravel()[low], (p_sb[:, None] * total).ravel()[low]
    first, weight, without, total = windows[-1]
    cumulative = np.cumsum(np.pad(np.array([without, total]), ((0, 0), (1, 0))), axis=1)

    def below(threshold: float) -> Array:
        """Probability that Q is the threshold or less, under b and under s + b."""
        last = np.floor((_limit(threshold) - q) / weight + 1e-9) - first
        place = np.clip(last + 1, 0, len(without)).astype(np.intp)
        return np.array([np.sum(p * c[place]) for p, c in zip((p_b, p_sb), cumulative, strict=True)])

    if quantile is not None:
        low_q = -1.0
        for _ in range(60):
            middle = (low_q + threshold) / 2
            reached = below(middle)[0] >= quantile * (1 - 1e-12)
            low_q, threshold = (low_q, middle) if reached else (middle, threshold)
    cl_b, cl_sb = below(threshold)
    return float(np.log(max(cl_sb, 1e-300)) - np.log(max(cl_b, 1e-300)))


def _limit(threshold: float) -> float:
    """A threshold with room for rounding."""
    return threshold * (1 + 1e-12) + 1e-12


def _most(backgrounds: Sequence[tuple[int, Array]], weights: Array, quantile: float) -> float:
    """A value that Q stays below with at least the probability `quantile`, if there is no signal.

    Each window stays below a count but for its part of 1 - quantile, so that all do with `quantile`.
    """
    counts = []
    for first, probability in backgrounds:
        chance = np.cumsum(probability)
        counts.append(first + np.searchsorted(chance, chance[-1] * (1 - (1 - quantile) / len(backgrounds))))
    return float(np.sum(weights * np.array(counts)))


def _pmf(mean: float, error: float, start: int | None = None) -> tuple[int, Array]:
    """The first count, and the probabilities of it and the next: Poisson, with a gamma distribution of the mean.

    Tails of 1e-12 and less are left out, the lower one only if there is no `start`.
    """
    spread = 8 * np.sqrt(mean + error**2)
    first = max(0, int(mean - spread)) if start is None else start
    k = np.arange(first, int(mean + spread * (1 + error / np.sqrt(mean))) + 25)
    if error == 0:
        return first, np.exp(k * np.log(mean) - mean - gammaln(k + 1))
    shape = (mean / error) ** 2
    log_p = gammaln(k + shape) - gammaln(shape) - gammaln(k + 1)
    return first, np.exp(log_p - shape * np.log1p(mean / shape) - k * np.log1p(shape / mean))


@lru_cache(maxsize=64)  # asked again at every coupling
def _two_piece_pmf(median: float, up: float, down: float) -> tuple[int, Array]:
    """As `_pmf` from 0, with a mean that is log-normal on either side of its median."""
    z, weight = np.polynomial.hermite_e.hermegauss(64)
    mean = median * np.exp(z * np.where(z > 0, np.log1p(up / median), -np.log1p(-down / median)))
    keep = weight > 1e-12 * weight.sum()
    mean, weight = mean[keep, None], weight[keep, None] / weight[keep].sum()
    k = np.arange(int(mean.max() + 8 * np.sqrt(mean.max())) + 25)
    return 0, np.sum(weight * np.exp(k * np.log(mean) - mean - gammaln(k + 1)), axis=0)
