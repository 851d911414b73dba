"""The slot `normalisation`: from events to branching ratios."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat

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
    """Normalisation by a number of tagged particles, as pi0 from K+ -> pi+ pi0: B = B_tag N / (value A)."""

    kind: Literal["tagged"]
    value: PositiveFloat
    uncertainty: NotNegative = 0.0
    source: str
    status: Status
    particle: str
    mass_MeV: PositiveFloat  # of the particle: there the limit is also one on its decay to the final state
    branching_ratio: Quantity  # of the decay that tags it


class PublishedSensitivity(Strict):
    """Normalisation by the single event sensitivities in `counts`; 1/SES of the periods add, A is relative."""

    kind: Literal["counts"]


Normalisation = Annotated[
    Decays | SingleEventSensitivity | Tagged | PublishedSensitivity, Field(discriminator="kind")
]
