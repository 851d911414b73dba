"""The slots `simulation` and `inject`: event files that are made here, where no measured ones are given."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from darkaon.settings import NotNegative, Quantity, Share, Strict


class SignalSamples(Strict):
    """Simulated K -> pi X samples for the acceptance."""

    masses_MeV: Annotated[tuple[NotNegative, ...], Field(min_length=4)]
    decays: PositiveInt  # per mass


class BackgroundSamples(Strict):
    """Simulated samples of the components of the background."""

    decays: PositiveInt  # per component


class Simulation(Strict):
    """How the simulated event files are made (darkaon.simulation).

    The data are one decay with its number of candidates, or the sum of the components of the background. Where that
    is more than need be simulated, `fraction` of it is: it multiplies the candidates and the normalisation alike, so
    that all results are those of so much of the data.
    """

    experiment: str = "na62"  # a name in darkaon.simulation.experiment
    decay: str | None = None  # the Standard Model decay, a name in darkaon.simulation.decays
    candidates: Quantity | None = None  # mean number of selected candidates, all periods together
    fraction: Share = 1.0  # of `candidates` and of the normalisation, which are those of all data
    smearing: Quantity  # factor on the nominal resolutions
    signal: SignalSamples
    background: BackgroundSamples | None = None

    @model_validator(mode="after")
    def _decay_has_candidates(self) -> Simulation:
        if (self.decay is None) != (self.candidates is None):
            raise ValueError("'decay' and 'candidates' go together (neither: the data are background.components)")
        if self.fraction < 1 and self.decay is None:
            raise ValueError("'fraction' goes with 'decay' and 'candidates'")
        return self


class Injection(Strict):
    """A signal put into the simulated data: B is B(K -> pi X) x B(X -> final state)."""

    mass_MeV: PositiveFloat
    branching_ratio: PositiveFloat
