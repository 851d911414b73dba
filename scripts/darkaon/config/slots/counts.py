"""The slot `counts`: published numbers of events."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PositiveFloat, model_validator

from darkaon.config.schema import BranchingFraction, NotNegative, Status, Strict


class CountedBackground(Strict):
    """Expected background with its uncertainty: `uncertainty`, or `up` and `down` if they differ.

    `below` in their place is an upper bound, which is taken as the background. It goes with 0 events alone: the CLs
    limit does not depend on the background there, and the expected limits are the highest that the bound allows.
    """

    value: PositiveFloat | None = None
    uncertainty: NotNegative | None = None
    up: NotNegative | None = None
    down: NotNegative | None = None
    below: PositiveFloat | None = None
    source: str | None = None  # if it is not that of the count
    status: Status | None = None

    @model_validator(mode="after")
    def _one_form(self) -> CountedBackground:
        one, two, three = self.uncertainty is not None, self.up is not None, self.down is not None
        if self.below is not None:
            if self.value is not None or one or two or three:
                raise ValueError("a background that is 'below' a bound has neither value nor uncertainty")
            return self
        if self.value is None:
            raise ValueError("a background needs 'value' or an upper bound 'below'")
        if two != three or two == one:
            raise ValueError("a background needs 'uncertainty', or 'up' and 'down'")
        if self.down is not None and self.down >= self.value:
            raise ValueError(f"down ({self.down}) must be smaller than value ({self.value})")
        return self

    @property
    def numbers(self) -> tuple[float, float, float]:
        """Background, its uncertainty upwards and downwards."""
        if self.value is None:
            return self.below or 0.0, 0.0, 0.0
        same = self.uncertainty or 0.0
        return self.value, same if self.up is None else self.up, same if self.down is None else self.down


class Counted(Strict):
    """What a period counted, events observed and expected, and its single event sensitivity if it was published.

    Either one window for all masses (`observed`, `background`), or one for each mass hypothesis: a table at `path`
    with the columns mass_MeV, n_observed, background, background_uncertainty.
    """

    observed: Annotated[int, Field(ge=0)] | None = None
    background: CountedBackground | None = None
    path: str | None = None
    ses: BranchingFraction | None = None
    source: str
    status: Status

    @model_validator(mode="after")
    def _one_window_or_a_table(self) -> Counted:
        one, two = self.observed is not None, self.background is not None
        if one != two or one == (self.path is not None):
            raise ValueError("a period needs 'observed' and 'background', or the 'path' of a table of both by mass")
        return self
