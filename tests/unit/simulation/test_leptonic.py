import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkaon.constants import M_ELECTRON, M_KAON, M_MUON, M_PION
from darkaon.errors import InputError
from darkaon.events.quantities import Values
from darkaon.kinematics import mass, mass_squared, momentum
from darkaon.simulation.decays import RECOIL, recoil, signal
from darkaon.simulation.experiment import experiment
from darkaon.simulation.leptonic import lepton_and_recoil
from darkaon.simulation.samples import simulate

PERFECT = experiment("na62", 0.0, "x")
CHANNELS = (
    ("K+ -> e+ X", "kaon_electron_missing_mass", M_KAON, M_ELECTRON),
    ("K+ -> mu+ X", "kaon_muon_missing_mass", M_KAON, M_MUON),
    ("pi+ -> e+ X", "pion_electron_missing_mass", M_PION, M_ELECTRON),
)


@settings(max_examples=30)
@given(st.sampled_from(CHANNELS), st.floats(0, 0.99))
def test_two_bodies(channel, part):
    _, _, parent, lepton = channel
    m = part * (parent - lepton)
    (track,) = lepton_and_recoil(parent, lepton, m).draw(np.random.default_rng(1), 200)
    np.testing.assert_allclose(track[0], (parent**2 + lepton**2 - m**2) / (2 * parent), rtol=1e-9)
    np.testing.assert_allclose(mass(track), lepton, atol=1e-8)
    rest = np.array([parent, 0, 0, 0])[:, None] - track
    np.testing.assert_allclose(mass_squared(rest), m * m, atol=1e-12)


def test_known_momenta_at_rest():
    (muon,) = RECOIL["kaon_to_muon"](0.0).draw(np.random.default_rng(1), 3)
    (electron,) = RECOIL["pion_to_electron"](0.0).draw(np.random.default_rng(1), 3)
    np.testing.assert_allclose(momentum(muon), 0.2355, atol=1e-4)  # PDG: 236 MeV and 70 MeV
    np.testing.assert_allclose(momentum(electron), 0.0698, atol=1e-4)


def test_each_decay_may_have_a_mass_of_its_own():
    m = np.array([0.1, 0.2, 0.3])
    (track,) = RECOIL["kaon_to_electron"](m).draw(np.random.default_rng(1), 3)
    np.testing.assert_allclose(track[0], (M_KAON**2 + M_ELECTRON**2 - m**2) / (2 * M_KAON), rtol=1e-12)


@pytest.mark.parametrize(("process", "name", "parent", "lepton"), CHANNELS)
def test_perfect_tracks_have_the_missing_mass_of_what_was_made(process, name, parent, lepton):
    m = 0.8 * (parent - lepton) * 1e3
    columns = simulate(np.random.default_rng(2), signal(process, "invisible", m, "x"), 3000, PERFECT)
    found = Values(columns).number(name)
    assert len(found) > 300
    np.testing.assert_allclose(found, m, rtol=1e-6)


def test_the_fastest_electron_takes_what_x_leaves():
    # in the beam E = gamma (E* + beta p* cos): at most 75 GeV (1 - m_X^2/m_K^2) for an electron
    for m in (100.0, 300.0, 400.0):
        columns = simulate(np.random.default_rng(3), signal("K+ -> e+ X", "invisible", m, "x"), 20_000, PERFECT)
        most = 75 * (1 - (m / (M_KAON * 1e3)) ** 2)
        assert 0.95 * most < columns["track1_momentum"].max() < 1.06 * most


def test_what_is_not_there_is_told():
    with pytest.raises(InputError, match="'kaon_to_muons' is not known; did you mean 'kaon_to_muon'"):
        recoil("kaon_to_muons", "x.yaml")
    with pytest.raises(InputError, match=r"388.1 MeV cannot be simulated.*between 0.00 and 388.0"):
        signal("K+ -> mu+ X", "invisible", 388.1, "x.yaml")
