"""Constants of nature, each standing once. Natural units (GeV) unless the name says otherwise.

Masses and widths come from the ``particle`` package (PDG); what it does not have stands below
with its source. Configuration numbers that carry a status (single event sensitivities, yields) are not
constants: they live in ``config/searches``.
"""

import csv
from cmath import rect
from importlib.util import find_spec
from math import pi, radians, sqrt
from pathlib import Path
from typing import Final


def _table() -> dict[int, dict[str, str]]:
    """The newest table of `particle`, by PDG id; to make all its particles costs each program 0.4 s."""
    (folder,) = find_spec("particle").submodule_search_locations  # type: ignore[union-attr,misc]
    newest = max((Path(folder) / "data").glob("particle20*.csv"))
    with newest.open(encoding="utf-8") as stream:
        rows = csv.DictReader(line for line in stream if not line.startswith("#"))
        return {int(row["ID"]): row for row in rows}


_PARTICLES = _table()


def _mass(pdgid: int) -> float:
    return float(_PARTICLES[pdgid]["Mass"]) * 1e-3


def _width(pdgid: int) -> float:
    return float(_PARTICLES[pdgid]["Width"]) * 1e-3


MEV: Final = 1e-3  # GeV
HBAR_GEV_NS: Final = 6.582119569e-25 * 1e9  # CODATA, exact
SPEED_OF_LIGHT_M_PER_NS: Final = 0.299792458  # exact

# Masses, GeV (PDG, through `particle`)
M_ELECTRON: Final = _mass(11)
M_MUON: Final = _mass(13)
M_TAU: Final = _mass(15)
M_PION: Final = _mass(211)
M_PI0: Final = _mass(111)
M_KAON: Final = _mass(321)
M_K0: Final = _mass(311)
M_ETA: Final = _mass(221)
M_ETA_PRIME: Final = _mass(331)
M_RHO: Final = _mass(113)

WIDTH_KAON: Final = _width(321)  # K+, GeV
WIDTH_KL: Final = HBAR_GEV_NS / 51.16  # PDG lifetime [ns], which `particle` rounds
WIDTH_KS: Final = _width(310)

# Couplings (PDG)
ALPHA: Final = 1 / 137.036
ELEMENTARY_CHARGE: Final = sqrt(4 * pi * ALPHA)
G_FERMI: Final = 1.1663788e-5  # GeV^-2
HIGGS_VEV: Final = (sqrt(2) * G_FERMI) ** -0.5  # 246.22 GeV
F_PION: Final = 0.1302  # GeV

# CP violation in the mixing of neutral kaons (PDG)
EPSILON_K: Final = rect(2.228e-3, radians(43.52))

# CKM product V_td^* V_ts (PDG)
V_TD_CONJ_V_TS: Final = complex(-3.228e-4, -1.421e-4)
# CKM matrix (PDG, global fit): sines of the angles 12, 23, 13 and the phase
CKM_SINES: Final = (0.22501, 0.04183, 0.003732)
CKM_PHASE: Final = 1.147

# Branching fractions (PDG)
B_KAON_E_NU: Final = 1.582e-5
B_KAON_MU_NU: Final = 0.6356
B_PION_E_NU: Final = 1.230e-4
B_PI0_GAMMA_GAMMA: Final = 0.98823

# Quark masses (PDG), GeV
M_UP: Final = 2.16e-3  # MSbar at 2 GeV, as are the next two
M_DOWN: Final = 4.70e-3
M_STRANGE: Final = 93.5e-3
M_TOP_POLE: Final = 172.57
M_TOP_MSBAR: Final = 162.5  # m_t(m_t)
M_BOTTOM_MSBAR: Final = 4.18  # m_b(m_b)
M_CHARM_MSBAR: Final = 1.27  # m_c(m_c)

# Electroweak scale (PDG)
M_W: Final = _mass(24)
M_Z: Final = _mass(23)
ALPHA_S_MZ: Final = 0.1180
ALPHA_MZ: Final = 1 / 127.95
ALPHA_2GEV: Final = 1 / 133.3  # from the last, at one loop
SIN2_THETA_W: Final = 0.23122
V_UD: Final = 0.97435  # global fit, as is the next
V_US: Final = 0.22501
# Yukawa couplings at m_t: of running quark masses 1.25 MeV, 0.63 GeV; 2.8 MeV, 54 MeV, 2.82 GeV, and of lepton masses
YUKAWAS_UP: Final = (7.2e-6, 3.6e-3, sqrt(2) * M_TOP_MSBAR / HIGGS_VEV)
YUKAWAS_DOWN: Final = (1.6e-5, 3.1e-4, 0.0162)
YUKAWAS_LEPTON: Final = (2.9e-6, 6.1e-4, 0.0102)
