"""Treatments of the count that other experiments used, by name, to be shown beside our own limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from darkaon.statistics.limits import set_limits
from darkaon.typing import Array


def no_subtraction(n_observed: Any, level: float) -> Array:
    """The classical limit for no background: all that was counted may be signal.

    It is above every limit that subtracts a background; 17.78 for 12 events at 90 %, 2.303 for none.
    """
    return set_limits(n_observed, 0.0, method="known", level=level).observed


def cousins_highland(n_observed: Any, level: float, signal_uncertainty: Any) -> Array:
    """`no_subtraction` with the relative uncertainty r of the sensitivity: U (1 + (U - n) r^2/2).

    The Poisson probability averaged over a Gaussian sensitivity, to lowest order in r (Cousins, Highland, NIM A320
    (1992) 331).
    """
    limit = no_subtraction(n_observed, level)
    return limit * (1 + (limit - np.asarray(n_observed)) * np.square(signal_uncertainty) / 2)


TREATMENTS: dict[str, Callable[[Any, float, Any], Array]] = {
    "no_subtraction": lambda n, level, _: no_subtraction(n, level),
    "cousins_highland": cousins_highland,
}
"""Name -> function of the counts, the confidence level and the relative uncertainty of the sensitivity."""
