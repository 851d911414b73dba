"""Published headlines beside our own numbers: what is read from which table, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from darkaon.config.slots.headlines import (
    BranchingRatio,
    CouplingReach,
    Headline,
    OfLifetime,
    OverMasses,
    PublishedCurve,
    ReferenceDecay,
    Sensitivity,
    WindowEvents,
)
from darkaon.config.slots.normalisation import Normalisation, Tagged
from darkaon.errors import InputError
from darkaon.sensitivity.tagged import counted_limit, tagged_limit
from darkaon.tables.gaps import gaps
from darkaon.tables.table import Table
from darkaon.typing import Array

COLUMNS = (
    "search", "headline", "treatment", "published", "status", "ours", "cls", "ratio", "lowest_ratio", "highest_ratio",
    "data_fraction", "verdict", "reason", "source",
)  # fmt: skip
TEXT = ("search", "headline", "treatment", "status", "verdict", "reason", "source")  # columns of words
NO_RESULT = "no result"
REPRODUCED, MISSED, NOT_COUNTED, SHAPE = "reproduced", "missed", "not counted", "shape not reproduced"
STATISTICS: dict[str, Callable[[Array], np.float64]] = {"median": np.median, "min": np.min, "max": np.max}
# With f of the data counts grow as f, limits on events and errors as its square root (as an expected limit does where
# the error of the background dominates), and one event is worth 1/f: limits on B fall as the square root.
SCALING = {"n_observed": -1.0, "background": -1.0, "significance": 0.0, "acceptance": 0.0, "ses": 1.0}


def allowed(headline: Headline) -> tuple[float, float]:
    """Between what ours / published has to lie, ends included."""
    if headline.factor is not None:
        return 1 / headline.factor, headline.factor
    assert headline.tolerance is not None
    return 1 - headline.tolerance, 1 + headline.tolerance


def verdict(headline: Headline, ours: float) -> str:
    """Reproduced or missed; not counted, if an input was tuned to it; no result, if `ours` is NaN.

    Of a published curve that is missed somewhere, the shape is not reproduced, tuned or not.
    """
    if np.isnan(ours):
        return NO_RESULT
    low, high = allowed(headline)
    if isinstance(headline, PublishedCurve) and not low <= ours / headline.value <= high:
        return SHAPE
    if not headline.reproduction:
        return NOT_COUNTED
    return REPRODUCED if low <= ours / headline.value <= high else MISSED


def standard(column: str) -> str:
    """The column of our own CLs limit that stands beside the one with a treatment of another experiment."""
    return "observed" if column.startswith("observed_") else column


def our_number(
    headline: Headline,
    tables: Mapping[str, Table],
    column: str,
    normalisation: Normalisation | None = None,
    fraction: float = 1.0,
) -> float:
    """Our own number for a headline, scaled from the part of the data that was simulated to all.

    Args:
        headline: what to compare with.
        tables: limits, acceptance, event_limits, and the exclusion of the headline's model: those that its kind
            needs. Without an exclusion (the model is not in the run) there is no result.
        column: the column to take (see `standard`).
        normalisation: of the search, for kind reference_decay.
        fraction: part of the data that was simulated (see `SCALING`).

    Returns:
        The number; NaN, if blinded or if nothing is excluded there.

    Raises:
        InputError: no mass or lifetime of the table is where the headline says.
    """
    if isinstance(headline, CouplingReach):
        if "exclusion" not in tables:
            return np.nan
        return _reach(headline, tables["exclusion"], column, fraction)
    if isinstance(headline, PublishedCurve):
        return _worst_part(headline, tables["comparison"])
    if isinstance(headline, ReferenceDecay):
        if isinstance(normalisation, Tagged):
            own = tagged_limit(normalisation, tables["limits"], column)
        else:
            own = counted_limit(tables["limits"], tables["acceptance"], column)
        return own * fraction**0.5
    if isinstance(headline, WindowEvents):
        return _over_masses(headline, tables["event_limits"], column) * fraction ** SCALING.get(column, -0.5)
    if isinstance(headline, Sensitivity):
        return _over_masses(headline, tables["acceptance"], column) * fraction ** SCALING[column]
    assert isinstance(headline, BranchingRatio)
    return _over_masses(headline, tables["limits"], column) * fraction**0.5


def excluded_by(exclusion: Table, search: str, published: bool) -> Table:
    """The rows of a model's exclusion.csv that are from a search's own limits, or from its published ones."""
    label = exclusion["label"]
    own = (label != "published") & ~np.char.startswith(label, "projection")
    return exclusion.where((exclusion["search"] == search) & ((label == "published") if published else own))


def _reach(headline: CouplingReach, exclusion: Table, column: str, fraction: float) -> float:
    rows = exclusion.where(exclusion["kind"] == column)
    if not len(rows):
        return np.nan
    power = float(exclusion.header["coupling_power"])
    mass, first = np.unique(rows["mass_MeV"], return_inverse=True)
    low = np.full(len(mass), np.inf)
    np.minimum.at(low, first, rows["coupling_low"])
    table = Table({"mass_MeV": mass, "coupling": low})
    try:
        found = _over_masses(headline, table, "coupling")
    except InputError:
        return np.nan  # `reason` says why
    return (found * fraction ** (0.5 / power)) ** (2 if headline.squared else 1)


def _worst_part(headline: PublishedCurve, comparison: Table) -> float:
    """Ours / published of the part of the masses in which it is farthest from 1."""
    parts = comparison.where((comparison["scope"] == "part") & (comparison["lifetime_ns"] == headline.lifetime_ns))
    if not len(parts):
        raise InputError(f"lifetime_ns: nothing is compared at {headline.lifetime_ns:g} ns", remedy="change it")
    ratio = 1 / parts["ratio"]
    return float(ratio[np.argmax(np.abs(np.log(ratio)))])


def reason(headline: Headline, exclusion: Table | None, column: str) -> str:
    """Why `our_number` for a headline is NaN in this column.

    `exclusion` is that of its model (see `excluded_by`); None, if the model is not in the run.
    """
    if not isinstance(headline, CouplingReach):
        return "blinded"
    if exclusion is None:
        return f"the model {headline.model} is not in this run"
    mass = np.unique(exclusion["mass_MeV"][exclusion["kind"] == column])
    if not len(mass):
        return "nothing is excluded"
    cut = np.flatnonzero(gaps(mass)) if len(mass) > 1 else np.zeros(0, dtype=int)
    ends = zip(mass[np.append(0, cut + 1)], mass[np.append(cut, len(mass) - 1)], strict=True)
    return "nothing is excluded there, but at " + ", ".join(f"{low:g} to {high:g}" for low, high in ends) + " MeV"


def _over_masses(headline: OverMasses, table: Table, column: str) -> float:
    rows = _lifetime(headline, table) if isinstance(headline, OfLifetime) else table
    if headline.mass2_MeV is not None:
        if "mass2_MeV" not in rows.columns:
            raise InputError("mass2_MeV: the search has one mass", remedy="remove this key")
        rows = rows.where(_nearest(rows["mass2_MeV"], headline.mass2_MeV, "mass2_MeV"))
    mass = rows["mass_MeV"]
    if headline.masses_MeV:
        low, high = headline.masses_MeV
        values = rows[column][(mass >= low) & (mass <= high)]
        if not len(values):
            raise InputError(
                f"masses_MeV: no mass hypothesis from {low:g} to {high:g} MeV ({_ends(mass)})",
                remedy="change the range",
            )
        return float(STATISTICS[headline.statistic](values))
    assert headline.mass_MeV is not None
    if not mass.min() <= headline.mass_MeV <= mass.max():
        raise InputError(
            f"mass_MeV: {headline.mass_MeV:g} MeV is outside the mass hypotheses ({_ends(mass)})",
            remedy="change the mass",
        )
    return float(rows[column][_nearest(mass, headline.mass_MeV, "mass_MeV")][0])


def _lifetime(headline: OfLifetime, table: Table) -> Table:
    there = np.unique(table["lifetime_ns"])
    tabulated = ", ".join(f"{value:g}" for value in there)
    if headline.lifetime_ns is None and len(there) > 1:
        raise InputError("lifetime_ns: this key is missing", remedy=f"there are {tabulated} ns")
    lifetime = there[0] if headline.lifetime_ns is None else headline.lifetime_ns
    if lifetime not in there:
        raise InputError(f"lifetime_ns: {lifetime:g} ns is none of {tabulated}", remedy="name one of them")
    return table.where(table["lifetime_ns"] == lifetime)


def _nearest(values: Array, value: float, key: str) -> NDArray[np.bool_]:
    """The rows of the hypothesis nearest to a mass, which is at most half a step away."""
    distance = np.abs(values - value)
    nodes = np.unique(values)
    at = int(np.argmin(np.abs(nodes - value)))
    steps = np.where(gaps(nodes), 0.0, np.diff(nodes)) if len(nodes) > 1 else np.zeros(0)
    step = max((steps[i] for i in (at - 1, at) if 0 <= i < len(steps)), default=0.0)
    if distance.min() > 0.5 * step + 1e-6 * max(abs(value), 1.0):
        raise InputError(
            f"{key}: {value:g} MeV is {distance.min():g} MeV from the nearest mass hypothesis, {nodes[at]:g} MeV, "
            "which is more than half a step",
            remedy="change the mass",
        )
    return np.asarray(distance == distance.min())


def _ends(mass: Array) -> str:
    return f"there are {mass.min():g} to {mass.max():g} MeV"
