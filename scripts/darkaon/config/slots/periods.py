"""The slot `periods`: periods of data taking."""

from __future__ import annotations

from pydantic import model_validator

from darkaon.config.schema import Quantity, Share, Strict


class Period(Strict):
    """A period of data taking: its share of the candidates, or its single event sensitivity and background."""

    share: Share | None = None
    ses: Quantity | None = None  # branching ratio of one expected event, of the decay that normalises
    background: Quantity | None = None  # expected events of all components that have no branching ratio

    @model_validator(mode="after")
    def _share_or_ses(self) -> Period:
        if (self.share is None) == (self.ses is None):
            raise ValueError("a period needs 'share' or 'ses'")
        if self.ses is not None and self.ses.value <= 0:
            raise ValueError(f"ses must be above 0, it is {self.ses.value}")
        if self.background is not None and self.background.value < 0:
            raise ValueError(f"background must be 0 or more, it is {self.background.value}")
        return self
