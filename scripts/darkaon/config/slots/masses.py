"""The slot `masses`: the mass hypotheses."""

from __future__ import annotations

import warnings
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, model_validator

from darkaon.config.schema import Mass, Strict

MOST = 100_000  # hypotheses: more fill the memory, and no resolution tells them apart


class ResolutionSteps(Strict):
    """`count` masses from start to stop, evenly spaced in u = integral dm / sigma_m."""

    kind: Literal["resolution_steps"]
    start: Mass
    stop: Mass
    count: Annotated[int, Field(ge=2, le=MOST)]

    @model_validator(mode="after")
    def _ordered(self) -> ResolutionSteps:
        if not self.start < self.stop:
            raise ValueError(f"start ({self.start}) must be below stop ({self.stop})")
        _like_gev(self.stop)
        return self


class Steps(Strict):
    """Masses `step` apart in one or several ranges, both ends included as far as the step reaches."""

    kind: Literal["step"]
    step: PositiveFloat
    ranges: Annotated[tuple[tuple[Mass, Mass], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ordered(self) -> Steps:
        rising(self.ranges)
        _not_too_many(sum((high - low) / self.step + 1 for low, high in self.ranges), self.step)
        _like_gev(self.ranges[-1][-1])
        return self


class Listed(Strict):
    """Masses one by one; a single one too."""

    kind: Literal["list"]
    values: Annotated[tuple[Mass, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _rising(self) -> Listed:
        if sorted(set(self.values)) != list(self.values):
            raise ValueError(f"values must rise: {list(self.values)}")
        _like_gev(self.values[-1])
        return self


class Plane(Strict):
    """Masses of X, and of the two particles to which it decays: `step2` apart from `low2` to half the mass of X."""

    kind: Literal["plane"]
    step: PositiveFloat
    ranges: Annotated[tuple[tuple[Mass, Mass], ...], Field(min_length=1)]
    step2: PositiveFloat
    low2: Mass

    @model_validator(mode="after")
    def _possible(self) -> Plane:
        rising(self.ranges)
        pairs = (
            ((high - low) / self.step + 1) * (((low + high) / 4 - self.low2) / self.step2 + 1)
            for low, high in self.ranges
        )
        _not_too_many(sum(pairs), min(self.step, self.step2))
        if self.ranges[0][0] < 2 * self.low2:
            raise ValueError(f"X of {self.ranges[0][0]:g} MeV is lighter than two particles of low2 = {self.low2:g}")
        return self


def _not_too_many(count: float, step: float) -> None:
    if count > MOST:
        raise ValueError(f"steps of {step:g} MeV make {count:.0f} hypotheses, more than {MOST}; take larger steps")


def _like_gev(last: float) -> None:
    if 0 < last < 1:
        warnings.warn(f"masses: they end at {last:g} MeV: are they in GeV?", stacklevel=2)


def rising(ranges: tuple[tuple[float, float], ...]) -> None:
    """Refuse ranges that do not rise.

    Raises:
        ValueError: they overlap, or an end comes before its start.
    """
    ends = [end for pair in ranges for end in pair]
    if sorted(set(ends)) != ends:
        raise ValueError(f"ranges must rise and not overlap: {[list(pair) for pair in ranges]}")


Masses = Annotated[ResolutionSteps | Steps | Listed | Plane, Field(discriminator="kind")]
