import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from darkaon.constants import M_KAON, M_MUON, M_PION
from darkaon.kinematics import boost, four_momentum, mass, mass_squared, momentum

momenta = st.floats(0.5, 100)
slopes = st.floats(-0.02, 0.02)


@given(momenta, slopes, slopes)
def test_a_track_keeps_its_mass_momentum_and_slopes(p, sx, sy):
    vector = four_momentum([p], [sx], [sy], M_PION)
    assert momentum(vector) == pytest.approx(p, rel=1e-14)
    assert vector[1] / vector[3] == pytest.approx(sx, rel=1e-14, abs=1e-300)
    assert vector[2] / vector[3] == pytest.approx(sy, rel=1e-14, abs=1e-300)
    assert mass(vector) == pytest.approx(M_PION, rel=1e-9)


def test_closed_form_of_two_tracks_at_an_angle():
    # m^2 = 2 m_mu^2 + 2 (E1 E2 - p1 p2 cos(angle))
    p1, p2, angle = 20.0, 30.0, 0.01
    pair = four_momentum([p1], [0], [0], M_MUON) + four_momentum([p2], [np.tan(angle)], [0], M_MUON)
    e1, e2 = np.hypot(p1, M_MUON), np.hypot(p2, M_MUON)
    assert mass_squared(pair) == pytest.approx(2 * M_MUON**2 + 2 * (e1 * e2 - p1 * p2 * np.cos(angle)), rel=1e-9)


def test_float32_slopes_are_rebuilt_in_float64():
    slope = np.float32(0.0123)
    vector = four_momentum(np.float32([20]), np.array([slope]), np.float32([0]), M_PION)
    assert vector.dtype == np.float64
    assert vector[3, 0] == 20 / np.sqrt(1 + float(slope) ** 2)


vectors = hnp.arrays(float, (3, 5), elements=st.floats(-50, 50))


def on_shell(p, m):
    return np.concatenate([np.sqrt(np.sum(p * p, axis=0) + m * m)[None], p])


@given(vectors, vectors)
def test_boosts_keep_products_and_carry_rest_to_the_frame(p, f):
    inside, frame = on_shell(p, M_MUON), on_shell(f, M_KAON)
    outside = boost(inside, frame, M_KAON)
    metric = np.array([1, -1, -1, -1])[:, None]
    scale = (frame[0] * inside[0]) ** 2
    assert np.all(abs(np.sum(metric * outside * outside, axis=0) - M_MUON**2) < 1e-12 * scale + 1e-12)
    # the energy in the rest frame is the invariant product with the frame's four-momentum
    assert np.all(abs(np.sum(metric * outside * frame, axis=0) / M_KAON - inside[0]) < 1e-11 * scale + 1e-12)
    rest = on_shell(np.zeros((3, 5)), M_KAON)
    np.testing.assert_allclose(boost(rest, frame, M_KAON), frame, rtol=1e-14, atol=1e-14)


def test_boost_along_z_is_the_textbook_one():
    gamma, beta = 2.0, np.sqrt(3) / 2
    frame = np.array([[gamma], [0], [0], [gamma * beta]])
    p = np.array([[5.0], [1.0], [2.0], [3.0]])
    expected = [gamma * (5 + beta * 3), 1, 2, gamma * (3 + beta * 5)]
    np.testing.assert_allclose(boost(p, frame, 1.0)[:, 0], expected, rtol=1e-14)


def test_a_spacelike_sum_has_mass_zero_and_a_negative_square():
    p = np.array([[1.0], [0], [0], [2.0]])
    assert mass_squared(p) == -3 and mass(p) == 0
