"""The slot `normalisation`: from events to branching ratios."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, model_validator

from darkaon.settings import NotNegative, Quantity, Status, Strict


class Decays(Strict):
    """Normalisation by the effective number of kaon decays, eq. 3.2 of arXiv:2507.17286."""

    kind: Literal["decays"]
    value: PositiveFloat
    uncertainty: NotNegative = 0.0
    source: str
    status: Status


class SingleEventSensitivity(Strict):
    """Normalisation by the single event sensitivity of another decay, eq. 2.2 of arXiv:2507.17286.

    SES_X = SES A/A_X, A and SES those of the component `component` of the background; the periods' 1/SES add.
    """

    kind: Literal["ses"]
    component: str


class Tagged(Strict):
    """Normalisation by a number of tagged particles, as pi0 from K+ -> pi+ pi0: B = B_tag N / (value A).

    Where the process is the tagged particle's own decay, as pi0 -> gamma X, there is no B_tag: B = N / (value A).
    """

    kind: Literal["tagged"]
    value: PositiveFloat
    uncertainty: NotNegative = 0.0
    source: str
    status: Status
    particle: str
    mass_MeV: PositiveFloat | None = None  # of the particle: there the limit is also one on its decay
    branching_ratio: Quantity | None = None  # of the decay that tags it

    @model_validator(mode="after")
    def _together(self) -> Tagged:
        if (self.mass_MeV is None) != (self.branching_ratio is None):
            raise ValueError("'mass_MeV' and 'branching_ratio' go together (neither: the particle's own decay)")
        return self


class PublishedSensitivity(Strict):
    """Normalisation by the single event sensitivities in `counts`; 1/SES of the periods add, A is relative."""

    kind: Literal["counts"]


Normalisation = Annotated[
    Decays | SingleEventSensitivity | Tagged | PublishedSensitivity, Field(discriminator="kind")
]
