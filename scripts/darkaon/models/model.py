"""What a model is: production, decays and lifetime as functions of mass and coupling.

Every function takes a mass [MeV] and a coupling (arrays that broadcast) and returns an array. Nothing else is
known about a model downstream, so a model of the reader's own is three functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from darkaon.constants import HBAR_GEV_NS, MEV
from darkaon.typing import Array

Rate = Callable[[Array], Array]  # of the mass in GeV, at unit coupling
Function = Callable[[Any, Any], Array]  # of the mass in MeV and the coupling
Factor = Callable[[Any], Array]  # of the mass in MeV

PROCESSES = (
    "K+ -> pi+ X", "pi0 -> gamma X", "K+ -> mu+ X", "K+ -> e+ X", "pi+ -> e+ X", "KL -> pi0 X", "KS -> pi0 X",
    "KL -> pi0 pi0 X", "KL -> gamma X", "KL -> X X", "K+ -> pi+ pi0 X", "K+ -> mu+ nu X", "K+ -> mu+ nu V",
    "K+ -> pi+ a a",
)  # fmt: skip
FINAL_STATES = ("invisible", "mumu", "ee", "gammagamma", "pipi", "4gamma", "4e")


@dataclass(frozen=True)
class Coupling:
    """The coupling that a model is drawn against.

    Attributes:
        name: plain identifier, as in ``epsilon`` or ``sin2_theta``.
        label: for axes (mathtext).
        low: smallest coupling considered.
        high: largest coupling considered.
        reference: the coupling at which lifetimes are tabulated.
        unit: empty if it has none.
        power: branching fractions and widths grow as coupling**power.
    """

    name: str
    label: str
    low: float
    high: float
    reference: float
    unit: str = ""
    power: int = 2


@dataclass(frozen=True)
class Model:
    """A dark-sector model as the searches see it.

    Attributes:
        coupling: what it is drawn against.
        production: process -> branching fraction B(mass_MeV, coupling).
        decays: final state -> branching fraction of X (mass_MeV, coupling). A search for X escaping (final
            state ``invisible``) constrains every model through its lifetime, whether or not it stands here;
            ``invisible`` is what no detector sees, all that is not counts as visible.
        lifetime_ns: proper lifetime (mass_MeV, coupling); inf: X escapes.
        id, title: stem and title of its YAML.
        band: process -> (low, high), the theory uncertainty as factors on B, functions of mass_MeV.
        notes: what a figure must say about the choices made in production.
        decay_notes: the same of decays and lifetime.
        variations: the same model with other options, where lifetime or decays differ too.
        quantities: name -> function of mass and coupling, on which limits may be published in place of a branching
            fraction, as |U_e4|^2.
        power_law: whether branching fractions of production and widths all grow as coupling**power; edges of
            exclusions are then found without a scan.
        continue_lifetimes: how far limits on an escaping X are continued below the tabulated lifetimes, one of
            `exclusion.lifetime.CONTINUATIONS`.
        least_lifetime_ns: final state -> lifetime below which such limits are not used where X decays mostly so.
    """

    coupling: Coupling
    production: Mapping[str, Function]
    decays: Mapping[str, Function]
    lifetime_ns: Function
    id: str = ""
    title: str = ""
    band: Mapping[str, tuple[Factor, Factor]] = field(default_factory=dict)
    notes: str = ""
    decay_notes: str = ""
    variations: tuple[Model, ...] = ()
    power_law: bool = False
    quantities: Mapping[str, Function] = field(default_factory=dict)
    continue_lifetimes: str = "tabulated"
    least_lifetime_ns: Mapping[str, float] = field(default_factory=dict)

    def meets(self, process: str, final_state: str, quantity: str = "") -> bool:
        """Whether a search for this process and final state constrains the model, by limits on this quantity."""
        known = not quantity or quantity in self.quantities
        return known and process in self.production and (final_state == "invisible" or final_state in self.decays)

    def in_terms_of(self, quantity: str, process: str) -> Model:
        """The model with a quantity (see `quantities`) in the place of the branching fraction of a process.

        Limits that were published on a coupling are then compared with it, without a rate and its uncertainty. An
        empty `quantity` is the branching fraction: the model itself.
        """
        if not quantity:
            return self
        return replace(
            self,
            production={**self.production, process: self.quantities[quantity]},
            band={name: ends for name, ends in self.band.items() if name != process},
            variations=tuple(other.in_terms_of(quantity, process) for other in self.variations),
        )

    def signal(self, process: str, final_state: str, mass_MeV: Any, coupling: Any) -> Array:
        """B(process) times the branching fraction of X that the search looks for.

        For ``invisible`` this is B(process) alone: the escape of an X that decays visibly is part of the
        limit, which is tabulated in the lifetime.
        """
        produced = self.production[process](mass_MeV, coupling)
        return produced if final_state == "invisible" else produced * self.decays[final_state](mass_MeV, coupling)

    def fraction(self, final_state: str, mass_MeV: Any, coupling: Any) -> Array:
        """Branching fraction of X to a final state; 0 if the model does not have it."""
        if final_state in self.decays:
            return self.decays[final_state](mass_MeV, coupling)
        return np.zeros(np.broadcast_shapes(np.shape(mass_MeV), np.shape(coupling)))

    def theory_factors(self, process: str, mass_MeV: Any) -> tuple[Array, Array]:
        """The lower and upper factor on B(process) from the theory uncertainty; 1 where none is stated."""
        one = np.ones_like(np.asarray(mass_MeV, dtype=float))
        if process not in self.band:
            return one, one
        low, high = self.band[process]
        return low(mass_MeV) * one, high(mass_MeV) * one


def scaled(rate: Rate, power: int) -> Function:
    """The function rate(mass) * coupling**power of a rate at unit coupling."""

    def function(mass_MeV: Any, coupling: Any) -> Array:
        return rate(np.asarray(mass_MeV, dtype=float) * MEV) * np.asarray(coupling, dtype=float) ** power

    return function


def from_widths(widths: Mapping[str, Rate], power: int) -> tuple[dict[str, Function], Function]:
    """Branching fractions and lifetime of an X whose partial widths [GeV] all grow as coupling**power.

    Where no channel is open the branching fractions are 0 and the lifetime is inf.
    """

    def total(mass: Array) -> Array:
        return np.sum([width(mass) for width in widths.values()], axis=0)

    def fraction(width: Rate) -> Function:
        def function(mass_MeV: Any, coupling: Any) -> Array:
            mass = np.asarray(mass_MeV, dtype=float) * MEV
            everything = total(mass)
            part = np.divide(width(mass), everything, out=np.zeros_like(everything), where=everything > 0)
            return part * np.ones_like(np.asarray(coupling, dtype=float))

        return function

    decays, width = {name: fraction(width) for name, width in widths.items()}, scaled(total, power)
    return decays, lambda mass_MeV, coupling: lifetime_of(width(mass_MeV, coupling))


def lifetime_of(width: Array) -> Array:
    """Lifetime [ns] of a total width [GeV], any shape; inf for a width of 0."""
    return np.divide(HBAR_GEV_NS, width, out=np.full_like(width, np.inf), where=width > 0)


def escapes() -> tuple[dict[str, Function], Function]:
    """Decays and lifetime of an X that is stable or decays to what no detector sees."""

    def one(mass_MeV: Any, coupling: Any) -> Array:
        return np.ones(np.broadcast_shapes(np.shape(mass_MeV), np.shape(coupling)))

    def forever(mass_MeV: Any, coupling: Any) -> Array:
        return np.full(np.broadcast_shapes(np.shape(mass_MeV), np.shape(coupling)), np.inf)

    return {"invisible": one}, forever


def relative(down: float, up: float) -> tuple[Factor, Factor]:
    """A theory band of constant relative size: B times (1 - down) to (1 + up)."""
    return (
        lambda mass_MeV: np.full(np.shape(mass_MeV), 1 - down),
        lambda mass_MeV: np.full(np.shape(mass_MeV), 1 + up),
    )
