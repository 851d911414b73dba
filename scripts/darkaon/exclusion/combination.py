"""One limit in the coupling from the windows of several searches at the same mass.

The statistic is the likelihood ratio of the counts, Q = sum_i n_i log(1 + s_i/b_i), its distribution under b and
under s + b by full enumeration, the backgrounds integrated over gamma distributions: CLs as of Read (2002), which for
one window is CLs on its count. The signals of all searches follow from one coupling, so the combination is a limit in
the coupling of a model, not on a branching fraction. Uncertainties of the sensitivities are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, ndtr

from darkaon.exclusion.intervals import POINTS_PER_DECADE, Columns
from darkaon.exclusion.lifetime import LifetimeCurves, lifetime_curves
from darkaon.exclusion.limits import Limits
from darkaon.models.model import Array, Model

# of Q if there is no signal; a small Q makes a strong limit
QUANTILES = {
    name: float(ndtr(sigma))
    for name, sigma in (
        ("expected_m2", -2), ("expected_m1", -1), ("expected", 0), ("expected_p1", 1), ("expected_p2", 2)
    )
}  # fmt: skip


HOPELESS = -1e3  # stands for the logarithm of a CLs that is out of reach


@dataclass(frozen=True)
class Counts:
    """Windows of one search.

    Attributes:
        sensitivity: single event sensitivities as the ``observed`` values of a `Limits`: B = N / A N_K for one event,
            in lifetime and mass.
        mass_MeV: (masses,) centres of the windows, ascending.
        n, background, uncertainty: (masses,) observed events, expected background and its error.
    """

    sensitivity: Limits
    mass_MeV: Array
    n: Array
    background: Array
    uncertainty: Array


def combine(
    model: Model,
    searches: Sequence[Counts],
    mass_MeV: Array,
    level: float = 0.90,
    kinds: Sequence[str] = ("observed",),
) -> Columns:
    """Intervals of excluded coupling from all searches that the model meets, jointly at each mass.

    Of each search the window nearest to the mass is taken, if its centre is within half a step of the windows' grid.

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
            if cells:
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

    model: Model
    limits: Limits
    mass: float
    curves: LifetimeCurves
    n: float
    background: float
    uncertainty: float

    def signal(self, x: Array) -> Array:
        """Expected signal events at x; none at lifetimes for which there is no sensitivity."""
        coupling, curves = np.exp(x), self.curves
        tau = self.model.lifetime_ns(self.mass, coupling)
        ratio = self.model.signal(self.limits.process, self.limits.final_state, self.mass, coupling)
        events = ratio / np.exp(curves.log_limit(np.zeros(x.shape, dtype=np.intp), tau))
        return np.where((tau >= curves.low_ns[0]) & (tau <= curves.high_ns[0]), events, 0.0)


def _cell(model: Model, counts: Counts, mass: float) -> _Cell | None:
    """The window of a search that belongs to a mass, if there is one with a sensitivity."""
    index = int(np.argmin(np.abs(counts.mass_MeV - mass)))
    near = counts.mass_MeV[max(index - 1, 0) : index + 2]
    step = np.max(np.diff(near)) if len(near) > 1 else np.inf
    at = counts.sensitivity.at(np.array([mass]))
    if abs(counts.mass_MeV[index] - mass) > step / 2 * (1 + 1e-9) or not np.isfinite(at.values["observed"]).any():
        return None
    curves = lifetime_curves(at.lifetime_ns, at.values["observed"], at.law)
    window = (float(values[index]) for values in (counts.n, counts.background, counts.uncertainty))
    return _Cell(model, at, mass, curves, *window)


def _intervals(cells: Sequence[_Cell], grid: Array, level: float, kind: str) -> list[tuple[float, float]]:
    def excess(x: float) -> float:
        signals = [float(cell.signal(np.array([x]))[0]) for cell in cells]
        return _log_cls(cells, signals, kind)

    alpha = np.log(1 - level)
    signals = np.array([cell.signal(grid) for cell in cells])
    values = np.array([alpha - _log_cls(cells, list(column), kind) for column in signals.T])
    excluded = values > 0
    steps = np.flatnonzero(excluded[1:] != excluded[:-1])
    edges = [float(brentq(lambda x: alpha - excess(x), grid[i], grid[i + 1], xtol=1e-9)) for i in steps]
    ends = [grid[0]] * bool(excluded[0]) + edges + [grid[-1]] * bool(excluded[-1])
    return list(zip(ends[::2], ends[1::2], strict=True))


