"""The slot `periods`: periods of data taking."""

from __future__ import annotations

from pydantic import model_validator

from darkaon.config.schema import BranchingFraction, NotNegativeQuantity, Share, Strict


class Period(Strict):
    """A period of data taking: its share of the candidates, or its single event sensitivity and background."""

    share: Share | None = None
    ses: BranchingFraction | None = None  # branching ratio of one expected event, of the decay that normalises
    background: NotNegativeQuantity | None = None  # expected events of all components that have no branching ratio

    @model_validator(mode="after")
    def _share_or_ses(self) -> Period:
        if (self.share is None) == (self.ses is None):
            raise ValueError("a period needs 'share' or 'ses'")
        return self
