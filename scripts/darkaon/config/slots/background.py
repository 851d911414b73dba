"""The slot `background`: where the expected background of a window comes from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from darkaon.config.schema import (
    BranchingFraction,
    Interval,
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

    @model_validator(mode="after")
    def _rising(self) -> Sidebands:
        if not self.spectrum[0] < self.spectrum[1]:
            raise ValueError(f"spectrum must rise: {list(self.spectrum)}; exchange its ends")
        return self


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


class Range(Interval):
    """A range that comes from outside."""

    source: str
    status: Status


class YieldComponent(Strict):
    """A simulated decay by its number of selected events, of which every period has its `share`."""

    kind: Literal["yield"]
    decay: str  # a name in darkaon.simulation.decays
    events: PositiveQuantity
    counted_in: Range | None = None  # of the observable, where the events were counted; everywhere, if none


Component = Annotated[DecayComponent | CategoryComponent | YieldComponent, Field(discriminator="kind")]


class HistogramComponent(Strict):
    """A background as a histogram of expected events in the observable's unit, of all data, times `scale`.

    The file is ROOT (a TH1 by the name `histogram`) or CSV (low, high, events, perhaps error).
    """

    kind: Literal["histogram"]
    path: str
    histogram: str | None = None
    scale: PositiveQuantity


class ControlComponent(Strict):
    """A background as the events of a control sample, counted in the same window, times a transfer factor.

    The sample has role `control` in config/samples.csv, and this component's name for a period.
    """

    kind: Literal["control"]
    transfer: PositiveQuantity


OtherComponent = Annotated[HistogramComponent | ControlComponent, Field(discriminator="kind")]


class Components(Strict):
    """Expected background by component: from weighted simulated events, and from `others` that are not simulated."""

    kind: Literal["components"]
    components: dict[str, Component] = Field(default_factory=dict)
    others: dict[str, OtherComponent] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _some(self) -> Components:
        if not self.components and not self.others:
            raise ValueError("there must be at least one of 'components' and 'others'")
        both = sorted(self.components.keys() & self.others.keys())
        if both:
            raise ValueError(f"{both[0]!r} is a name both in 'components' and in 'others'; rename one")
        return self

    @property
    def controls(self) -> tuple[str, ...]:
        """The components that are control samples."""
        return tuple(name for name, other in self.others.items() if isinstance(other, ControlComponent))


class Tabulated(Strict):
    """Expected background as a spectrum of all data, integrated over the window.

    The table (mass_MeV, events_per_MeV) is read as `simulation.spectrum` reads it.
    """

    kind: Literal["tabulated"]
    path: str
    uncertainty: RelativeUncertainty  # relative, of the whole spectrum: systematic


BackgroundKind = Annotated[Sidebands | Components | Tabulated, Field(discriminator="kind")]
