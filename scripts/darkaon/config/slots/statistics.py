"""The slot `statistics`: how limits are set."""

from __future__ import annotations

from typing import Literal

from darkaon.config.schema import Fraction, Strict


class Statistics(Strict):
    """The limit: see darkaon.statistics.

    Periods are `added`, counts and backgrounds as one experiment, or combined as `separate` windows with the
    likelihood ratio.
    """

    method: Literal["hybrid", "known", "profile", "asymptotic"] = "hybrid"
    nuisance: Literal["gamma", "gauss", "lognormal"] = "gamma"
    level: Fraction = 0.90
    periods: Literal["added", "separate"] = "added"
    also: tuple[Literal["no_subtraction", "cousins_highland"], ...] = ()  # treatments of others, shown beside
