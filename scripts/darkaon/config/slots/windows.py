"""The slots `resolution` and `window`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, model_validator

from darkaon.config.schema import Interval, Status, Strict


class ResolutionTable(Strict):
    """Resolution of the observable against mass, interpolated linearly."""

    kind: Literal["table"]
    path: str


class SimulatedResolution(Strict):
    """Resolution of the observable from the simulated signal: standard deviation at its masses, linear between."""

    kind: Literal["simulation"]


class ConstantResolution(Strict):
    """The same resolution for all masses, in the unit of the observable."""

    kind: Literal["constant"]
    value: PositiveFloat
    source: str
    status: Status


ResolutionKind = Annotated[ResolutionTable | SimulatedResolution | ConstantResolution, Field(discriminator="kind")]


class SymmetricWindow(Strict):
    """Window of +- half_width_sigma resolutions around the mass hypothesis, clipped to the regions.

    A clipped window is never shorter than half_width_sigma: then it is that end of the nearest region.
    """

    kind: Literal["symmetric"]
    half_width_sigma: PositiveFloat


class BoxWindow(Interval):
    """One window for all masses, low <= observable < high."""

    kind: Literal["box"]


class OneSidedWindow(Strict):
    """Window from a lower edge to `high`, in the unit of the observable: for X that is not seen alone.

    Of `lows` each mass hypothesis takes the one with the strongest expected limit; nothing observed enters.
    """

    kind: Literal["one_sided"]
    lows: Annotated[tuple[float, ...], Field(min_length=1)]
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> OneSidedWindow:
        if sorted({*self.lows, self.high}) != [*self.lows, self.high]:
            raise ValueError(f"lows ({', '.join(f'{low:g}' for low in self.lows)}) and then high must rise")
        return self


WindowKind = Annotated[SymmetricWindow | BoxWindow | OneSidedWindow, Field(discriminator="kind")]
