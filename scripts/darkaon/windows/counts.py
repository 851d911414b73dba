"""Door counts: published numbers of events as windows, and the acceptance that goes with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from darkaon.config.search import Search
from darkaon.config.slots.acceptance import BoxAcceptance, SelectedAcceptance, TabulatedAcceptance
from darkaon.config.slots.counts import Counted
from darkaon.constants import MEV
from darkaon.errors import InputError
from darkaon.sensitivity.interpolation import interpolate, interpolate_plane
from darkaon.tables.masses import masses_of
from darkaon.tables.table import Table
from darkaon.typing import Array

COLUMNS = ("mass_MeV", "n_observed", "background", "background_uncertainty")  # of a table of counts


@dataclass(frozen=True)
class Total:
    """The sum of all periods; counts and backgrounds of shape (masses,).

    Attributes:
        observed: events counted.
        background: events expected.
        up, down: uncertainty of the background upwards and downwards.
        asymmetric: whether any period has different ones.
        ses: single event sensitivity, NaN if a period has none.
        ses_error: its relative uncertainty.
    """

    observed: Array
    background: Array
    up: Array
    down: Array
    asymmetric: bool
    ses: float
    ses_error: float


def counted_label(counts: Mapping[str, Counted]) -> str:
    """How limits on these counts are labelled: what was counted is published, or, if any is tuned, assumed."""
    return "assumed counts" if any(period.status == "tuned" for period in counts.values()) else "published counts"


def total(counts: Mapping[str, Counted], mass_MeV: Array, tables: Mapping[str, Table] | None = None) -> Total:
    """Add the periods: counts, backgrounds and 1/SES add, uncertainties in quadrature (independent periods).

    Quadrature of the up and of the down parts is an approximation where they differ.

    Args:
        counts: the slot, by period.
        mass_MeV: mass hypotheses, shape (masses,).
        tables: what the paths of the periods that have one hold.

    Raises:
        InputError: a table at fault; a background that is only bounded and an event observed.
    """
    rows = []
    for name, period in counts.items():
        if period.path is None:
            assert period.observed is not None and period.background is not None
            one = np.array([period.observed, *period.background.numbers], dtype=float)
            rows.append(np.repeat(one[:, None], len(mass_MeV), axis=1))
        else:
            rows.append(counted_at((tables or {})[name], period.path, mass_MeV))
    n, b, up, down = np.moveaxis(np.array(rows), 1, 0)  # each (periods, masses)
    slots = [period.background for period in counts.values() if period.background]
    if np.any(n > 0) and any(slot.below is not None for slot in slots):
        raise InputError(
            "counts: background.below goes with 0 events alone: where some are observed the limit depends on the "
            "background; give 'value' and 'uncertainty'"
        )
    ses = np.array([p.ses.value if p.ses else np.nan for p in counts.values()])
    error = np.array([p.ses.uncertainty if p.ses else np.nan for p in counts.values()])
    sensitivity = 1 / np.sum(1 / ses)
    return Total(
        observed=n.sum(axis=0),
        background=b.sum(axis=0),
        up=np.sqrt(np.sum(np.square(up), axis=0)),
        down=np.sqrt(np.sum(np.square(down), axis=0)),
        asymmetric=any(slot.up is not None for slot in slots),
        ses=float(sensitivity),
        ses_error=float(np.sqrt(np.sum(np.square(sensitivity / ses * (error / ses))))),
    )


def counted_at(table: Table, source: str, mass_MeV: Array) -> Array:
    """Events observed, background, its uncertainty up and down at mass hypotheses, shape (4, masses).

    Every hypothesis needs a row of its own: counts are not interpolated. Further rows are passed over.

    Args:
        table: mass_MeV, n_observed, background, background_uncertainty.
        source: its file, for messages.
        mass_MeV: mass hypotheses.

    Raises:
        InputError: a mass that has no row or two, a count that is no whole number, a background not above 0.
    """
    mass, n, b, sigma = (table[name] for name in COLUMNS)
    for name, values, bad, remedy in (
        ("n_observed", n, ~((n >= 0) & (n == np.floor(n))), "must be a whole number, 0 or more"),
        ("background", b, ~((b > 0) & np.isfinite(b)), "must be above 0"),
        ("background_uncertainty", sigma, ~((sigma >= 0) & np.isfinite(sigma)), "must be 0 or more"),
    ):
        if np.any(bad):
            i = int(np.argmax(bad))
            raise InputError(f"{source}: {name} at {mass[i]:g} MeV is {values[i]:g}: it {remedy}")
    match = np.abs(mass - np.asarray(mass_MeV)[:, None]) < 1e-6
    rows = match.sum(axis=1)
    if np.any(rows != 1):
        i = int(np.argmax(rows != 1))
        raise InputError(
            f"{source}: mass_MeV: {rows[i] or 'no'} rows at the mass hypothesis {mass_MeV[i]:g} MeV: it needs one "
            "(counts are not interpolated)"
        )
    row = match.argmax(axis=1)
    return np.array([n[row], b[row], sigma[row], sigma[row]])


def box_efficiency(mass_MeV: ArrayLike, low: float, high: float, sigma: float) -> Array:
    """Part of a Gaussian around m_X^2 that lies in the box.

    Args:
        mass_MeV: mass of X, any shape.
        low: lower edge of the box in the squared missing mass [GeV^2].
        high: upper edge.
        sigma: resolution [GeV^2].
    """
    square = (np.asarray(mass_MeV, dtype=float) * MEV) ** 2
    a, b = (low - square) / sigma, (high - square) / sigma
    return np.where(a > 0, ndtr(-a) - ndtr(-b), ndtr(b) - ndtr(a))  # the tail's own side: no loss of digits


def stable_acceptance(search: Search, masses: Mapping[str, Array], table: Table | None = None) -> tuple[Array, Array]:
    """Acceptance of an X that need not decay or escape, or decays at once, and its uncertainty; shapes (masses,).

    Args:
        search: its slots acceptance, and for a box window and resolution.
        masses: mass hypotheses, mass_MeV and perhaps mass2_MeV.
        table: what acceptance.path holds, for kind table; what simulate_acceptance.py made, for kind selection.

    Raises:
        InputError: a box without window or resolution; a mass outside the table; an acceptance that is not above 0.
    """
    slot, mass_MeV = search.acceptance, masses["mass_MeV"]
    if isinstance(slot, BoxAcceptance):
        for name in ("window", "resolution"):
            if getattr(search, name) is None:
                raise InputError(f"{name}: this slot is missing: acceptance.kind box needs it")
        box, resolution = search.window, search.resolution
        value = box_efficiency(mass_MeV, box.low, box.high, resolution.value)  # type: ignore[union-attr]
        error = np.zeros_like(value)
    elif isinstance(slot, SelectedAcceptance):
        if table is None:
            raise InputError("acceptance.kind: selection needs --simulated, the table of simulate_acceptance.py")
        value, error = _simulated(table, masses)
        if slot.efficiency:
            relative = np.hypot(error / value, slot.efficiency.uncertainty / slot.efficiency.value)
            value = value * slot.efficiency.value
            error = value * relative
    elif isinstance(slot, TabulatedAcceptance):
        assert table is not None
        known = table["mass_MeV"]
        if mass_MeV.min() < known.min() or mass_MeV.max() > known.max() or not np.all(np.diff(known) > 0):
            raise InputError(
                f"{slot.path}: mass_MeV must rise and cover the masses {mass_MeV.min():g} to {mass_MeV.max():g} MeV, "
                f"it covers {known.min():g} to {known.max():g} MeV"
            )
        value = np.interp(mass_MeV, known, table["acceptance"])
        errors = table.columns.get("acceptance_error", np.zeros(len(known)))
        error = np.interp(mass_MeV, known, errors)
    else:
        value = np.full(len(mass_MeV), slot.value)  # type: ignore[union-attr]
        error = np.full(len(mass_MeV), slot.uncertainty)  # type: ignore[union-attr]
    if not np.all(value > 0):
        raise InputError(f"acceptance: at {mass_MeV[np.argmin(value)]:g} MeV it is not above 0; change masses")
    return value, error


def _simulated(table: Table, masses: Mapping[str, Array]) -> tuple[Array, Array]:
    """The simulated acceptance at the mass hypotheses, and its Monte Carlo error."""
    if list(masses) != list(masses_of(table)):
        raise InputError(
            f"simulation.signal has {', '.join(masses_of(table))}, but masses.kind {', '.join(masses)}: two masses "
            "need 'second' in the one and kind plane in the other"
        )
    value, error = table["acceptance"], table["acceptance_error"]
    if "mass2_MeV" not in masses:
        return interpolate(table["mass_MeV"], value, error, masses["mass_MeV"])
    nodes, wanted = ((of["mass_MeV"], of["mass2_MeV"]) for of in (table, masses))
    return interpolate_plane(nodes, value, error, wanted)


def unit_sensitivity(search: Search, counted: Total) -> tuple[float, float]:
    """Branching ratio of one event at an acceptance of 1, and its relative uncertainty.

    1/N_K for decays; B_tag/N_tag for tagged particles, or 1/N_tag for a decay of theirs; the periods' common SES for
    counts.

    Raises:
        InputError: kind counts and a period without SES.
    """
    slot = search.normalisation
    if slot.kind == "counts":
        if not np.isfinite(counted.ses):
            raise InputError("counts: normalisation.kind counts needs the 'ses' of every period")
        return counted.ses, counted.ses_error
    assert slot.kind in ("decays", "tagged")
    relative = slot.uncertainty / slot.value
    if slot.kind == "tagged" and slot.branching_ratio is not None:
        tag = slot.branching_ratio
        return tag.value / slot.value, float(np.hypot(relative, tag.uncertainty / tag.value))
    return 1 / slot.value, relative
