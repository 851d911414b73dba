"""The slot `statistics`: how limits are set."""

from __future__ import annotations

from typing import Literal

from darkaon.config.schema import Fraction, Strict

Common = tuple[Literal["ses", "background"], ...]


class Correlated(Strict):
    """Which uncertainties are fully correlated; the others are independent.

    `periods`: between the periods of the search. `searches`: with other searches that say so, where their windows are
    combined.
    """

    periods: Common = ("ses",)
    searches: Common = ()


class Statistics(Strict):
    """The limit: see darkaon.statistics.

    `on_off` is for backgrounds from counted sidebands. Periods are `added`, counts and backgrounds as one experiment, or combined as `separate` windows with the
    likelihood ratio.
    """

    method: Literal["hybrid", "known", "on_off", "profile", "asymptotic"] = "hybrid"
    nuisance: Literal["gamma", "gauss", "lognormal"] = "gamma"
    level: Fraction = 0.90
    periods: Literal["added", "separate"] = "added"
    correlated: Correlated = Correlated()
    also: tuple[Literal["no_subtraction", "cousins_highland"], ...] = ()  # treatments of others, shown beside
