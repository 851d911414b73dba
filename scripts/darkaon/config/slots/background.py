"""The slot `background`: where the expected background of a window comes from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from darkaon.config.schema import (
    BranchingFraction,
    NotNegative,
    PositiveQuantity,
    RelativeUncertainty,
    Status,
    Strict,
)


class Sidebands(Strict):
    """Polynomial fit to the sidebands; the alternatives' largest shift is the systematic uncertainty."""

    kind: Literal["sidebands"]
    half_width_sigma: PositiveFloat
    order: Annotated[int, Field(ge=0, le=5)]
    alternatives: tuple[Annotated[int, Field(ge=0, le=5)], ...] = ()
    bins: PositiveInt = 180  # over the whole range of sidebands and window
    spectrum: tuple[float, float]  # where the observable can be: sidebands end there


class Uniform(Strict):
    """Recoil mass squared of a background: all values alike."""

    kind: Literal["uniform"]


class Tails(Strict):
    """Recoil mass squared of a background: falling exponentially on both sides of a peak."""

    kind: Literal["tails"]
    peak_GeV2: float
    scale_GeV2: PositiveFloat


class Split(Strict):
    """Shares of the regions in a background."""

    value: dict[str, NotNegative]
    source: str
    status: Status

    @model_validator(mode="after")
    def _sum(self) -> Split:
        if abs(sum(self.value.values()) - 1) > 1e-9:
            raise ValueError(f"the shares of the regions sum to {sum(self.value.values()):g}, not to 1")
        return self


class DecayComponent(Strict):
    """A background decay with its branching ratio: B / SES events, as the simulation distributes them."""

    kind: Literal["decay"]
    decay: str  # a name in darkaon.simulation.decays
    branching_ratio: BranchingFraction


class CategoryComponent(Strict):
    """A background by its number of events: its part of every period's `background`, split over the regions."""

    kind: Literal["category"]
    events: PositiveQuantity  # the parts of the categories are those of their events
    split: Split
    spectrum: Annotated[Uniform | Tails, Field(discriminator="kind")]


class Range(Strict):
    """A range low <= x < high that comes from outside."""

    low: float
    high: float
    source: str
    status: Status

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if not self.low < self.high:
            raise ValueError(f"low ({self.low}) must be below high ({self.high})")
        return self


class YieldComponent(Strict):
    """A simulated decay by its number of selected events, of which every period has its `share`."""

    kind: Literal["yield"]
    decay: str  # a name in darkaon.simulation.decays
    events: PositiveQuantity
    counted_in: Range | None = None  # of the observable, where the events were counted; everywhere, if none


Component = Annotated[DecayComponent | CategoryComponent | YieldComponent, Field(discriminator="kind")]


class Components(Strict):
    """Expected background from weighted simulated events, by component."""

    kind: Literal["components"]
    components: Annotated[dict[str, Component], Field(min_length=1)]


class Tabulated(Strict):
    """Expected background as a spectrum of all data, integrated over the window.

    The table (mass_MeV, events_per_MeV) is read as `simulation.spectrum` reads it.
    """

    kind: Literal["tabulated"]
    path: str
    uncertainty: RelativeUncertainty  # relative, of the whole spectrum: systematic


BackgroundKind = Annotated[Sidebands | Components | Tabulated, Field(discriminator="kind")]
