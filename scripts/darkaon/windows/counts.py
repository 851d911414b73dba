"""Published numbers of events as windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from darkaon.config.slots.counts import Counted
from darkaon.errors import InputError, in_row, refuse
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
    """How limits on these counts are labelled: published, or, if a count or a sensitivity is tuned, assumed."""
    statuses = {s for period in counts.values() for s in (period.status, period.ses and period.ses.status)}
    return "assumed counts" if "tuned" in statuses else "published counts"


def total(
    counts: Mapping[str, Counted],
    mass_MeV: Array,
    tables: Mapping[str, Table] | None = None,
    correlated: Sequence[str] = (),
) -> Total:
    """Add the periods: counts, backgrounds and 1/SES add, uncertainties in quadrature or, if correlated, too.

    Quadrature of the up and of the down parts is an approximation where they differ.

    Args:
        counts: the slot, by period.
        mass_MeV: mass hypotheses, shape (masses,).
        tables: what the paths of the periods that have one hold.
        correlated: ``ses``, ``background``: which uncertainties the periods have in common.

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
            "background",
            remedy="give 'value' and 'uncertainty'",
        )
    ses = np.array([p.ses.value if p.ses else np.nan for p in counts.values()])
    error = np.array([p.ses.uncertainty if p.ses else np.nan for p in counts.values()])
    sensitivity = 1 / np.sum(1 / ses)
    return Total(
        observed=n.sum(axis=0),
        background=b.sum(axis=0),
        up=_added(up, "background" in correlated),
        down=_added(down, "background" in correlated),
        asymmetric=any(slot.up is not None for slot in slots),
        ses=float(sensitivity),
        ses_error=float(_added(sensitivity / ses * (error / ses), "ses" in correlated)),
    )


def _added(errors: Array, correlated: bool) -> Array:
    """Uncertainties added over the first axis, linearly or in quadrature."""
    return np.asarray(np.sum(errors, axis=0) if correlated else np.sqrt(np.sum(np.square(errors), axis=0)))


def counted_at(table: Table, source: str, mass_MeV: Array) -> Array:
    """Events observed, background, its uncertainty up and down at mass hypotheses, shape (4, masses).

    Every hypothesis needs a row of its own: counts are not interpolated. Further rows are passed over.

    Args:
        table: mass_MeV, n_observed, background, background_uncertainty.
        source: its file, for messages.
        mass_MeV: mass hypotheses.

    Raises:
        InputError: a mass that has no row or two, a count that is not a whole number, a background not above 0.
    """
    mass, n, b, sigma = (table[name] for name in COLUMNS)
    for name, values, bad, why in (
        ("n_observed", n, ~((n >= 0) & (n == np.floor(n))), "must be a whole number, 0 or more"),
        ("background", b, ~((b > 0) & np.isfinite(b)), "must be above 0"),
        ("background_uncertainty", sigma, ~((sigma >= 0) & np.isfinite(sigma)), "must be 0 or more"),
    ):
        refuse(bad, in_row(source, name, values, why))
    match = np.abs(mass - np.asarray(mass_MeV)[:, None]) < 1e-6
    rows = match.sum(axis=1)
    refuse(
        rows != 1,
        lambda i: f"{source}: mass_MeV: {rows[i] or 'no'} rows at the mass hypothesis {mass_MeV[i]:g} MeV",
        remedy="it needs one (counts are not interpolated)",
    )
    row = match.argmax(axis=1)
    return np.array([n[row], b[row], sigma[row], sigma[row]])
