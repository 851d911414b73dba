"""The slots `simulation` and `inject`: event files that are made here, where no measured ones are given."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PositiveInt, model_validator

from darkaon.config.schema import Mass, PositiveQuantity, Share, Status, Strict


class SecondMasses(Strict):
    """Masses of what X decays to: `parts` of the way from `low_MeV` to half the mass of X."""

    low_MeV: Mass
    parts: Annotated[tuple[Annotated[float, Field(ge=0, le=1)], ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _rising(self) -> SecondMasses:
        if sorted(set(self.parts)) != list(self.parts) or self.parts[0] != 0 or self.parts[-1] != 1:
            raise ValueError(f"parts must rise from 0 to 1: {list(self.parts)}")
        return self


class SignalSamples(Strict):
    """Simulated signal for the acceptance."""

    masses_MeV: Annotated[tuple[Mass, ...], Field(min_length=1)]
    second: SecondMasses | None = None  # if X decays to two particles of a mass of their own
    decays: PositiveInt  # per mass

    @property
    def nodes(self) -> list[tuple[float, float | None]]:
        """Mass of X and of what it decays to, if that has a mass of its own [MeV]; the second one runs fastest."""
        if self.second is None:
            return [(mass, None) for mass in self.masses_MeV]
        low, parts = self.second.low_MeV, self.second.parts
        return [(mass, (1 - part) * low + part * mass / 2) for mass in self.masses_MeV for part in parts]


class BackgroundSamples(Strict):
    """Simulated samples of the components of the background."""

    decays: PositiveInt  # per component


class RecoilSpectrum(Strict):
    """A smooth spectrum of candidates: one visible track, and a recoil mass that is drawn from a table.

    The table (mass_MeV, events_per_MeV) is the density of selected candidates in all data; its logarithm is a cubic
    spline between the points.
    """

    decay: str  # what is seen: a name in darkaon.simulation.decays
    path: str
    status: Status


class Simulation(Strict):
    """How the simulated event files are made (darkaon.simulation).

    The data are decays with their numbers of candidates, a smooth spectrum, or the sum of the components of the
    background. Where that is more than need be simulated, `fraction` of it is: it multiplies the candidates and the
    normalisation alike, so that all results are those of so much of the data.
    """

    experiment: str = "na62"  # a name in darkaon.simulation.experiment
    # a name in darkaon.simulation.decays -> mean number of selected candidates, all periods together
    decays: Annotated[dict[str, PositiveQuantity], Field(min_length=1)] | None = None
    spectrum: RecoilSpectrum | None = None
    fraction: Share = 1.0  # of the candidates and of the normalisation, which are those of all data
    smearing: PositiveQuantity  # factor on the nominal resolutions
    signal: SignalSamples
    background: BackgroundSamples | None = None

    @model_validator(mode="after")
    def _fraction_of_candidates(self) -> Simulation:
        if self.decays is not None and self.spectrum is not None:
            raise ValueError("the data are 'decays' or a 'spectrum', not both")
        if self.fraction < 1 and self.decays is None and self.spectrum is None:
            raise ValueError("'fraction' goes with 'decays' and their numbers of candidates, or with 'spectrum'")
        return self


class Injection(Strict):
    """A signal put into the simulated data: B is B(K -> pi X) x B(X -> final state)."""

    mass_MeV: Mass
    branching_ratio: Share
