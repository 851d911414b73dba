"""The slots `simulation` and `inject`: event files that are made here, where no measured ones are given."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from darkaon.settings import NotNegative, Quantity, Share, Status, Strict


class SignalSamples(Strict):
    """Simulated K -> pi X samples for the acceptance."""

    masses_MeV: Annotated[tuple[NotNegative, ...], Field(min_length=4)]
    decays: PositiveInt  # per mass


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
    decays: Annotated[dict[str, Quantity], Field(min_length=1)] | None = None
    spectrum: RecoilSpectrum | None = None
    fraction: Share = 1.0  # of the candidates and of the normalisation, which are those of all data
    smearing: Quantity  # factor on the nominal resolutions
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

    mass_MeV: PositiveFloat
    branching_ratio: PositiveFloat
