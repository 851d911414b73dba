"""The decays that can be simulated, by name. A new one is a function in the module of its family and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from darkaon.config.schema import check_known, nearest
from darkaon.constants import M_ELECTRON, M_KAON, M_MUON, M_PI0, M_PION, MEV
from darkaon.errors import InputError
from darkaon.simulation import dalitz, four_electrons, kaon_pion, muon_neutrinos
from darkaon.simulation.decay import Decay
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


FOUR_ELECTRONS = (1, 1, -1, 1, -1)  # charges: the pion and two pairs
STANDARD_MODEL = {
    "pi_nunu": Decay((1,), kaon_pion.pi_nunu),
    "pi_mumu": Decay((1, 1, -1), kaon_pion.pi_mumu),
    "pi_gammagamma": Decay((1, 0, 0), kaon_pion.pi_gammagamma),
    "pi_gammagamma_flat": Decay((1, 0, 0), kaon_pion.pi_gammagamma_flat),
    "pi_pi0_dalitz": Decay(dalitz.CHARGES, dalitz.standard_model(dalitz.pi_pi0)),
    "pi0_mu_nu_dalitz": Decay(dalitz.CHARGES, dalitz.standard_model(dalitz.pi0_mu_nu)),
}
RECOIL: dict[str, Callable[[Array | float], Decay]] = {  # of a recoil mass [GeV]: one, or one for each decay
    "kaon_to_electron": lambda mass: lepton_and_recoil(M_KAON, M_ELECTRON, mass),
    "kaon_to_muon": lambda mass: lepton_and_recoil(M_KAON, M_MUON, mass),
    "pion_to_electron": lambda mass: lepton_and_recoil(M_PION, M_ELECTRON, mass),
}
SIGNAL: dict[tuple[str, ...], Signal] = {  # process and final state of a search, and the channel if it has several
    ("K+ -> pi+ X", "invisible"): Signal(
        lambda mass: Decay((1,), kaon_pion.pi_x_invisible(mass), escapes=True), 0.0, M_KAON - M_PION
    ),
    ("K+ -> pi+ X", "mumu"): Signal(
        lambda mass: Decay((1, 1, -1), kaon_pion.pi_x_mumu(mass)), 2 * M_MUON, M_KAON - M_PION
    ),
    ("K+ -> e+ X", "invisible"): Signal(RECOIL["kaon_to_electron"], 0.0, M_KAON - M_ELECTRON),
    ("K+ -> mu+ X", "invisible"): Signal(RECOIL["kaon_to_muon"], 0.0, M_KAON - M_MUON),
    ("pi+ -> e+ X", "invisible"): Signal(RECOIL["pion_to_electron"], 0.0, M_PION - M_ELECTRON),
    ("K+ -> pi+ X", "gammagamma"): Signal(
        lambda mass: Decay((1, 0, 0), kaon_pion.pi_x_gammagamma(mass)), 1e-5, M_KAON - M_PION
    ),
    ("pi0 -> gamma X", "ee", "pi_pi0"): Signal(
        lambda mass: Decay(dalitz.CHARGES, dalitz.dark_photon(dalitz.pi_pi0, mass)), 2 * M_ELECTRON, M_PI0
    ),
    ("pi0 -> gamma X", "ee", "pi0_mu_nu"): Signal(
        lambda mass: Decay(dalitz.CHARGES, dalitz.dark_photon(dalitz.pi0_mu_nu, mass)), 2 * M_ELECTRON, M_PI0
    ),
    ("K+ -> mu+ nu X", "invisible"): Signal(
        lambda mass: Decay((1,), muon_neutrinos.mu_nu_x(mass)), MEV, M_KAON - M_MUON
    ),
    ("K+ -> mu+ nu V", "invisible"): Signal(
        lambda mass: Decay((1,), muon_neutrinos.mu_nu_v(mass)), MEV, M_KAON - M_MUON
    ),
    ("K+ -> mu+ nu nu nu", "invisible"): Signal(lambda _: Decay((1,), muon_neutrinos.mu_3nu), 0.0, 0.0),
    ("K+ -> pi+ a a", "4e"): Signal(
        lambda mass: Decay(FOUR_ELECTRONS, four_electrons.pi_aa(mass)), 2 * M_ELECTRON, (M_KAON - M_PION) / 2
    ),
    ("K+ -> pi+ S", "4e"): Signal(
        lambda mass, mass2: Decay(FOUR_ELECTRONS, four_electrons.pi_s(mass, mass2)),
        4 * M_ELECTRON,
        M_KAON - M_PION,
        2 * M_ELECTRON,
    ),
    ("K+ -> pi+ e+ e- e+ e-", "4e"): Signal(lambda _: Decay(FOUR_ELECTRONS, four_electrons.pi_4e), 0.0, 0.0),
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
