"""Acceptance and sensitivity that go with published counts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from darkaon.config.search import Search
from darkaon.config.slots.acceptance import BoxAcceptance, SelectedAcceptance, TabulatedAcceptance
from darkaon.config.slots.lifetime import DisplacedLaw, EscapeLaw
from darkaon.constants import MEV
from darkaon.errors import InputError, in_row, refuse
from darkaon.sensitivity.interpolation import interpolate, interpolate_plane
from darkaon.sensitivity.lifetime import lifetime_factors
from darkaon.tables.masses import masses_of
from darkaon.tables.table import Table
from darkaon.typing import Array, Mask
from darkaon.windows.counts import Total


def box_efficiency(mass_MeV: ArrayLike, low: float, high: float, sigma: float) -> Array:
    """Part of a Gaussian around m_X^2, for masses of any shape, that lies in the box.

    Edges of the box and resolution are in the squared missing mass [GeV^2].
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
        InputError: a box without window or resolution; a mass outside the table; an acceptance that is not above 0,
            or above 1, unless it is relative to that of published counts; an error that is none.
    """
    slot, mass_MeV = search.acceptance, masses["mass_MeV"]
    if isinstance(slot, BoxAcceptance):
        for name in ("window", "resolution"):
            if getattr(search, name) is None:
                raise InputError(
                    f"{name}: this slot is missing: acceptance.kind box needs it",
                    remedy="add it to the search's YAML",
                )
        box, resolution = search.window, search.resolution
        value = box_efficiency(mass_MeV, box.low, box.high, resolution.value)  # type: ignore[union-attr]
        error = np.zeros_like(value)
    elif isinstance(slot, SelectedAcceptance):
        if table is None:
            raise InputError(
                "acceptance.kind: selection needs --simulated, the table of simulate_acceptance.py",
                remedy="give that table",
            )
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
                f"it covers {known.min():g} to {known.max():g} MeV",
                remedy="extend the table or change masses",
            )
        most = np.inf if getattr(search.normalisation, "kind", "") == "counts" else 1.0  # relative to another
        used = np.zeros(len(known), dtype=bool)
        used[np.searchsorted(known, mass_MeV)] = used[np.searchsorted(known, mass_MeV, side="right") - 1] = True
        _check_cells(table, used, slot.path, most)
        value = np.interp(mass_MeV, known, table["acceptance"])
        errors = table.columns.get("acceptance_error", np.zeros(len(known)))
        error = np.interp(mass_MeV, known, errors)
    else:
        value = np.full(len(mass_MeV), slot.value)  # type: ignore[union-attr]
        error = np.full(len(mass_MeV), slot.uncertainty)  # type: ignore[union-attr]
    if not np.all(value > 0):
        raise InputError(
            f"acceptance: at {mass_MeV[np.argmin(value)]:g} MeV it is not above 0", remedy="change masses"
        )
    return value, error


def _check_cells(table: Table, used: Mask, source: str, most: float) -> None:
    """Refuse what is no acceptance, or no error of one, in the rows `used`."""
    for name, largest in (("acceptance", most), ("acceptance_error", np.inf)):
        if name in table.columns:
            values = table[name]
            bad = used & ~((values >= 0) & (values <= largest) & np.isfinite(values))
            refuse(
                bad, in_row(source, name, values, f"must be {'from 0 to 1' if largest == 1 else 'a number from 0'}")
            )


def _simulated(table: Table, masses: Mapping[str, Array]) -> tuple[Array, Array]:
    """The simulated acceptance at the mass hypotheses, and its Monte Carlo error."""
    if list(masses) != list(masses_of(table)):
        raise InputError(
            f"simulation.signal has {', '.join(masses_of(table))}, but masses.kind {', '.join(masses)}",
            remedy="two masses need 'second' in the one and kind plane in the other",
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
            raise InputError(
                "counts: normalisation.kind counts needs the 'ses' of every period",
                remedy="add it to the search's YAML",
            )
        return counted.ses, counted.ses_error
    assert slot.kind in ("decays", "tagged")
    relative = slot.uncertainty / slot.value
    if slot.kind == "tagged" and slot.branching_ratio is not None:
        tag = slot.branching_ratio
        return tag.value / slot.value, float(np.hypot(relative, tag.uncertainty / tag.value))
    return 1 / slot.value, relative


def given_columns(
    search: Search, masses: Mapping[str, Array], table: Table | None, unit: tuple[float, float]
) -> dict[str, Array]:
    """The columns of acceptance.csv where the acceptance is given: a block of masses for each lifetime.

    `search` has the slots lifetime and, as `table`, what `stable_acceptance` needs; `unit` is the branching ratio of
    one event at an acceptance of 1, and its relative uncertainty.

    Raises:
        InputError: a lifetime law that needs a simulation; see `stable_acceptance`.
    """
    law = search.lifetime
    if isinstance(law, EscapeLaw) and not (law.delay_ns or law.kappa_m_per_GeV or law.pion_momentum_GeV):
        raise InputError(
            "lifetime: give delay_ns, kappa_m_per_GeV or pion_momentum_GeV", remedy="nothing is simulated here"
        )
    if isinstance(law, DisplacedLaw):
        raise InputError("lifetime.kind: displaced is a law between published limits", remedy="choose another kind")
    stable, error = stable_acceptance(search, masses, table)
    lifetimes, factors = lifetime_factors(law, masses["mass_MeV"])
    acceptance, relative = (stable * factors).ravel(), np.tile(error / stable, len(lifetimes))
    if not np.all(acceptance > 0):
        raise InputError("lifetime: X of the shortest lifetime never escapes", remedy="leave that lifetime out")
    ses = unit[0] / acceptance
    return {
        "lifetime_ns": np.repeat(lifetimes, len(stable)),
        **{name: np.tile(values, len(lifetimes)) for name, values in masses.items()},
        "acceptance": acceptance,
        "acceptance_error": acceptance * relative,
        "ses": ses,
        "ses_error": ses * np.hypot(relative, unit[1]),
    }
