"""Numbers that other tools and papers give, against which the engine is checked. Limits at 90 % CL."""

from __future__ import annotations

CLASSICAL = (2.30259, 3.88972, 5.32232, 6.68078, 7.99359, 9.27467)
"""Without background, n = 0 ... 5: classical Poisson limits (PDG, Statistics, table of upper limits)."""

TABLE = {
    (0, 0.01, 0.002): {"known": 2.3026, "hybrid": 2.3026, "profile": 2.303, "asymptotic": 1.372},
    (1, 0.5, 0.1): {"known": 3.508, "hybrid": 3.514, "profile": 3.061, "asymptotic": 2.831},
    (3, 1, 0.2): {"known": 5.711, "hybrid": 5.726, "profile": 5.145, "asymptotic": 5.010},
    (5, 2, 0.4): {"known": 7.306, "hybrid": 7.351, "profile": 6.765, "asymptotic": 6.646},
    (100, 110, 3): {"known": 13.108, "hybrid": 13.688, "profile": 13.460, "asymptotic": 13.332},
    (400, 400, 6): {"known": 34.227, "hybrid": 35.619, "profile": 35.281, "asymptotic": 35.176},
}
"""(n, b, sigma_b) -> limits, with a Gaussian background; `profile` by toys, `asymptotic` by pyhf 0.7.6."""

Z_BI = {(150.0, 100.0, 1.0): 3.1080, (17.0, 40.11, 10.56): 4.458}
"""(n_on, n_off, tau) -> Z_Bi: Cousins, Linnemann, Tucker 2008, table 1."""
