"""One limit in the coupling from the windows of several searches at the same mass.

The signals of all searches follow from one coupling, so the combination is a limit in the coupling of a model, not on
a branching fraction: CLs of all windows together (`statistics.combination`) at each coupling. The sensitivity of a
search and its uncertainty are those at the lifetime of that coupling.

Between couplings at which all signals rise together, or fall together, CLs crosses the level at most once; where
they go against each other it is looked at on a grid, and its extremes between grid points where they could matter.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit, ndtr

from darkaon.exclusion.intervals import POINTS_PER_DECADE, Columns, Margin
from darkaon.exclusion.lifetime import lifetime_curves
from darkaon.exclusion.limits import Limits
from darkaon.models.model import Model
from darkaon.statistics.combination import log_cls
from darkaon.statistics.generating import Source, Windows
from darkaon.tables.gaps import gaps
from darkaon.typing import BANDS, Array, Mask

QUANTILES = {name: float(ndtr(sigma)) for name, sigma in zip(BANDS, (-2, -1, 0, 1, 2), strict=True)}
"""Of the combined count if there is no signal; few events make a strong limit."""
FAR = 5.0  # below the level, of ln CLs, where the root finder needs no exact value
FINER = 32  # times the points of the grid, among which a signal's turns are looked for
PULLS = 7.0  # standard deviations of a signal, beyond which there is nothing of its distribution
ROUNDING = 1e-12  # relative step of a signal that is none
NEAR = 1e-3  # of log g: as close as an extreme of CLs is found


@dataclass(frozen=True)
class Counts:
    """Windows of one search.

    Attributes:
        sensitivity: single event sensitivities as the ``observed`` values of a `Limits`: B = N / A N_K for one event,
            in lifetime and mass.
        mass_MeV: (masses,) centres of the windows, ascending.
        n, background, uncertainty: (masses,) observed events, expected background and its error.
        relative: (lifetimes, masses) relative uncertainty of the sensitivity at its lifetimes; NaN where it has none.
        down: (masses,) downward error of the background if it is another than `uncertainty`; NaN if it is not, and
            where it is common with other searches.
        leak: (masses,) part of a signal that its own sidebands take away.
        correlated: which uncertainties are common with other searches that say so: ``ses``, ``background``.
        nuisance: how a background of equal uncertainties is distributed, unless it is correlated (log-normal).
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
    nuisance: str = "gamma"

    def window(self, mass_MeV: float) -> int | None:
        """The window of a mass: the nearest, within half a step of the grid from it; a single one is of its own."""
        index = int(np.argmin(np.abs(self.mass_MeV - mass_MeV)))
        steps = np.where(gaps(self.mass_MeV), 0.0, np.diff(self.mass_MeV))
        step = steps[max(index - 1, 0) : index + 1].max(initial=0.0)
        return index if abs(self.mass_MeV[index] - mass_MeV) <= step / 2 * (1 + 1e-9) else None


