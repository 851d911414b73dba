"""The slot `masses`: the mass hypotheses."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, model_validator

from darkaon.config.schema import NotNegative, Strict


class ResolutionSteps(Strict):
    """`count` masses from start to stop, evenly spaced in u = integral dm / sigma_m."""

    kind: Literal["resolution_steps"]
    start: PositiveFloat
    stop: PositiveFloat
    count: Annotated[int, Field(ge=2)]

    @model_validator(mode="after")
    def _ordered(self) -> ResolutionSteps:
        if not self.start < self.stop:
            raise ValueError(f"start ({self.start}) must be below stop ({self.stop})")
        return self


class Steps(Strict):
    """Masses `step` apart in one or several ranges, both ends included as far as the step reaches."""

    kind: Literal["step"]
    step: PositiveFloat
    ranges: Annotated[tuple[tuple[NotNegative, PositiveFloat], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ordered(self) -> Steps:
        rising(self.ranges)
        return self


class Listed(Strict):
    """Masses one by one; a single one too."""

    kind: Literal["list"]
    values: Annotated[tuple[NotNegative, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _rising(self) -> Listed:
        if sorted(set(self.values)) != list(self.values):
            raise ValueError(f"values must rise: {list(self.values)}")
        return self


class Plane(Strict):
    """Masses of X, and of the two particles to which it decays: `step2` apart from `low2` to half the mass of X."""

    kind: Literal["plane"]
    step: PositiveFloat
    ranges: Annotated[tuple[tuple[NotNegative, PositiveFloat], ...], Field(min_length=1)]
    step2: PositiveFloat
    low2: NotNegative

    @model_validator(mode="after")
    def _possible(self) -> Plane:
        rising(self.ranges)
        if self.ranges[0][0] < 2 * self.low2:
            raise ValueError(f"X of {self.ranges[0][0]:g} MeV is lighter than two particles of low2 = {self.low2:g}")
        return self


def rising(ranges: tuple[tuple[float, float], ...]) -> None:
    """Refuse ranges that do not rise.

    Raises:
        ValueError: they overlap, or an end comes before its start.
    """
    ends = [end for pair in ranges for end in pair]
    if sorted(set(ends)) != ends:
        raise ValueError(f"ranges must rise and not overlap: {[list(pair) for pair in ranges]}")


Masses = Annotated[ResolutionSteps | Steps | Listed | Plane, Field(discriminator="kind")]
