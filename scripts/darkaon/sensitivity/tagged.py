"""Limits on the decay to which a search is normalised, made of those on the branching ratio of X."""

from __future__ import annotations

import numpy as np

from darkaon.config.slots.normalisation import Tagged
from darkaon.errors import InputError
from darkaon.tables.table import Table


def tagged_limit(slot: Tagged, limits: Table, column: str) -> float:
    """The limit on the decay of the tagged particle to the final state: B_X/B_tag at its mass, where X lives longest.

    Raises:
        InputError: the limits are on the tagged particle's own decay.
    """
    if slot.mass_MeV is None or slot.branching_ratio is None:
        raise InputError(
            "the limits are those of the tagged particle's own decay: there is no other",
            remedy="ask for one lifetime only",
        )
    rows = limits.where(limits["lifetime_ns"] == limits["lifetime_ns"].max())
    return float(np.interp(slot.mass_MeV, rows["mass_MeV"], rows[column]) / slot.branching_ratio.value)


def counted_limit(limits: Table, acceptance: Table, column: str) -> float:
    """The limit on the decay whose sensitivity was published: B_X times the acceptance relative to that decay.

    Limits and acceptances stand in the same rows.

    Raises:
        InputError: the masses have windows of their own, so that there is no such limit.
    """
    values = limits[column] * acceptance["acceptance"]
    if not np.allclose(values, values[0], rtol=1e-6, atol=0, equal_nan=True):
        raise InputError("kind reference_decay needs one window for all masses", remedy="set window.kind to range")
    return float(values[0])
