"""Mass hypotheses and their search windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkaon.config.slots.events import Region
from darkaon.config.slots.masses import Listed, Plane, ResolutionSteps, Steps
from darkaon.config.slots.windows import SymmetricWindow
from darkaon.constants import MEV
from darkaon.errors import InputError, in_row, refuse
from darkaon.tables.blocks import Counted, below
from darkaon.tables.table import Table
from darkaon.typing import Array


def is_squared(observable: str) -> bool:
    """Whether an observable is in GeV^2, with X at m_X^2; it is in MeV, with X at m_X, if not."""
    return observable.endswith("_squared")


def centre(observable: str, mass_MeV: ArrayLike) -> Array:
    """Where X of `mass_MeV` is seen in the observable, any shape."""
    mass = np.asarray(mass_MeV, dtype=float)
    return (mass * MEV) ** 2 if is_squared(observable) else mass


def resolution_column(observable: str) -> str:
    """The column of a table with the resolution of an observable: its unit is in the name."""
    return "resolution_GeV2" if is_squared(observable) else "resolution_MeV"


class Resolution:
    """Resolution of the observable against the mass of X [MeV], linear between tabulated points."""

    def __init__(self, table: Table, source: str, column: str = "resolution_MeV") -> None:
        """Take the columns mass_MeV and `column` of `table`; `source` names it in errors.

        Raises:
            InputError: masses not rising, a resolution that is not above 0.
        """
        self.mass, self.sigma, self.source = table["mass_MeV"], table[column], source
        if len(self.mass) < 2 or not np.all(np.diff(self.mass) > 0):
            raise InputError(
                f"{source}: mass_MeV must rise from row to row and have at least two rows",
                remedy="sort the rows or add some",
            )
        refuse(~(self.sigma > 0), in_row(source, column, self.sigma, "must be above 0"))

    def __call__(self, mass_MeV: ArrayLike) -> Array:
        """Resolution, in the unit of the observable, at `mass_MeV`, any shape.

        Raises:
            InputError: a mass outside the table.
        """
        mass = np.asarray(mass_MeV, dtype=float)
        if mass.size and (mass.min() < self.mass[0] or mass.max() > self.mass[-1]):
            worst = mass.min() if mass.min() < self.mass[0] else mass.max()
            raise InputError(
                f"{self.source}: no resolution at {worst:g} MeV: the table covers "
                f"{self.mass[0]:g} to {self.mass[-1]:g} MeV",
                remedy="extend it (or simulation.signal.masses_MeV) or change masses in the search's YAML",
            )
        return np.interp(mass, self.mass, self.sigma)

    def steps(self, mass_MeV: ArrayLike) -> Array:
        """Number of plain steps of one sigma, u = integral dm / sigma, from the first tabulated mass; exact."""
        slope = np.diff(self.sigma) / np.diff(self.mass)
        knots = np.concatenate([[0.0], np.cumsum(np.diff(self.mass) / _log_mean(self.sigma[:-1], self.sigma[1:]))])
        mass = np.asarray(mass_MeV, dtype=float)
        segment = np.clip(np.searchsorted(self.mass, mass, side="right") - 1, 0, len(slope) - 1)
        start, sigma = self.mass[segment], self.sigma[segment]
        return knots[segment] + (mass - start) / _log_mean(sigma, sigma + slope[segment] * (mass - start))


def _log_mean(a: Array, b: Array) -> Array:
    """(b - a) / ln(b / a): dividing a length by it integrates 1/sigma over a sigma linear from a to b."""
    ratio = (b - a) / a
    flat = np.abs(ratio) < 1e-8
    return np.where(flat, (a + b) / 2, (b - a) / np.log1p(np.where(flat, 1.0, ratio)))


def mass_grid(slot: ResolutionSteps | Steps | Listed, resolution: Resolution) -> tuple[Array, str]:
    """Mass hypotheses [MeV], shape (count,), and a sentence on how they are spaced."""
    if not isinstance(slot, ResolutionSteps):
        masses = given_masses(slot)
        resolution(masses)
        return masses, f"{len(masses)} masses" + (f" in steps of {slot.step:g} MeV" if slot.kind == "step" else "")
    masses, scale = even_steps(slot, resolution)
    return masses, f"{len(masses)} masses, {scale:.4f} sigma apart (1: plain stepping by the tabulated resolution)"


def given_masses(slot: Steps | Listed) -> Array:
    """Mass hypotheses [MeV] one by one, or in plain steps of all ranges."""
    if isinstance(slot, Listed):
        return np.array(slot.values, dtype=float)
    ranges = [low + slot.step * np.arange(int((high - low) / slot.step + 1e-9) + 1) for low, high in slot.ranges]
    return np.concatenate(ranges)


def plane_masses(slot: Plane) -> tuple[Array, Array]:
    """Masses of X and of what it decays to [MeV], all pairs that can be; the second one runs fastest."""
    pairs = [
        (mass, slot.low2 + slot.step2 * k)
        for mass in given_masses(Steps(kind="step", step=slot.step, ranges=slot.ranges)).tolist()
        for k in range(int((mass / 2 - slot.low2) / slot.step2 + 1e-9) + 1)
    ]
    mass, mass2 = np.array(pairs).T
    return mass, np.minimum(mass2, mass / 2)


def even_steps(slot: ResolutionSteps, resolution: Resolution) -> tuple[Array, float]:
    """Mass hypotheses [MeV] evenly spaced in u = integral dm / sigma.

    Returns:
        masses, shape (count,), and the scale: the spacing in units of sigma (1: plain stepping by sigma).
    """
    from scipy.optimize.elementwise import find_root

    resolution([slot.start, slot.stop])
    u = resolution.steps([slot.start, slot.stop])
    target = np.linspace(u[0], u[1], slot.count)
    masses = np.linspace(slot.start, slot.stop, slot.count)
    inner = find_root(lambda mass, goal: resolution.steps(mass) - goal, (slot.start, slot.stop), args=(target[1:-1],))
    masses[1:-1] = inner.x
    return masses, float((u[1] - u[0]) / (slot.count - 1))


@dataclass(frozen=True)
class Windows:
    """Search windows, one for each mass hypothesis; all of shape (W,), all but the mass in the observable.

    Attributes:
        mass_MeV: mass hypotheses.
        centre: where X is seen.
        sigma: resolution.
        low, high: edges.
        region: the region that each lies in, by its place from 0; -1 if there are no regions.
    """

    mass_MeV: Array
    centre: Array
    sigma: Array
    low: Array
    high: Array
    region: NDArray[np.int64]


def lay_windows(
    slot: SymmetricWindow, mass_MeV: Array, middle: Array, sigma: Array, regions: Mapping[str, Region] | None = None
) -> Windows:
    """Windows around `middle`, clipped to the nearest region.

    Where a clipped window would be shorter than half_width_sigma (of a total of two), it is half_width_sigma long
    and begins at the end of the region that is nearest to X.
    """
    half = slot.half_width_sigma * sigma
    low, high = middle - half, middle + half
    if not regions:
        return Windows(mass_MeV, middle, sigma, low, high, np.full(len(middle), -1))
    ends = np.array([(region.low, region.high) for region in regions.values()])
    region = nearest_region(middle, regions)
    first, last = ends[region].T
    low, high = np.clip(low, first, last), np.clip(high, first, last)
    short, below = high - low < half * (1 - 1e-12), middle < 0.5 * (first + last)
    low = np.where(short & ~below, last - half, low)
    high = np.where(short & below, first + half, high)
    return Windows(mass_MeV, middle, sigma, low, high, region)


def fixed_windows(mass_MeV: Array, middle: Array, low: Array, high: Array) -> Windows:
    """Windows of given edges, without a resolution or regions."""
    return Windows(mass_MeV, middle, np.full(len(mass_MeV), np.nan), low, high, np.full(len(mass_MeV), -1))


def nearest_region(middle: ArrayLike, regions: Mapping[str, Region]) -> NDArray[np.int64]:
    """The place, from 0, of the region that is nearest to each value of the observable."""
    place = np.asarray(middle, dtype=float)[..., None]
    low, high = (np.array([getattr(region, end) for region in regions.values()]) for end in ("low", "high"))
    return np.argmin(np.maximum(np.maximum(low - place, place - high), 0.0), axis=-1)


def count_between(events: Counted | Array, low: ArrayLike, high: ArrayLike) -> NDArray[np.int64]:
    """How many of the candidates, or of sorted values, lie in low <= value < high, for arrays of edges."""
    first, last = below(events, np.stack(np.broadcast_arrays(low, high)))
    return last - first
