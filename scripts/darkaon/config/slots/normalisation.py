"""The slot `normalisation`: from events to branching ratios."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from darkaon.config.schema import BranchingFraction, Efficiency, KnownQuantity, Mass, Strict


class Number(KnownQuantity):
    """A number of decays or particles, 1 or more."""

    @model_validator(mode="after")
    def _at_least_1(self) -> Number:
        if self.value < 1:
            raise ValueError(f"value: {self.value:g} is below 1, and is a number; see the sign of its exponent")
        return self


class Decays(Number):
    """Normalisation by the effective number of kaon decays, eq. 3.2 of arXiv:2507.17286."""

    kind: Literal["decays"]


class Channel(Strict):
    """A decay of the kaon that makes the particle whose decay is searched for.

    `efficiency` is that of what the simulation of its signal leaves out: trigger, identification, further cuts.
    """

    branching_ratio: BranchingFraction
    efficiency: Efficiency | None = None

    @property
    def effective(self) -> float:
        """Branching ratio times efficiency."""
        return self.branching_ratio.value * (self.efficiency.value if self.efficiency else 1.0)


class Channels(Number):
    """Normalisation by the effective number of kaon decays, with the signal from several of them.

    As pi0 -> gamma X with the pi0 from K+ -> pi+ pi0 and from K+ -> pi0 mu+ nu: N = value sum_c B_c A_c B(X). Every
    channel has a simulated signal of its own, whose row in config/samples.csv has the channel for a period.
    """

    kind: Literal["channels"]
    channels: Annotated[dict[str, Channel], Field(min_length=1)]


class SingleEventSensitivity(Strict):
    """Normalisation by the single event sensitivity of another decay, eq. 2.2 of arXiv:2507.17286.

    SES_X = SES A/A_X, A and SES those of the component `component` of the background; the periods' 1/SES add.
    """

    kind: Literal["ses"]
    component: str


class Tagged(Number):
    """Normalisation by a number of tagged particles, as pi0 from K+ -> pi+ pi0: B = B_tag N / (value A).

    Where the process is the tagged particle's own decay, as pi0 -> gamma X, there is no B_tag: B = N / (value A).
    """

    kind: Literal["tagged"]
    particle: str
    mass_MeV: Mass | None = None  # of the particle: there the limit is also one on its decay
    branching_ratio: BranchingFraction | None = None  # of the decay that tags it

    @model_validator(mode="after")
    def _together(self) -> Tagged:
        if (self.mass_MeV is None) != (self.branching_ratio is None):
            raise ValueError("'mass_MeV' and 'branching_ratio' go together (neither: the particle's own decay)")
        return self


class PublishedSensitivity(Strict):
    """Normalisation by the single event sensitivities in `counts`; 1/SES of the periods add, A is relative."""

    kind: Literal["counts"]


class Unnormalised(Strict):
    """No normalisation: the search ends with limits on signal events, without signal, acceptance or lifetime."""

    kind: Literal["none"]


Normalisation = Annotated[
    Decays | Channels | SingleEventSensitivity | Tagged | PublishedSensitivity | Unnormalised,
    Field(discriminator="kind"),
]
