"""Masses and widths are those of the `particle` package."""

import pytest
from particle import Particle

from darkaon import constants

MASSES = {
    "M_ELECTRON": 11, "M_MUON": 13, "M_TAU": 15, "M_PION": 211, "M_PI0": 111, "M_KAON": 321, "M_K0": 311,
    "M_ETA": 221, "M_ETA_PRIME": 331, "M_RHO": 113, "M_W": 24, "M_Z": 23,
}  # fmt: skip


@pytest.mark.parametrize("name", MASSES)
def test_masses(name):
    assert getattr(constants, name) == Particle.from_pdgid(MASSES[name]).mass * 1e-3


@pytest.mark.parametrize(("name", "pdgid"), [("WIDTH_KAON", 321), ("WIDTH_KS", 310)])
def test_widths(name, pdgid):
    assert getattr(constants, name) == Particle.from_pdgid(pdgid).width * 1e-3
