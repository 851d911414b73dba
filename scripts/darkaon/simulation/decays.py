"""The decays that can be simulated, by name. A new one is a function in the module of its family and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from darkaon.config.schema import check_known, nearest
from darkaon.constants import M_ELECTRON, M_KAON, M_MUON, M_PI0, M_PION, MEV
from darkaon.errors import InputError
from darkaon.simulation import dalitz, four_electrons, kaon_pion, muon_neutrinos
from darkaon.simulation.decay import Decay, Draw
from darkaon.simulation.leptonic import lepton_and_recoil
from darkaon.typing import Array


@dataclass(frozen=True)
class Signal:
    """A decay to X.

    Attributes:
        decay: of the mass of X [GeV]; and of that of the two particles to which X decays, if `low2` is given.
        low, high: where the mass of X can be [GeV]: low <= mass < high; both 0 where there is no X.
        low2: from where to half the mass of X the second one can be [GeV].
    """

    decay: Callable[..., Decay]
    low: float
    high: float
    low2: float | None = None


def _tracks(charges: tuple[int, ...], draw: Callable[..., Draw], *, escapes: bool = False) -> Callable[..., Decay]:
    """The decay to tracks of these charges, of the masses [GeV] that `draw` takes."""
    return lambda *masses: Decay(charges, draw(*masses), escapes)


DIMUON, DIGAMMA, FOUR_ELECTRONS = (1, 1, -1), (1, 0, 0), (1, 1, -1, 1, -1)  # charges: the pion and what X decays to
STANDARD_MODEL = {
    "pi_nunu": Decay((1,), kaon_pion.pi_nunu),
    "pi_mumu": Decay(DIMUON, kaon_pion.pi_mumu),
    "pi_gammagamma": Decay(DIGAMMA, kaon_pion.pi_gammagamma),
    "pi_gammagamma_flat": Decay(DIGAMMA, kaon_pion.pi_gammagamma_flat),
    "pi_pi0_dalitz": Decay(dalitz.CHARGES, dalitz.standard_model(dalitz.pi_pi0)),
    "pi0_mu_nu_dalitz": Decay(dalitz.CHARGES, dalitz.standard_model(dalitz.pi0_mu_nu)),
}
RECOIL: dict[str, Callable[[Array | float], Decay]] = {  # of a recoil mass [GeV]: one, or one for each decay
    "kaon_to_electron": partial(lepton_and_recoil, M_KAON, M_ELECTRON),
    "kaon_to_muon": partial(lepton_and_recoil, M_KAON, M_MUON),
    "pion_to_electron": partial(lepton_and_recoil, M_PION, M_ELECTRON),
}
PION_END, MUON_END = M_KAON - M_PION, M_KAON - M_MUON  # the largest mass beside them
SIGNAL: dict[tuple[str, ...], Signal] = {  # process and final state of a search, and the channel if it has several
    ("K+ -> pi+ X", "invisible"): Signal(_tracks((1,), kaon_pion.pi_x_invisible, escapes=True), 0.0, PION_END),
    ("K+ -> pi+ X", "mumu"): Signal(_tracks(DIMUON, kaon_pion.pi_x_mumu), 2 * M_MUON, PION_END),
    ("K+ -> e+ X", "invisible"): Signal(RECOIL["kaon_to_electron"], 0.0, M_KAON - M_ELECTRON),
    ("K+ -> mu+ X", "invisible"): Signal(RECOIL["kaon_to_muon"], 0.0, MUON_END),
    ("pi+ -> e+ X", "invisible"): Signal(RECOIL["pion_to_electron"], 0.0, M_PION - M_ELECTRON),
    ("K+ -> pi+ X", "gammagamma"): Signal(_tracks(DIGAMMA, kaon_pion.pi_x_gammagamma), 1e-5, PION_END),
    ("K+ -> mu+ nu X", "invisible"): Signal(_tracks((1,), muon_neutrinos.mu_nu_x), MEV, MUON_END),
    ("K+ -> mu+ nu V", "invisible"): Signal(_tracks((1,), muon_neutrinos.mu_nu_v), MEV, MUON_END),
    ("K+ -> mu+ nu nu nu", "invisible"): Signal(lambda _: Decay((1,), muon_neutrinos.mu_3nu), 0.0, 0.0),
    ("K+ -> pi+ a a", "4e"): Signal(_tracks(FOUR_ELECTRONS, four_electrons.pi_aa), 2 * M_ELECTRON, PION_END / 2),
    ("K+ -> pi+ S", "4e"): Signal(
        _tracks(FOUR_ELECTRONS, four_electrons.pi_s), 4 * M_ELECTRON, PION_END, low2=2 * M_ELECTRON
    ),
    ("K+ -> pi+ e+ e- e+ e-", "4e"): Signal(lambda _: Decay(FOUR_ELECTRONS, four_electrons.pi_4e), 0.0, 0.0),
} | {
    ("pi0 -> gamma X", "ee", channel): Signal(
        _tracks(dalitz.CHARGES, partial(dalitz.dark_photon, source)), 2 * M_ELECTRON, M_PI0
    )
    for channel, source in (("pi_pi0", dalitz.pi_pi0), ("pi0_mu_nu", dalitz.pi0_mu_nu))
}


def standard_model(name: str, source: str) -> Decay:
    """The decay that `simulation.decays`, or a component of the background, of the search `source` names.

    Raises:
        InputError: there is no such decay.
    """
    check_known(name, STANDARD_MODEL, f"{source}: there is no simulation of the decay {name!r}")
    return STANDARD_MODEL[name]


def recoil(name: str, source: str) -> Callable[[Array | float], Decay]:
    """What `simulation.spectrum.decay` of the search `source` names: a decay for given recoil masses [GeV].

    Raises:
        InputError: there is no such decay.
    """
    check_known(name, RECOIL, f"{source}: simulation.spectrum.decay: {name!r} is not known")
    return RECOIL[name]


def signal(
    process: str, final_state: str, mass_MeV: float, source: str, channel: str = "", *, mass2_MeV: float | None = None
) -> Decay:
    """The signal of the search `source` at a mass of X, and of what X decays to if that has a mass of its own.

    From one channel, if the search is normalised to several.

    Raises:
        InputError: no simulation of that process, final state and channel, a mass outside the kinematic range, a
            second mass too many or missing.
    """
    key = (process, final_state, *([channel] if channel else []))
    if key not in SIGNAL:
        known = list(dict.fromkeys(final for of, final, *_ in SIGNAL if of == process))
        channels = [name for of, final, *rest in SIGNAL if (of, final) == (process, final_state) for name in rest]
        if channels:
            raise InputError(
                f"{source}: normalisation.channels: there is no simulation of {channel!r}"
                f"{nearest(channel, channels)}",
                remedy=f"for {process}, X -> {final_state} there is {', '.join(channels)}",
            )
        raise InputError(
            f"{source}: final_state: there is no simulation of {final_state!r}{nearest(final_state, known)}",
            remedy=f"for {process} there is {', '.join(known) or 'none'}",
        )
    found, mass = SIGNAL[key], mass_MeV * MEV
    if not (found.low <= mass < found.high or mass == found.low == found.high):
        raise InputError(
            f"{source}: X of {mass_MeV:g} MeV cannot be simulated",
            remedy=f"for {process}, X -> {final_state} its mass must "
            f"be between {found.low / MEV:.2f} and {found.high / MEV:.2f} MeV",
        )
    if (found.low2 is None) != (mass2_MeV is None):
        what = "needs a second mass" if mass2_MeV is None else "has no second mass"
        raise InputError(
            f"{source}: masses: {process}, X -> {final_state} {what}",
            remedy="change masses and simulation.signal in the search's YAML",
        )
    if found.low2 is None or mass2_MeV is None:
        return found.decay(mass)
    if not found.low2 <= mass2_MeV * MEV <= mass / 2:
        raise InputError(
            f"{source}: a second mass of {mass2_MeV:g} MeV cannot be simulated",
            remedy=f"for X of {mass_MeV:g} MeV it must be between {found.low2 / MEV:.2f} and {mass_MeV / 2:.2f} MeV",
        )
    return found.decay(mass, mass2_MeV * MEV)