def combine(
    model: Model,
    searches: Sequence[Counts],
    mass_MeV: Array,
    level: float = 0.90,
    kinds: Sequence[str] = ("observed",),
) -> Columns:
    """Intervals of excluded coupling from all searches that the model meets, jointly at each mass.

    Of each search the window nearest to the mass is taken (`Counts.window`). Where the count of one is blinded (NaN)
    nothing is observed.

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

    def signal(self, x: Array) -> tuple[Array, Array]:
        """Signal events at x above the fitted background, and their relative uncertainty.

        Without sensitivity the events are those of an invisible X alone. The uncertainty is linear in
        tau/(tau + 1 ns) between the tabulated lifetimes, and beyond them that of the last.
        """
        excess, distance, escaped, log_tau = self.margin.parts(x, np.zeros(x.shape, dtype=np.intp))
        events = np.exp(np.where(distance >= 0, excess, escaped)) * (1.0 - self.counts.leak[self.index])
        limits = self.margin.limits
        known = np.isfinite(limits.values["observed"][:, 0])
        places = 1.0 - 1.0 / (1.0 + limits.lifetime_ns[known])
        return events, np.interp(expit(log_tau), places, self.counts.relative[known, self.index])


def _cell(model: Model, counts: Counts, mass: float) -> _Cell | None:
    """The window of a search that belongs to a mass, if there is one with a sensitivity."""
    index, at = counts.window(mass), counts.sensitivity.at(np.array([mass]))
    if index is None or not np.isfinite(at.values["observed"]).any():
        return None
    curves = lifetime_curves(at.lifetime_ns, at.values["observed"], at.law, model.continue_lifetimes)
    return _Cell(Margin(model, at, at.mass_MeV, curves, np.ones(1)), counts, index)


def _windows(cells: Sequence[_Cell]) -> Windows:
    """The windows of all searches and what their backgrounds have in common; their signals known exactly."""
    sources = []
    for place, cell in enumerate(cells):
        counts, i = cell.counts, cell.index
        b, up, down = (float(values[i]) for values in (counts.background, counts.uncertainty, counts.down))
        if "background" in counts.correlated and b > 0:
            sources.append(Source(place, b, common=up / b))
        else:
            sources.append(Source(place, b, up, up if np.isnan(down) else down, counts.nuisance))
    none = np.zeros(len(cells))
    return Windows(np.array([cell.n for cell in cells]), tuple(sources), none, none)


def _intervals(cells: Sequence[_Cell], grid: Array, level: float, kind: str) -> list[tuple[float, float]]:
    windows, alpha = _windows(cells), np.log(1 - level)
    shared = np.array(["ses" in cell.counts.correlated for cell in cells])
    quantile = None if kind == "observed" else QUANTILES[kind]

    @cache  # the root finder asks for the ends of its bracket again
    def excess(log_g: float) -> float:
        signal, relative = np.array([cell.signal(np.array([log_g])) for cell in cells])[:, :, 0].T
        if signal.sum() <= -alpha:  # CLs is never below P(no signal event), exp(-s) or more
            return float(signal.sum() + alpha)
        own, common = np.where(shared, 0.0, relative), np.where(shared, relative, 0.0)
        known = replace(windows, independent=own, common=common)
        return float(alpha - log_cls(known, signal, quantile=quantile, reach=alpha - FAR))

    x, signals = _with_turns(cells, grid)
    way = _way(signals)
    excluded = _where(lambda i: excess(float(x[i])) > 0.0, way)
    x, excluded = _with_extremes(excess, x, excluded, way == 0)
    steps = np.flatnonzero(excluded[1:] != excluded[:-1])
    edges = [float(brentq(excess, *x[i : i + 2].tolist(), xtol=1e-7)) for i in steps]
    ends = [x[0]] * bool(excluded[0]) + edges + [x[-1]] * bool(excluded[-1])
    return list(zip(ends[::2], ends[1::2], strict=True))


def _with_turns(cells: Sequence[_Cell], grid: Array) -> tuple[Array, Array]:
    """The grid with the points between at which a signal turns, and the signals there.

    Returns:
        x, shape (points,), and the signals as they are and pulled by their uncertainties to either side, shape
        (3 cells, points): if all of them rise, so does every part of a signal's distribution, and CLs falls.
    """
    fine = np.linspace(grid[0], grid[-1], FINER * (len(grid) - 1) + 1)
    x = np.unique(np.concatenate([grid, fine, *[cell.margin.grid()[0] for cell in cells]]))
    found = [cell.signal(x) for cell in cells]
    signals = np.array([s * (1.0 + relative) ** pull for s, relative in found for pull in (-PULLS, 0.0, PULLS)])
    rise = np.diff(signals, axis=1)
    way = np.where(np.abs(rise) > ROUNDING * signals[:, 1:], np.sign(rise), 0.0)
    kept = np.isin(x, grid)
    kept[1:-1] |= np.any(way[:, 1:] != way[:, :-1], axis=0)
    return x[kept], signals[:, kept]


def _with_extremes(excess: Callable[[float], float], x: Array, excluded: Mask, against: Mask) -> tuple[Array, Mask]:
    """The points and, between them, extremes of `excess` beyond 0 from there; whether each is excluded.

    Args:
        excess: above 0 where a coupling is excluded.
        x: points, ascending.
        excluded: whether each is.
        against: whether signals go against each other in each step, shape (points - 1,): there are no others.
    """
    found: list[float] = []
    for i in range(1, len(x) - 1):
        if (against[i - 1] or against[i]) and excluded[i - 1] == excluded[i] == excluded[i + 1]:
            side = -1.0 if excluded[i] else 1.0
            before, here, after = (side * excess(point) for point in x[i - 1 : i + 2].tolist())
            rise, fall = here - before, here - after
            if rise >= 0 and fall > 0 and here + max(rise, fall) > 0:
                peak = minimize_scalar(
                    lambda point, s=side: -s * excess(float(point)), bounds=(x[i - 1], x[i + 1]), method="bounded",
                    options={"xatol": NEAR},
                )  # fmt: skip
                if peak.fun < 0:
                    found.append(float(peak.x))
    x = np.append(x, found)
    order = np.argsort(x)
    return x[order], np.append(excluded, [excess(point) > 0.0 for point in found]).astype(bool)[order]


def _way(signals: Array) -> Array:
    """Of each step between points: 1 where no signal falls, else -1 where none rises, else 0."""
    rise = np.diff(signals, axis=1)
    return np.where(np.all(rise >= 0, axis=0), 1, np.where(np.all(rise <= 0, axis=0), -1, 0))


def _where(excluded: Callable[[int], bool], way: Array) -> Mask:
    """Which points of a grid are excluded: looked for by halves, where all signals rise together or fall together.

    Args:
        excluded: whether the i-th point is.
        way: of each step between points (`_way`).
    """
    turns = np.flatnonzero((way[1:] != way[:-1]) | (way[1:] == 0)) + 1
    result = np.zeros(len(way) + 1, dtype=bool)
    ends = [0, *turns.tolist(), len(way)]
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
