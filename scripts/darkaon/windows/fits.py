"""What the fit of a peak search needs of its windows: bins around each, templates, orders.

And when to count instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkaon.config.search import Search
from darkaon.errors import InputError
from darkaon.statistics.fit import fit_limits
from darkaon.statistics.fit_model import Layout, Model
from darkaon.statistics.fit_order import Orders, choose_orders, goodness
from darkaon.statistics.look_elsewhere import Smooth
from darkaon.statistics.numerics import overlaps
from darkaon.tables.blocks import Counted, below
from darkaon.typing import BANDS, Array, Mask
from darkaon.windows.grid import Resolution, Windows, centre
from darkaon.windows.hypotheses import load_candidates, weights_of

LEAST_BACKGROUND = 5.0
"""Events within +-1 sigma below which a window is counted: asymptotic formulae undercover there."""
POOR = 1e-3
"""A chi^2 p-value of the smooth spectrum below this makes spurious signals unknown: all windows are counted."""
REASONS = (
    "fitted", f"fewer than {LEAST_BACKGROUND:g} background events within one resolution",
    f"the smooth spectrum has p < {POOR:g}", "no order has a spurious signal small enough",
    "the fit does not converge",
)  # fmt: skip
LIMITS = ("observed", *BANDS, "p_value", "significance")


@dataclass(frozen=True)
class Bins:
    """The bins around each hypothesis.

    Attributes:
        layout: in units of the resolution.
        edges: in the observable, shape (W, B + 1).
        exists: bins inside the spectrum, shape (W, B).
        seen: those of them that are not blinded, shape (W, B).
        hidden: windows that are touched by a blinded range, shape (W,).
    """

    layout: Layout
    edges: Array
    exists: Mask
    seen: Mask
    hidden: Mask


def lay_bins(windows: Windows, layout: Layout, spectrum: tuple[float, float], blinded: Array) -> Bins:
    """Bins of `layout` around every window; those that the end of the spectrum cuts do not exist."""
    edges = windows.centre[:, None] + windows.sigma[:, None] * layout.edges
    low, high = edges[:, :-1], edges[:, 1:]
    near = 1e-9 * windows.sigma[:, None]
    exists = (low >= spectrum[0] - near) & (high <= spectrum[1] + near)
    return Bins(
        layout, edges, exists, exists & ~overlaps(low + near, high - near, blinded),
        overlaps(windows.low, windows.high, blinded),
    )  # fmt: skip


class SimulatedShape:
    """The distribution of simulated signal around its place in units of the resolution, interpolated over mass."""

    def __init__(self, observable: str, mass_MeV: Array, sigma: Array, signal: NDArray[np.void]) -> None:
        """Take the candidates `signal` of the simulated masses (k,), with the resolution `sigma` at each.

        Raises:
            InputError: a mass with hardly any signal, or without any weight.
        """
        self.mass = mass_MeV
        self.residuals, self.sums = [], []  # rising, and the sum of the weights below each
        for mass, place, width in zip(mass_MeV, centre(observable, mass_MeV), sigma, strict=True):
            own = signal[signal["x_mass_MeV"] == mass]
            if len(own) < 100:
                raise InputError(
                    f"x_mass_MeV {mass:g}: {len(own)} selected signal events make no template",
                    remedy="raise simulation.signal.decays, or set statistics.template to gauss",
                )
            residual = (own["observable"] - place) / width
            order = np.argsort(residual)
            self.residuals.append(residual[order])
            weight = weights_of(own, f"x_mass_MeV {mass:g}")[order]
            self.sums.append(np.concatenate([[0.0], np.cumsum(weight)]))

    def __call__(self, mass_MeV: Array, edges: Array) -> Array:
        """The part of the signal in bins [sigma] (B + 1,) for hypotheses (W,); shape (W, B)."""
        parts = np.array(
            [
                np.diff(sums[np.searchsorted(r, edges)]) / sums[-1]
                for r, sums in zip(self.residuals, self.sums, strict=True)
            ]
        )
        place = np.clip(np.searchsorted(self.mass, mass_MeV) - 1, 0, len(self.mass) - 2)
        share = np.clip((mass_MeV - self.mass[place]) / np.diff(self.mass)[place], 0.0, 1.0)[:, None]
        return np.asarray((1.0 - share) * parts[place] + share * parts[place + 1])


def shapes_of(search: Search, paths: Sequence[str], resolution: Resolution | None) -> SimulatedShape | None:
    """The template of the simulated signal in the files `paths`; None for a Gaussian.

    Raises:
        InputError: statistics.template simulation without simulated signal.
    """
    if search.statistics.template != "simulation":
        return None
    if not paths or resolution is None:
        raise InputError("--signal: statistics.template simulation needs the simulated signal", remedy="give it")
    signal = load_candidates(paths, "x_mass_MeV")
    masses = np.unique(signal["x_mass_MeV"])
    return SimulatedShape(search.observable, masses, resolution(masses), signal)


def templates(windows: Windows, layout: Layout, shape: SimulatedShape | None, width: float) -> list[Array]:
    """A unit signal (W, B), and one narrower and one wider by the relative uncertainty `width` of the resolution."""
    size = len(windows.mass_MeV)
    if shape is None:
        return [np.broadcast_to(layout.gaussian(w), (size, layout.bins)) for w in (1.0, 1.0 - width, 1.0 + width)]
    return [shape(windows.mass_MeV, layout.edges / w) for w in (1.0, 1.0 - width, 1.0 + width)]


def fit_windows(
    events: Counted,
    bins: Bins,
    smooth: Smooth,
    shapes: list[Array],
    *,
    level: float,
    signal_uncertainty: Array,
    orders: tuple[int, ...],
) -> dict[str, Array]:
    """The fit of every window as columns of a table, shape (W,): `bins` of `lay_bins`, `shapes` of `templates`.

    The relative uncertainty of the single event sensitivity, shape (W,), is part of the limits. The smooth spectrum
    of the whole search says which of the `orders` each window takes.

    Returns:
        `counted` is 0 for a window that is fitted, else the place in `REASONS` of why it must be counted, and its
        limits are NaN; the other columns say what the fit was.
    """
    counts = np.diff(below(events, bins.edges), axis=1).astype(float)
    expected = np.array([smooth(edges) for edges in bins.edges])
    chosen = choose_orders(bins.layout, expected, shapes[0], bins.exists, orders)
    size = len(counts)
    names = (*LIMITS, "signal", "signal_error", "background", "goodness", "kappa")
    found = {name: np.full(size, np.nan) for name in names}
    settled = np.zeros(size, dtype=bool)
    for order in np.unique(np.maximum(chosen.order, orders[0])):
        i = np.flatnonzero(np.maximum(chosen.order, orders[0]) == order)
        used = np.where(bins.hidden[i, None], bins.exists[i], bins.seen[i])
        fit = fit_limits(
            Model(bins.layout, int(order), shapes[0][i], used), counts[i],
            level=level, blinded=bins.hidden[i], seen=bins.seen[i],
            signal_uncertainty=signal_uncertainty[i], varied=(shapes[1][i], shapes[2][i]),
        )  # fmt: skip
        settled[i] = fit.settled
        for name in names:
            if name != "goodness":
                found[name][i] = getattr(fit, name)
        parameters = order + 1.0 + (np.nan_to_num(fit.signal) > 0)
        found["goodness"][i] = goodness(counts[i], fit.mean, used & bins.seen[i], parameters)
    counted = _reasons(chosen, found["background"], smooth.p_value, settled)
    for name in LIMITS:
        found[name][counted > 0] = np.nan
    return {"order": chosen.order.astype(float), "spurious": chosen.spurious, "counted": counted, **found}


def efficiency(windows: Windows, layout: Layout, template: Array) -> Array:
    """The part of a template's signal (W, B) that lies inside the window, shape (W,)."""
    low, high = (windows.low - windows.centre) / windows.sigma, (windows.high - windows.centre) / windows.sigma
    parts = np.array([layout.part(*ends) for ends in zip(low.tolist(), high.tolist(), strict=True)])
    return np.asarray(np.sum(template * parts, axis=1))


def _reasons(chosen: Orders, background: Array, p_value: float, settled: Mask) -> Array:
    """The first place in `REASONS` that applies, shape (W,)."""
    poor = np.full(len(background), p_value < POOR)
    few = ~(background >= LEAST_BACKGROUND)
    return np.select([few, poor, chosen.order == 0, ~settled], [1.0, 2.0, 3.0, 4.0], 0.0)
