"""The slot `lifetime`: which part of the signal counts if X has a lifetime."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PositiveFloat, model_validator

from darkaon.config.schema import NotNegative, PositiveLifetime, PositiveQuantity, Strict


def _once(values: tuple[float, ...]) -> tuple[float, ...]:
    repeated = [value for value in values if values.count(value) > 1]
    if repeated:
        raise ValueError(f"{repeated[0]:g} ns is a duplicate; name each lifetime once")
    return values


class PromptLaw(Strict):
    """A(m, tau) = A(m, 0) (1 - exp(-tau0/tau)), eq. 3.1 of arXiv:2507.17286; without tau0 for lifetime 0 alone.

    With `vertex` (of X -> mu+ mu-) pion and muons must have a common vertex, as in simulated decays in flight: tau0
    then depends on the mass, and `tau0_ns` is its mean over the masses, which fixes the cut. `note` is said wherever
    limits at lifetimes above 0 are shown.
    """

    kind: Literal["prompt"]
    tau0_ns: PositiveQuantity | None = None
    vertex: Literal["three_tracks"] | None = None
    note: str = ""
    values_ns: Annotated[tuple[NotNegative, ...], Field(min_length=1), AfterValidator(_once)]

    @model_validator(mode="after")
    def _tau0(self) -> PromptLaw:
        if self.tau0_ns is None and any(self.values_ns):
            raise ValueError("lifetimes above 0 need 'tau0_ns'")
        if self.vertex and self.tau0_ns is None:
            raise ValueError("'vertex' needs 'tau0_ns', the mean that fixes its cut")
        return self


class EscapeLaw(Strict):
    """X must leave the detector.

    By simulation: the mean of exp(-d m / (p c tau)) over the decays, d the flight to the end of the detector; the
    same without a simulation for two-body decays whose pion lies in `pion_momentum_GeV`;
    with `kappa_m_per_GeV`, the simple law UL(tau) = UL(inf) exp(kappa m / (c tau)); with `delay_ns`, the same for
    all masses, UL(tau) = UL(inf) exp(delay / tau).
    """

    kind: Literal["escape"]
    kappa_m_per_GeV: PositiveQuantity | None = None
    delay_ns: PositiveQuantity | None = None
    pion_momentum_GeV: tuple[NotNegative, PositiveFloat] | None = None
    values_ns: Annotated[tuple[PositiveLifetime, ...], Field(min_length=1), AfterValidator(_once)]


class DisplacedLaw(Strict):
    """X must decay in a detector far from where it is made: published limits, between their lifetimes alone."""

    kind: Literal["displaced"]


class StableLaw(Strict):
    """The limits hold for X that escapes, and for nothing else."""

    kind: Literal["stable"]


Lifetime = Annotated[PromptLaw | EscapeLaw | DisplacedLaw | StableLaw, Field(discriminator="kind")]


def law_header(law: PromptLaw | EscapeLaw | DisplacedLaw | StableLaw) -> dict[str, Any]:
    """The constants of a law for the header of a table of limits; '' if it has none."""
    names = ("tau0_ns", "kappa_m_per_GeV")
    known = {name: f"{own.value:g}" if (own := getattr(law, name, None)) else "" for name in names}
    known["lifetime_note"] = getattr(law, "note", "")
    return known | {"lifetimes_ns": " ".join(f"{tau:g}" for tau in getattr(law, "values_ns", ()))}
