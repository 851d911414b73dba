"""Constants of nature, each standing once. Natural units (GeV) unless the name says otherwise.

Masses and widths are the PDG's, as the ``particle`` package has them: a test compares each. It is not imported, since
to make its particles would cost every program 0.4 s. Configuration numbers that carry a status (single event
sensitivities, yields) are not constants: they live in ``config/searches``.
"""

from cmath import rect
from math import pi, radians, sqrt
from typing import Final

MEV: Final = 1e-3  # GeV
HBAR_GEV_NS: Final = 6.582119569e-25 * 1e9  # CODATA, exact
SPEED_OF_LIGHT_M_PER_NS: Final = 0.299792458  # exact

# Masses, GeV (PDG)
M_ELECTRON: Final = 0.51099895069 * MEV
M_MUON: Final = 105.6583755 * MEV
M_TAU: Final = 1776.93 * MEV
M_PION: Final = 139.57039 * MEV
M_PI0: Final = 134.9768 * MEV
M_KAON: Final = 493.677 * MEV
M_K0: Final = 497.611 * MEV
M_ETA: Final = 547.862 * MEV
M_ETA_PRIME: Final = 957.78 * MEV
M_RHO: Final = 775.26 * MEV

WIDTH_KAON: Final = 5.317e-14 * MEV  # K+, GeV
WIDTH_KL: Final = HBAR_GEV_NS / 51.16  # PDG lifetime [ns], which `particle` rounds
WIDTH_KS: Final = 7.3508e-12 * MEV

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
M_W: Final = 80362.0 * MEV
M_Z: Final = 91187.9 * MEV
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
