import numpy as np
import pytest

from darkaon.constants import M_MUON
from darkaon.kinematics import four_momentum
from darkaon.simulation.detector import in_acceptance, measure_beam, measure_cluster, measure_track, tracks_separated
from darkaon.simulation.experiment import NA62, experiment


def seen(p, *, slope_x=0.0, slope_y=0.0, charge=1, z=135.0):
    track = four_momentum([p], [slope_x], [slope_y], M_MUON)
    return bool(in_acceptance(NA62, track, charge, np.array([[0.0], [0.0], [z]]))[0])


def test_the_beam_goes_down_the_hole():
    assert not seen(75.0)


def test_a_track_in_the_middle_is_seen_and_the_outer_radius_is_not_crossed():
    assert seen(25.0, slope_y=3e-3)
    assert not seen(25.0, slope_y=12e-3)  # 1.0 m at the last chamber, 84 m on
    assert not seen(25.0, slope_y=1e-3)  # 48 mm at the first chamber: in the hole


@pytest.mark.parametrize("p, result", [(4.9, False), (5.1, True)])
def test_least_momentum(p, result):
    assert seen(p, slope_x=-15e-3, slope_y=1e-3) is result


def test_magnet_bends_charges_apart():
    # 10 GeV is kicked by 27 mrad: 1.2 m at the calorimeter, back towards the axis or out of it
    assert seen(10.0, slope_x=-4e-3, charge=1) and seen(10.0, slope_x=4e-3, charge=-1)
    assert not seen(10.0, slope_x=4e-3, charge=1) and seen(10.0, slope_x=-4e-3, charge=1)


def test_the_closer_the_vertex_the_smaller_the_circle():
    assert seen(25.0, slope_y=1.5e-3, z=105.0) and not seen(25.0, slope_y=1.5e-3, z=160.0)


def test_backward_tracks_are_not_seen():
    track = four_momentum([20.0], [3e-3], [0.0], M_MUON)
    track[3] *= -1
    assert not in_acceptance(NA62, track, 1, np.array([[0], [0], [135.0]]))[0]


@pytest.mark.parametrize(
    "p, relative, angle", [(10.0, 0.00304138, 60e-6), (30, 0.00335410, 40e-6), (60, 0.00424264, 20e-6)]
)
@pytest.mark.parametrize("smearing", [1.0, 0.54])
def test_track_resolutions(p, relative, angle, smearing):
    track = four_momentum(np.full(100_000, p), np.full(100_000, 0.01), np.zeros(100_000), M_MUON)
    momentum, slope_x, slope_y = measure_track(np.random.default_rng(1), experiment("na62", smearing, "x"), track)
    assert momentum.mean() == pytest.approx(p, rel=1e-4) and slope_x.mean() == pytest.approx(0.01, rel=1e-4)
    assert momentum.std() / p == pytest.approx(relative * smearing, rel=0.01)
    assert slope_x.std() == pytest.approx(angle * smearing, rel=0.01)
    assert slope_y.std() == pytest.approx(angle * smearing, rel=0.01)
    assert abs(np.corrcoef([momentum, slope_x, slope_y]) - np.eye(3)).max() < 0.02


def test_beam_resolutions_and_none():
    track = four_momentum(np.full(100_000, 75.0), np.zeros(100_000), np.zeros(100_000), 0.493677)
    momentum, slope_x, _ = measure_beam(np.random.default_rng(1), NA62, track)
    assert momentum.std() == pytest.approx(0.15, rel=0.01) and slope_x.std() == pytest.approx(16e-6, rel=0.01)
    momentum, slope_x, _ = measure_beam(np.random.default_rng(1), experiment("na62", 0.0, "x"), track)
    np.testing.assert_allclose(momentum, 75.0, rtol=1e-14)
    assert not slope_x.any()


def test_photons_need_the_calorimeter_alone():
    assert seen(1.0, slope_y=3e-3, charge=0) and not seen(1.0, slope_y=3e-3)  # too slow for a track
    assert not seen(20.0, slope_y=1.2e-2, charge=0)  # 1.13 m, 106 m on
    # the hole is where the magnet has bent the beam to: 157 mm off a photon that flies straight on
    assert seen(20.0, charge=0) and not seen(20.0, slope_x=0.157 / 106.1, charge=0)


@pytest.mark.parametrize("energy, relative", [(10.0, 0.0208427), (40.0, 0.0120843)])
def test_cluster_resolutions(energy, relative):
    photon = four_momentum(np.full(100_000, energy), np.full(100_000, 0.005), np.zeros(100_000), 0.0)
    vertex = np.array([[0.01], [0.0], [141.1]]) + np.zeros(100_000)
    found, x, y, z = measure_cluster(np.random.default_rng(1), NA62, photon, vertex)
    assert found.mean() == pytest.approx(energy, rel=1e-3) and found.std() / energy == pytest.approx(
        relative, rel=0.01
    )
    assert x.mean() == pytest.approx(0.51, abs=1e-5) and y.std() == pytest.approx(1e-3, rel=0.01)
    assert np.all(z == 241.1)


def test_two_tracks_in_the_first_chamber_are_told_apart_from_a_distance():
    """NA48/2: 2 cm at z = 97.2 m."""
    na48_2 = experiment("na48_2", 1.0, "test")
    vertex = np.array([[0.0, 0.0], [0.0, 0.0], [47.2, 0.0]])  # 50 and 97.2 m away
    tracks = [four_momentum([10.0] * 2, [slope, slope], [0.0, 0.0], M_MUON) for slope in (0.0, 0.3e-3, 5e-3)]
    assert tracks_separated(na48_2, tracks[::2], vertex).tolist() == [True, True]
    assert tracks_separated(na48_2, tracks, vertex).tolist() == [False, True]  # 1.5 and 2.9 cm
    assert tracks_separated(NA62, tracks, vertex).all()
