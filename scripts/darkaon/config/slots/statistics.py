"""The slot `statistics`: how limits are set."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

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

    `on_off` is for backgrounds from counted sidebands; `fit` fits signal and background together, for peak searches,
    and counts with `hybrid` where it must not. Periods are `added`, counts and backgrounds as one experiment, or
    combined as `separate` windows with the likelihood ratio.

    Attributes:
        template: of the signal in a fit: a Gaussian of the resolution, or the simulated signal.
        width_uncertainty: of the resolution in a fit, relative.
        bins: of a fit over the whole width of the sidebands.
    """

    method: Literal["hybrid", "known", "on_off", "profile", "asymptotic", "fit"] = "hybrid"
    template: Literal["gauss", "simulation"] = "gauss"
    width_uncertainty: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
    bins: Annotated[int, Field(ge=30, le=2000)] = 180
    nuisance: Literal["gamma", "gauss", "lognormal"] = "gamma"
    level: Fraction = 0.90
    periods: Literal["added", "separate"] = "added"
    correlated: Correlated = Correlated()
    also: tuple[Literal["no_subtraction", "cousins_highland"], ...] = ()  # treatments of others, shown beside

    @model_validator(mode="after")
    def _nuisance_of_the_method(self) -> Statistics:
        if self.method == "on_off" and self.nuisance != "gamma":
            raise ValueError(f"nuisance {self.nuisance}: on_off counts in a sideband, which is gamma; use hybrid")
        if self.method in ("profile", "asymptotic") and self.nuisance == "lognormal":
            raise ValueError(f"nuisance lognormal: {self.method} knows gamma and gauss; use hybrid")
        return self

    @property
    def counting(self) -> str:
        """The method for windows that are counted."""
        return "hybrid" if self.method == "fit" else self.method
