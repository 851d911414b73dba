"""Treatments of the count that other experiments used, by name, to be shown beside our own limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from darkaon.statistics.limits import set_limits
from darkaon.statistics.numerics import Array


def no_subtraction(n_observed: Any, level: float) -> Array:
    """The classical limit for no background: all that was counted may be signal.

    It is above every limit that subtracts a background; 17.78 for 12 events at 90 %, 2.303 for none.
    """
    return set_limits(n_observed, 0.0, method="known", level=level).observed


TREATMENTS: dict[str, Callable[[Any, float], Array]] = {"no_subtraction": no_subtraction}
