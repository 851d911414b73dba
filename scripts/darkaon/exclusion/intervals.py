"""Excluded couplings: where the signal of a model is above the upper limit, with the edges as roots.

At each mass g is excluded where B_model(m, g) B(X -> final) > UL(m, tau(m, g)). With x = log g the function

    F(x) = min(log(signal / UL), distance of log tau from the end of the tabulated lifetimes)

is continuous, positive where g is excluded, and its zeros are the edges. They are bracketed on a grid of x,
maxima and minima between grid points are searched where they could change the sign, and every bracket is solved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize.elementwise import find_minimum, find_root

from darkaon.exclusion.lifetime import LifetimeCurves, lifetime_curves
from darkaon.exclusion.limits import Limits
from darkaon.models.model import Array, Model

Index = NDArray[np.intp]
Columns = dict[str, NDArray[Any]]
POINTS_PER_DECADE = 8  # of what B is proportional to
NEVER = 1e3  # stands for an infinite logarithm
ROOT_TOLERANCE = 1e-6  # in log(B / UL)
EDGES = ("root", "end_of_lifetimes", "end_of_masses", "end_of_couplings")


@dataclass(frozen=True)
class Margin:
    """F(x) of one kind of limit at the masses where it has one.

    Attributes:
        model: the model.
        limits: the search.
        mass_MeV: (masses,).
        curves: log UL(tau), a column for each mass.
        factor: (masses,) on the signal, the theory variation.
    """

    model: Model
    limits: Limits
    mass_MeV: Array
    curves: LifetimeCurves
    factor: Array

    def parts(self, x: Array, row: Index) -> tuple[Array, Array]:
        """log(signal / UL), lifetimes clamped to the table, and the distance of log tau from its end."""
        mass, coupling = self.mass_MeV[row], np.exp(x)
        signal = self.model.signal(self.limits.process, self.limits.final_state, mass, coupling)
        tau = self.model.lifetime_ns(mass, coupling)
        with np.errstate(divide="ignore", invalid="ignore"):
            excess = np.log(signal * self.factor[row]) - self.curves.log_limit(row, tau)
            low, high = self.curves.low_ns[row], self.curves.high_ns[row]
            distance = np.where(self.curves.prompt, np.log(high / tau), np.log(tau / low))
        distance = np.where(np.isnan(distance), NEVER, distance)  # inf/inf: an X that escapes
        return np.clip(excess, -NEVER, NEVER), np.clip(distance, -NEVER, NEVER)

    def __call__(self, x: Array, row: Index) -> Array:
        """F(x); x and row broadcast."""
        return np.minimum(*self.parts(x, row))


def exclude(
    model: Model,
    limits: Limits,
    mass_MeV: Array | None = None,
    kinds: Sequence[str] | None = None,
    theory: bool = False,
) -> Columns:
    """All intervals of excluded coupling of a model by one search.

    Args:
        model: the model; it must have the search's process and final state (`Model.meets`).
        limits: the search.
        mass_MeV: masses to evaluate; those tabulated by default.
        kinds: which limits (observed, expected, ...); all by default.
        theory: add ``observed_theory_m1`` and ``observed_theory_p1``, the observed limit with the signal at the
            lower and upper end of the model's theory band.

    Returns:
        Columns kind, mass_MeV, coupling_low, coupling_high, edge_low, edge_high, a row for each interval, by kind,
        mass and coupling. Edges are `EDGES`: ``root`` where signal and limit meet to 1e-6; ``end_of_lifetimes``
        where the lifetime leaves the table; ``end_of_masses`` where the table has the lifetime, but not at this
        mass; ``end_of_couplings`` where the model's own range ends.
    """
    limits = limits if mass_MeV is None else limits.at(np.asarray(mass_MeV, dtype=float))
    low, high = model.theory_factors(limits.process, limits.mass_MeV)
    one = np.ones(len(limits.mass_MeV))
    wanted = [(kind, kind, one) for kind in (kinds or limits.values)]
    if theory and "observed" in limits.values:
        wanted += [("observed_theory_m1", "observed", low), ("observed_theory_p1", "observed", high)]
    parts = []
    for name, kind, factor in wanted:
        known = np.flatnonzero(np.isfinite(limits.values[kind]).any(axis=0))
        if len(known) == 0:
            continue
        curves = lifetime_curves(limits.lifetime_ns, limits.values[kind][:, known], limits.law)
        found = intervals(Margin(model, limits, limits.mass_MeV[known], curves, factor[known]))
        parts.append({"kind": np.full(len(found["mass_MeV"]), name), **found})
    names = ("kind", "mass_MeV", "coupling_low", "coupling_high", "edge_low", "edge_high")
    text = {"kind", "edge_low", "edge_high"}
    empty = {name: np.empty(0, dtype=str if name in text else float) for name in names}
    return {name: np.concatenate([part[name] for part in [empty, *parts]]) for name in names}


def intervals(margin: Margin) -> Columns:
    """The intervals of one `Margin`, by mass and coupling."""
    coupling = margin.model.coupling
    decades = np.log10(coupling.high / coupling.low) * coupling.power
    grid = np.linspace(np.log(coupling.low), np.log(coupling.high), int(np.ceil(decades * POINTS_PER_DECADE)) + 1)
    rows = np.arange(len(margin.mass_MeV))
    value = margin(grid, rows[:, None])
    row, left, right = _brackets(margin, grid, value)
    x = find_root(margin, (left, right), args=(row,)).x if len(row) else left
    rising = margin(left, row) <= 0
    flag = _edge(margin, x, row)
    # an interval that reaches an end of the range has its edge there
    first, last = np.flatnonzero(value[:, 0] > 0), np.flatnonzero(value[:, -1] > 0)
    x = np.concatenate([x, np.full(len(first), grid[0]), np.full(len(last), grid[-1])])
    row = np.concatenate([row, rows[first], rows[last]])
    rising = np.concatenate([rising, np.full(len(first), True), np.full(len(last), False)])
    flag = np.concatenate([flag, np.full(len(first) + len(last), "end_of_couplings")])
    order = np.lexsort((x, row))
    opens, closes = order[rising[order]], order[~rising[order]]
    return {
        "mass_MeV": margin.mass_MeV[row[opens]],
        "coupling_low": np.exp(x[opens]),
        "coupling_high": np.exp(x[closes]),
        "edge_low": flag[opens],
        "edge_high": flag[closes],
    }


def _brackets(margin: Margin, grid: Array, value: Array) -> tuple[Index, Array, Array]:
    """Rows and ends of intervals of x over which F changes sign exactly once."""
    excluded = value > 0
    row, step = np.nonzero(excluded[:, 1:] != excluded[:, :-1])
    rows, lefts, rights = [row], [grid[step]], [grid[step + 1]]
    # between grid points: maxima of what is allowed and minima of what is excluded
    before, here, after = value[:, :-2], value[:, 1:-1], value[:, 2:]
    for sign, side in ((1, ~excluded), (-1, excluded)):
        rise, fall = sign * (here - before), sign * (here - after)
        near = sign * here + np.maximum(rise, fall) > 0
        row, step = np.nonzero(side[:, :-2] & side[:, 1:-1] & side[:, 2:] & (rise >= 0) & (fall > 0) & near)
        if len(row) == 0:
            continue
        ends = grid[step], grid[step + 1], grid[step + 2]
        peak = find_minimum(lambda x, r, s=sign: -s * margin(x, r), ends, args=(row,)).x
        crosses = sign * margin(peak, row) > 0
        row, peak, step = row[crosses], peak[crosses], step[crosses]
        rows += [row, row]
        lefts += [grid[step], peak]
        rights += [peak, grid[step + 2]]
    return np.concatenate(rows), np.concatenate(lefts), np.concatenate(rights)


def _edge(margin: Margin, x: Array, row: Index) -> NDArray[np.str_]:
    excess, _ = margin.parts(x, row)
    curves, tabulated = margin.curves, margin.limits.lifetime_ns
    at_end = curves.high_ns == tabulated[-1] if curves.prompt else curves.low_ns == tabulated[0]
    end = np.where(at_end[row], "end_of_lifetimes", "end_of_masses")
    return np.where(np.abs(excess) < ROOT_TOLERANCE, "root", end)
