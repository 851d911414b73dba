"""Excluded couplings: where the signal of a model is above the upper limit, with the edges as roots.

At each mass g is excluded where B_model(m, g) B(X -> final) > UL(m, tau(m, g)). A search for an X that is not seen
also has the part B_inv of X that decays to what no detector sees, whatever its lifetime:

    B_model [B_inv + (1 - B_inv) P] > UL(m, inf),   P = UL(m, inf)/UL(m, tau), 0 beyond the lifetimes of the table.

With x = log g the function

    F(x) = max(log(B_model B_inv / UL(inf)), min(log(signal / UL), distance of log tau from the end of the lifetimes))

is continuous, positive where g is excluded, and its zeros are the edges. If the rates of a model are powers of g,
its turning points are known, and every change of sign between them brackets one edge. Otherwise F is scanned on a
grid of x, and maxima and minima between grid points are searched where they could change the sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize.elementwise import find_minimum, find_root

from darkaon.errors import refuse
from darkaon.exclusion.lifetime import LifetimeCurves, lifetime_curves
from darkaon.exclusion.limits import Limits
from darkaon.models.model import Model
from darkaon.typing import Array

Index = NDArray[np.intp]
Columns = dict[str, NDArray[Any]]
POINTS_PER_DECADE = 8  # of what B is proportional to
NEVER = 1e3  # stands for an infinite logarithm
ROOT_TOLERANCE = 1e-6  # in log(B / UL)
ASIDE = 1e-10  # of log tau: just inside and just outside the tabulated lifetimes
SOLVED = 1e-12
EDGES = (
    "root", "extrapolated", "end_of_lifetimes", "end_of_masses", "end_of_validity", "end_of_couplings",
    "beyond_own_region",
)  # fmt: skip
VALID = 0.5  # branching fraction above which a final state's `Model.least_lifetime_ns` applies


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

    @cached_property
    def hidden(self) -> bool:
        """Whether what is searched for is an X that is not seen: what decays invisibly then counts too."""
        return self.limits.final_state == "invisible" and not self.curves.must_decay

    @cached_property
    def low_ns(self) -> Array:
        """Shortest lifetime (masses,) for which the limit is used: of the curves, or the model's least."""
        low, g = self.curves.low_ns, self.model.coupling.reference
        if self.hidden:
            for final, least in self.model.least_lifetime_ns.items():
                low = np.where(self.model.decays[final](self.mass_MeV, g) > VALID, np.maximum(low, least), low)
        return low

    def parts(self, x: Array, row: Index) -> tuple[Array, Array, Array, Array]:
        """Parts of F: log(signal / UL), lifetimes clamped to the table; distance; invisible decays; log tau."""
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.model.power_law:
                produced, tau, final, invisible = (values[row] for values in self.at_reference)
                growth = self.model.coupling.power * (x - np.log(self.model.coupling.reference))
                produced, log_tau = produced + growth, tau - growth
            else:
                produced, log_tau, final, invisible = self.logs(row, np.exp(x))
            log_signal = np.minimum(produced, 0.0) + final  # a branching fraction is 1 at most
            log_limit, stable = self.curves.log_limit(row, np.exp(log_tau)), self.curves.longest[row]
            passed = np.logaddexp(np.log(invisible), np.log1p(-invisible) + stable - log_limit)
            excess = np.where(invisible > 0, log_signal + passed - stable, log_signal - log_limit)
            distance = np.fmin(np.log(self.curves.high_ns[row]) - log_tau, log_tau - np.log(self.low_ns[row]))
            escaped = log_signal + np.log(invisible) - stable
        distance = np.where(np.isnan(distance), NEVER, distance)  # inf/inf: an X that escapes
        excess, distance, escaped = (np.clip(part, -NEVER, NEVER) for part in (excess, distance, escaped))
        return excess, distance, escaped, log_tau

    def __call__(self, x: Array, row: Index) -> Array:
        """F(x); x and row broadcast."""
        excess, distance, escaped, _ = self.parts(x, row)
        return np.maximum(escaped, np.minimum(excess, distance))

    def logs(self, row: Index, coupling: Array | float) -> tuple[Array, Array, Array, Array]:
        """Log of the produced X, of its lifetime [ns] and of what is searched for of it; the invisible part."""
        mass, model = self.mass_MeV[row], self.model
        produced = model.production[self.limits.process](mass, coupling) * self.factor[row]
        none = np.zeros(np.shape(produced))
        seen = none if self.hidden else model.fraction(self.limits.final_state, mass, coupling)
        invisible = model.fraction("invisible", mass, coupling) if self.hidden else none
        with np.errstate(divide="ignore"):
            final = none if self.hidden else np.log(seen)
            return np.log(produced), np.log(model.lifetime_ns(mass, coupling)), final, np.minimum(invisible, 1.0)

    @cached_property
    def at_reference(self) -> tuple[Array, Array, Array, Array]:
        """`logs` (masses,) at the reference coupling."""
        return self.logs(np.arange(len(self.mass_MeV)), self.model.coupling.reference)

    def grid(self) -> Array:
        """Points x (masses, points), ascending; if the model is a power law, F turns at none but these."""
        coupling, curves, size = self.model.coupling, self.curves, len(self.mass_MeV)
        ends = np.log([coupling.low, coupling.high])
        if not self.model.power_law:
            steps = int(np.ceil(np.diff(ends / np.log(10))[0] * coupling.power * POINTS_PER_DECADE))
            return np.broadcast_to(np.linspace(ends[0], ends[1], steps + 1), (size, steps + 1))
        produced, tau, _, invisible = self.at_reference
        ends_ns = [end * side for end in (self.low_ns, curves.high_ns) for side in (1 - ASIDE, 1 + ASIDE)]
        with np.errstate(divide="ignore", invalid="ignore"):
            log_tau = np.log([*curves.knots, *curves.turning_ns(invisible), *ends_ns])
            x = np.log(coupling.reference) + np.vstack([tau - log_tau, -produced]) / coupling.power
        x = np.clip(np.where(np.isnan(x), ends[0], x), *ends).T
        return np.sort(np.concatenate([np.tile(ends, (size, 1)), x], axis=1))


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
        kinds: which limits (observed, expected, ...); all by default; one that the search lacks excludes nothing.
        theory: add ``observed_theory_m1`` and ``observed_theory_p1``, the observed limit with the signal at the
            lower and upper end of the model's theory band, and ``observed_variation_1``, ... for its variations.

    Returns:
        Columns kind, mass_MeV, coupling_low, coupling_high, edge_low, edge_high, a row for each interval, by kind,
        mass and coupling; none for a mass at which the search has no limit (`Limits.covered`). Edges are `EDGES`:
        ``root`` where signal and limit meet to 1e-6; ``extrapolated`` where they meet, or end, at a lifetime shorter
        than those tabulated at this mass; ``end_of_lifetimes`` where the lifetime leaves the table;
        ``end_of_masses`` where the table has the lifetime, but not at this mass; ``end_of_validity`` at the model's
        least lifetime; ``end_of_couplings`` where the model's own range ends; ``beyond_own_region``, see `regions`.

    Raises:
        InputError: a mass that is no mass, a branching fraction above 1 at the lowest coupling.
    """
    limits = limits if mass_MeV is None else limits.at(np.asarray(mass_MeV, dtype=float))
    model = model.in_terms_of(limits.quantity, limits.process)
    _check_largest_rates(model, limits)
    low, high = model.theory_factors(limits.process, limits.mass_MeV)
    one = np.ones(len(limits.mass_MeV))
    wanted = [(model, kind, kind, one) for kind in (kinds or limits.values) if kind in limits.values]
    if theory and "observed" in limits.values:
        wanted += [(model, f"observed_theory_{end}", "observed", f) for end, f in (("m1", low), ("p1", high))]
        for number, other in enumerate(model.variations, 1):
            wanted.append((other, f"observed_variation_{number}", "observed", one))
    parts = []
    for variant, name, kind, factor in wanted:
        known = np.flatnonzero(np.isfinite(limits.values[kind]).any(axis=0))
        if len(known) == 0:
            continue
        values = limits.values[kind][:, known]
        curves = lifetime_curves(limits.lifetime_ns, values, limits.law, variant.continue_lifetimes)
        found = intervals(Margin(variant, limits, limits.mass_MeV[known], curves, factor[known]))
        parts.append({"kind": np.full(len(found["mass_MeV"]), name), **found})
    names = ("kind", "mass_MeV", "coupling_low", "coupling_high", "edge_low", "edge_high")
    text = {"kind", "edge_low", "edge_high"}
    empty = {name: np.empty(0, dtype=str if name in text else float) for name in names}
    return {name: np.concatenate([part[name] for part in [empty, *parts]]) for name in names}


def _check_largest_rates(model: Model, limits: Limits) -> None:
    """Refuse a model whose B is above 1 at the lowest coupling already."""
    g, covered = model.coupling.low, limits.mass_MeV[limits.covered()]
    ratio = model.production[limits.process](covered, g)
    refuse(
        ratio > 1,
        lambda row: (
            f"{model.id}: B({limits.process}) is {ratio[row]:g} at {covered[row]:g} MeV and the lowest coupling, "
            f"{model.coupling.name} = {g:g}"
        ),
        remedy="check the rate, or lower the coupling_range",
    )


def cut_at(model: Model, limits: Limits) -> float:
    """The lowest coupling, to a tenth of a decade, at which a branching fraction is cut at 1; inf if none is."""
    coupling = model.coupling
    steps = int(np.ceil(10 * np.log10(coupling.high / coupling.low))) + 1
    g = np.geomspace(coupling.low, coupling.high, steps)
    above = np.any(model.production[limits.process](limits.mass_MeV[limits.covered()][:, None], g) > 1, axis=0)
    return float(g[above][0]) if above.any() else float("inf")


def intervals(margin: Margin) -> Columns:
    """The intervals of one `Margin`, by mass and coupling."""
    rows = np.arange(len(margin.mass_MeV))
    grid = margin.grid()
    value = margin(grid, rows[:, None])
    row, left, right = _brackets(margin, grid, value)
    x, rising = _roots(margin, row, left, right)
    flag = _edge(margin, x, row)
    # an interval that reaches an end of the range has its edge there
    first, last = np.flatnonzero(value[:, 0] > 0), np.flatnonzero(value[:, -1] > 0)
    x = np.concatenate([x, grid[first, 0], grid[last, -1]])
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
    rows, lefts, rights = [row], [grid[row, step]], [grid[row, step + 1]]
    if margin.model.power_law:
        return row, lefts[0], rights[0]
    # between grid points: maxima of what is allowed and minima of what is excluded
    before, here, after = value[:, :-2], value[:, 1:-1], value[:, 2:]
    for sign, side in ((1, ~excluded), (-1, excluded)):
        rise, fall = sign * (here - before), sign * (here - after)
        near = sign * here + np.maximum(rise, fall) > 0
        row, step = np.nonzero(side[:, :-2] & side[:, 1:-1] & side[:, 2:] & (rise >= 0) & (fall > 0) & near)
        if len(row) == 0:
            continue
        ends = grid[row, step], grid[row, step + 1], grid[row, step + 2]
        peak = find_minimum(lambda x, r, s=sign: -s * margin(x, r), ends, args=(row,)).x
        crosses = sign * margin(peak, row) > 0
        row, peak, step = row[crosses], peak[crosses], step[crosses]
        rows += [row, row]
        lefts += [grid[row, step], peak]
        rights += [peak, grid[row, step + 2]]
    return np.concatenate(rows), np.concatenate(lefts), np.concatenate(rights)


def _roots(margin: Margin, row: Index, left: Array, right: Array) -> tuple[Array, NDArray[np.bool_]]:
    """The zero of F in each bracket, and whether F rises there."""
    exact = {"xatol": SOLVED, "xrtol": 0.0, "fatol": SOLVED, "frtol": 0.0}
    return find_root(margin, (left, right), args=(row,), tolerances=exact).x, margin(left, row) <= 0


def _edge(margin: Margin, x: Array, row: Index) -> NDArray[np.str_]:
    excess, distance, escaped, log_tau = margin.parts(x, row)
    curves, tabulated = margin.curves, margin.limits.lifetime_ns
    solved = (np.abs(excess) < ROOT_TOLERANCE) & (distance > -ROOT_TOLERANCE)
    if curves.must_decay:
        continued = np.zeros(len(row), dtype=bool)
        end = np.where(curves.high_ns == tabulated[-1], "end_of_lifetimes", "end_of_masses")[row]
    else:
        continued = log_tau < np.log(curves.knots[0][row]) - ROOT_TOLERANCE
        end = np.where(curves.knots[0] == tabulated[0], "end_of_lifetimes", "end_of_masses")[row]
        end = np.where(margin.low_ns[row] > curves.low_ns[row], "end_of_validity", end)
    flag = np.where(solved, "root", end)
    flag = np.where(continued & (flag != "end_of_validity"), "extrapolated", flag)
    return np.where(np.abs(escaped) < ROOT_TOLERANCE, "root", flag)