def _log_cls(cells: Sequence[_Cell], signals: Sequence[float], kind: str) -> float:
    """Log CLs of one kind."""
    n, b, error = (np.array([getattr(cell, k) for cell in cells]) for k in ("n", "background", "uncertainty"))
    return log_cls(n, b, error, np.array(signals), None if kind == "observed" else QUANTILES[kind])


def log_cls(n: Array, background: Array, uncertainty: Array, signal: Array, quantile: float | None = None) -> float:
    """Log CLs of windows (arrays of one length), combined.

    Args:
        n: observed counts.
        background: expected, positive.
        uncertainty: of the background, 0 or more.
        signal: expected signal.
        quantile: if given, Q is not that of `n` but the one below which this part of 1 lies if there is no signal.

    Returns:
        0 if there is no signal; `HOPELESS` where the signal is far above what was observed.
    """
    active = signal > 0
    if not active.any():
        return 0.0
    n, background, uncertainty, signal = (v[active] for v in (n, background, uncertainty, signal))
    weights = np.log1p(signal / background)
    fluctuated = background + 3 * np.sqrt(background + uncertainty**2) + 3
    reach = float(np.sum(weights * (n if quantile is None else fluctuated)))
    if np.any((signal > 100) & (weights * (signal + background) / 2 > reach)):
        return HOPELESS  # some window would have to show half of a signal above 100, or less
    q, p_b, p_sb = np.zeros(1), np.ones(1), np.ones(1)
    for b, error, s, weight in zip(background, uncertainty, signal, weights, strict=True):
        counts = _support(b, error, s)
        without, with_signal = _counts_pmf(counts, b, error, 0.0), _counts_pmf(counts, b, error, s)
        q = (q[:, None] + weight * counts).ravel()
        p_b, p_sb = (p_b[:, None] * without).ravel(), (p_sb[:, None] * with_signal).ravel()
    if quantile is None:
        threshold = float(np.sum(weights * n))
    else:
        order = np.argsort(q, kind="stable")
        reached = np.cumsum(p_b[order]) >= quantile * (1 - 1e-12)
        threshold = float(q[order][np.argmax(reached)])
    below = q <= threshold * (1 + 1e-12) + 1e-12
    cl_sb, cl_b = np.sum(p_sb[below]), np.sum(p_b[below])
    return float(np.log(max(cl_sb, 1e-300)) - np.log(max(cl_b, 1e-300)))


def _support(b: float, error: float, s: float) -> Array:
    """Counts that matter under b or under s + b, tails of 1e-12 and less left out."""
    low, high = b - 8 * np.sqrt(b + error**2), b + s + 8 * np.sqrt(b + s + error**2) + 25
    return np.arange(max(0.0, np.floor(low)), np.ceil(high) + 1)


def _counts_pmf(counts: Array, b: float, error: float, s: float) -> Array:
    """Probability of each count: Poisson signal plus a background whose mean is gamma-distributed."""
    if error == 0:
        return np.asarray(_poisson(counts, b + s))
    shape = (b / error) ** 2
    k = _support(b, error, 0.0)
    log_p = gammaln(k + shape) - gammaln(shape) - gammaln(k + 1)
    background = np.exp(log_p + shape * np.log(shape / (shape + b)) + k * np.log(b / (shape + b)))
    if s == 0:
        place = (counts - k[0]).astype(int)
        return np.where((place >= 0) & (place < len(k)), background[np.clip(place, 0, len(k) - 1)], 0.0)
    difference = counts[:, None] - k
    return np.sum(background * np.where(difference >= 0, _poisson(np.maximum(difference, 0), s), 0.0), axis=1)


def _poisson(k: Array, mean: float) -> Array:
    return np.exp(k * np.log(mean) - mean - gammaln(k + 1))
