"""One limit in the coupling from the windows of several searches at the same mass.

The signals of all searches follow from one coupling, so the combination is a limit in the coupling of a model, not on
a branching fraction: CLs of all windows together (`statistics.combination`) at each coupling.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from darkaon.exclusion.intervals import POINTS_PER_DECADE, Columns, Margin
from darkaon.exclusion.lifetime import lifetime_curves
from darkaon.exclusion.limits import Limits
from darkaon.models.model import Model
from darkaon.statistics.combination import log_cls
from darkaon.statistics.generating import Source, Windows
from darkaon.typing import BANDS, Array, Mask

QUANTILES = {name: float(ndtr(sigma)) for name, sigma in zip(BANDS, (-2, -1, 0, 1, 2), strict=True)}
"""Of the combined count if there is no signal; few events make a strong limit."""
FAR = 5.0  # below the level, of ln CLs, where the root finder needs no exact value


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
        leak: (masses,) part of a signal that its own sidebands take away.
        correlated: which uncertainties are common with other searches that say so: ``ses``, ``background``.
    """

    sensitivity: Limits
    mass_MeV: Array
    n: Array
    background: Array
    uncertainty: Array
    relative: Array
    down: Array
    leak: Array
    correlated: tuple[str, ...] = ()


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
    """The window of one search at one mass, and the signal in it as a function of x = log g."""

    margin: Margin
    counts: Counts
    index: int

    @property
    def n(self) -> float:
        """The observed count, NaN if it is blinded."""
        return float(self.counts.n[self.index])

    def signal(self, x: Array) -> Array:
        """Signal events at x above the fitted background; without sensitivity those of an invisible X alone."""
        excess, distance, escaped, _ = self.margin.parts(x, np.zeros(x.shape, dtype=np.intp))
        return np.exp(np.where(distance >= 0, excess, escaped)) * (1.0 - self.counts.leak[self.index])


def _cell(model: Model, counts: Counts, mass: float) -> _Cell | None:
    """The window of a search that belongs to a mass, if there is one with a sensitivity."""
    index = int(np.argmin(np.abs(counts.mass_MeV - mass)))
    near = counts.mass_MeV[max(index - 1, 0) : index + 2]
    step = np.max(np.diff(near)) if len(near) > 1 else np.inf
    at = counts.sensitivity.at(np.array([mass]))
    if abs(counts.mass_MeV[index] - mass) > step / 2 * (1 + 1e-9) or not np.isfinite(at.values["observed"]).any():
        return None
    curves = lifetime_curves(at.lifetime_ns, at.values["observed"], at.law, model.continue_lifetimes)
    return _Cell(Margin(model, at, at.mass_MeV, curves, np.ones(1)), counts, index)


def _windows(cells: Sequence[_Cell]) -> Windows:
    """The windows of all searches, with what they have in common."""
    sources, own, common = [], [], []
    for place, cell in enumerate(cells):
        counts, i = cell.counts, cell.index
        b, up, down = (float(values[i]) for values in (counts.background, counts.uncertainty, counts.down))
        if "background" in counts.correlated and b > 0:
            sources.append(Source(place, b, common=up / b))
        else:
            sources.append(Source(place, b, up, up if np.isnan(down) else down))
        shared = "ses" in counts.correlated
        own.append(0.0 if shared else float(counts.relative[i]))
        common.append(float(counts.relative[i]) if shared else 0.0)
    return Windows(np.array([cell.n for cell in cells]), tuple(sources), np.array(own), np.array(common))


def _intervals(cells: Sequence[_Cell], grid: Array, level: float, kind: str) -> list[tuple[float, float]]:
    windows, alpha = _windows(cells), np.log(1 - level)
    quantile = None if kind == "observed" else QUANTILES[kind]

    @cache  # the root finder asks for the ends of its bracket again
    def excess(x: float) -> float:
        signal = np.array([float(cell.signal(np.array([x]))[0]) for cell in cells])
        if signal.sum() <= -alpha:  # CLs is never below P(no signal event), exp(-s) or more
            return float(signal.sum() + alpha)
        return float(alpha - log_cls(windows, signal, quantile=quantile, reach=alpha - FAR))

    signals = np.array([cell.signal(grid) for cell in cells])
    excluded = _where(lambda i: excess(float(grid[i])) > 0.0, signals)
    steps = np.flatnonzero(excluded[1:] != excluded[:-1])
    edges = [float(brentq(excess, grid[i], grid[i + 1], xtol=1e-7)) for i in steps]
    ends = [grid[0]] * bool(excluded[0]) + edges + [grid[-1]] * bool(excluded[-1])
    return list(zip(ends[::2], ends[1::2], strict=True))


def _where(excluded: Callable[[int], bool], signals: Array) -> Mask:
    """Which points of a grid are excluded: looked for by halves, where all signals rise together or fall together.

    Args:
        excluded: whether the i-th point is.
        signals: shape (cells, points).
    """
    rise = np.diff(signals, axis=1)
    way = np.where(np.all(rise >= 0, axis=0), 1, np.where(np.all(rise <= 0, axis=0), -1, 0))
    turns = np.flatnonzero((way[1:] != way[:-1]) | (way[1:] == 0)) + 1
    result = np.zeros(signals.shape[1], dtype=bool)
    ends = [0, *turns.tolist(), signals.shape[1] - 1]
    result[ends] = [excluded(i) for i in ends]

    def allowed(i: int) -> bool:
        return not excluded(i)

    for low, high in pairwise(ends):
        first = bool(result[low])
        if first != result[high]:
            split = bisect_left(range(high), True, lo=low, key=allowed if first else excluded)
            result[low:split], result[split:high] = first, not first
        else:
            result[low:high] = first
    return result
