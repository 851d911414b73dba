"""Our edges of an excluded region over those of a published contour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkaon.exclusion.intervals import exclude
from darkaon.exclusion.limits import Limits
from darkaon.exclusion.regions import edges_of
from darkaon.models.model import Model
from darkaon.tables.table import Table
from darkaon.typing import Array

DIFFERS = 0.10
FRAME = 0.03  # relative: an edge so close to the frame of a figure is none
OPEN = ("end_of_couplings",)  # flags of ours that are no edge


@dataclass(frozen=True)
class Ratios:
    """Our edge over that of the contour, of one side and range of masses.

    Attributes:
        number: masses at which both have an edge.
        median, lowest, highest: of the ratios; NaN if there is none.
    """

    number: int
    median: float
    lowest: float
    highest: float

    @property
    def differs(self) -> bool:
        """Whether some ratio is off by more than `DIFFERS`."""
        return self.number > 0 and not (self.lowest >= 1 - DIFFERS and self.highest <= 1 + DIFFERS)


def ratios(model: Model, limits: Limits, contour: Table, masses_MeV: tuple[float, float]) -> dict[str, Ratios]:
    """Lower and upper edges of what the observed limits exclude over those of a contour, at the contour's masses.

    Args:
        model: the model.
        limits: the search.
        contour: mass_MeV, coupling, polygon; its header may say open_above or open_below, where the frame is.
        masses_MeV: from and to.
    """
    mass, coupling = contour["mass_MeV"], contour["coupling"]
    at = np.unique(mass[(mass >= masses_MeV[0]) & (mass <= masses_MeV[1])])
    at = at[limits.covered(at)]
    theirs = dict(zip(("lower", "upper"), edges_of(mass, coupling, contour["polygon"], at), strict=True))
    for side, key in (("lower", "open_below"), ("upper", "open_above")):
        if key in contour.header:
            frame = np.abs(theirs[side] / float(contour.header[key]) - 1) < FRAME
            theirs[side] = np.where(frame, np.nan, theirs[side])
    found = exclude(model, limits, at, ["observed"])
    return {side: _summary(_edge(found, at, side) / theirs[side]) for side in theirs}


def _edge(found: dict[str, Array], at: Array, side: str) -> Array:
    """Our outermost edge at each mass; NaN where nothing is excluded, or the couplings considered end."""
    edge = np.full(len(at), np.nan)
    name, better = ("low", np.less) if side == "lower" else ("high", np.greater)
    order = np.searchsorted(at, found["mass_MeV"])
    for row, value, flag in zip(order, found[f"coupling_{name}"], found[f"edge_{name}"], strict=True):
        if np.isnan(edge[row]) or better(value, edge[row]):
            edge[row] = np.nan if flag in OPEN else value
    return edge


def _summary(values: Array) -> Ratios:
    known = values[np.isfinite(values)]
    if not len(known):
        return Ratios(0, np.nan, np.nan, np.nan)
    return Ratios(len(known), float(np.median(known)), float(known.min()), float(known.max()))
