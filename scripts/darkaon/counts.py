"""Door counts: published numbers of events as windows, and the acceptance that goes with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from darkaon.config import Search
from darkaon.constants import MEV
from darkaon.errors import InputError
from darkaon.kinematics import Array
from darkaon.slots.acceptance import BoxAcceptance, TabulatedAcceptance
from darkaon.slots.counts import Counted
from darkaon.tables import Table


@dataclass(frozen=True)
class Total:
    """The sum of all periods.

    Attributes:
        observed: events counted.
        background: events expected.
        up, down: uncertainty of the background upwards and downwards.
        asymmetric: whether any period has different ones.
        ses: single event sensitivity, NaN if a period has none.
        ses_error: its relative uncertainty.
    """

    observed: int
    background: float
    up: float
    down: float
    asymmetric: bool
    ses: float
    ses_error: float


def total(counts: Mapping[str, Counted]) -> Total:
    """Add the periods: counts, backgrounds and 1/SES add, uncertainties in quadrature (independent periods).

    Quadrature of the up and of the down parts is an approximation where they differ.
    """
    periods = list(counts.values())
    up = [p.background.uncertainty if p.background.up is None else p.background.up for p in periods]
    down = [p.background.uncertainty if p.background.down is None else p.background.down for p in periods]
    ses = np.array([p.ses.value if p.ses else np.nan for p in periods])
    error = np.array([p.ses.uncertainty if p.ses else np.nan for p in periods])
    sensitivity = 1 / np.sum(1 / ses)
    return Total(
        observed=sum(p.observed for p in periods),
        background=sum(p.background.value for p in periods),
        up=float(np.sqrt(np.sum(np.square(np.array(up, dtype=float))))),
        down=float(np.sqrt(np.sum(np.square(np.array(down, dtype=float))))),
        asymmetric=any(p.background.up is not None for p in periods),
        ses=float(sensitivity),
        ses_error=float(np.sqrt(np.sum(np.square(sensitivity / ses * (error / ses))))),
    )


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


def stable_acceptance(search: Search, mass_MeV: Array, table: Table | None = None) -> tuple[Array, Array]:
    """Acceptance of an X that need not decay or escape, and its uncertainty; shapes (masses,).

    Args:
        search: its slots acceptance, and for a box window and resolution.
        mass_MeV: mass hypotheses.
        table: what acceptance.path holds, for kind table.

    Raises:
        InputError: a box without window or resolution; a mass outside the table; an acceptance that is not above 0.
    """
    slot = search.acceptance
    if isinstance(slot, BoxAcceptance):
        for name in ("window", "resolution"):
            if getattr(search, name) is None:
                raise InputError(f"{name}: this slot is missing: acceptance.kind box needs it")
        box, resolution = search.window, search.resolution
        value = box_efficiency(mass_MeV, box.low, box.high, resolution.value)  # type: ignore[union-attr]
        error = np.zeros_like(value)
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


def unit_sensitivity(search: Search, counted: Total) -> tuple[float, float]:
    """Branching ratio of one event at an acceptance of 1, and its relative uncertainty.

    1/N_K for decays; B_tag/N_tag for tagged particles; the periods' common SES for counts.

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
    if slot.kind == "tagged":
        tag = slot.branching_ratio
        return tag.value / slot.value, float(np.hypot(relative, tag.uncertainty / tag.value))
    return 1 / slot.value, relative
