"""The slot `counts`: published numbers of events."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PositiveFloat, model_validator

from darkaon.settings import NotNegative, Quantity, Status, Strict


class CountedBackground(Strict):
    """Expected background with its uncertainty: `uncertainty`, or `up` and `down` if they differ."""

    value: PositiveFloat
    uncertainty: NotNegative | None = None
    up: NotNegative | None = None
    down: NotNegative | None = None

    @model_validator(mode="after")
    def _one_form(self) -> CountedBackground:
        two = (self.up is not None, self.down is not None)
        if two[0] != two[1] or two[0] == (self.uncertainty is not None):
            raise ValueError("a background needs 'uncertainty', or 'up' and 'down'")
        if self.down is not None and self.down >= self.value:
            raise ValueError(f"down ({self.down}) must be smaller than value ({self.value})")
        return self


class Counted(Strict):
    """What a period counted: events observed and expected, and its single event sensitivity if it was published."""

    observed: Annotated[int, Field(ge=0)]
    background: CountedBackground
    ses: Quantity | None = None
    source: str
    status: Status

    @model_validator(mode="after")
    def _positive_ses(self) -> Counted:
        if self.ses is not None and self.ses.value <= 0:
            raise ValueError(f"ses must be above 0, it is {self.ses.value}")
        return self
