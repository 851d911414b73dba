"""A vector X of B - L, or of other charges of quarks and leptons, made in pi0 -> gamma X.

As the dark photon with epsilon -> g/e, times 2 x_u + x_d for the charges of the quarks. K+ -> pi+ X has no baryon
current at leading order of chiral perturbation theory and is left out, as are hadronic decays.
"""

from __future__ import annotations

import numpy as np

from darkaon.config.schema import Strict
from darkaon.constants import ELEMENTARY_CHARGE, M_ELECTRON, M_MUON
from darkaon.models.dark_photon import pi0_rate
from darkaon.models.model import Coupling, Model, Rate, from_widths, scaled
from darkaon.models.rates import vector_width


class Options(Strict):
    """Charges of the particles, those of B - L by default.

    Attributes:
        up, down: of the quarks; 2 up + down = 0 is protophobic.
        lepton: of charged leptons.
        neutrino: of the three left-handed neutrinos.
    """

    up: float = 1 / 3
    down: float = 1 / 3
    lepton: float = -1.0
    neutrino: float = -1.0


def build(options: Options) -> Model:
    """The model of these options."""
    quarks = (2 * options.up + options.down) ** 2 / ELEMENTARY_CHARGE**2

    widths: dict[str, Rate] = {
        "invisible": lambda mass: options.neutrino**2 * mass / (8 * np.pi),
        "ee": lambda mass: options.lepton**2 * vector_width(mass, M_ELECTRON),
        "mumu": lambda mass: options.lepton**2 * vector_width(mass, M_MUON),
    }
    decays, lifetime = from_widths(widths, power=2)
    return Model(
        coupling=Coupling("g", "$g$", 1e-8, 1.0, 1e-3),
        production={"pi0 -> gamma X": scaled(lambda mass: quarks * pi0_rate(mass), 2)},
        decays=decays,
        power_law=True,
        lifetime_ns=lifetime,
        decay_notes="hadronic decays left out",
    )
