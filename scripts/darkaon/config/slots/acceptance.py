"""The slot `acceptance`: which part of the signal is counted."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from darkaon.config.schema import BranchingFraction, Efficiency, Mass, Status, Strict
from darkaon.config.slots.events import Cut


class SimulatedAcceptance(Strict):
    """The fraction of simulated decays that is selected and inside the window, times `efficiency`."""

    kind: Literal["simulation"]
    efficiency: Efficiency | None = None  # of what the simulation leaves out: trigger, identification, matching
    ratio_MeV: tuple[Mass, Mass] | None = None  # masses whose acceptances are compared in print


class SelectedAcceptance(Strict):
    """The fraction of simulated decays that passes `selection`, times `efficiency`: for published counts.

    Decays are simulated and selected at once; no events are kept.
    """

    kind: Literal["selection"]
    selection: Annotated[tuple[Cut, ...], Field(min_length=1)]
    source: str  # of the cuts
    status: Status
    efficiency: Efficiency | None = None  # of what the simulation leaves out


class Given(Strict):
    """An acceptance that is not simulated here: where events are prescaled, it must hold that too, and say so."""

    prescaled: bool = False  # whether it holds events.runs.prescale


class ConstantAcceptance(BranchingFraction, Given):
    """The same acceptance for all masses."""

    kind: Literal["constant"]


class TabulatedAcceptance(Given):
    """Acceptance against mass from a table (mass_MeV, acceptance, acceptance_error), interpolated linearly."""

    kind: Literal["table"]
    path: str


class BoxAcceptance(Strict):
    """The part of a Gaussian of the resolution around m_X^2 that is inside the box."""

    kind: Literal["box"]


AcceptanceKind = Annotated[
    SimulatedAcceptance | SelectedAcceptance | ConstantAcceptance | TabulatedAcceptance | BoxAcceptance,
    Field(discriminator="kind"),
]
