"""Experiments as the simulation knows them: beam, detector, resolutions. A new one is one entry here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from darkaon.config.schema import check_known


@dataclass(frozen=True)
class Beam:
    """A beam of charged particles of one momentum.

    Attributes:
        momentum, momentum_spread: mean and standard deviation [GeV].
        divergence: standard deviation of each slope [rad].
        width_x, width_y: standard deviations at `tracker_z` [m].
        tracker_z: where the last tracker of the beam stands [m].
        fiducial: from where to where decays are simulated [m]; uniform, since decay lengths are much longer.
    """

    momentum: float
    momentum_spread: float
    divergence: float
    width_x: float
    width_y: float
    tracker_z: float
    fiducial: tuple[float, float]


@dataclass(frozen=True)
class Experiment:
    """A beam and a detector: planes around a beam hole, a dipole magnet, a calorimeter.

    Attributes:
        beam: what decays.
        chambers: planes that tracks must cross: z, radius of the beam hole, outer radius [m].
        calorimeter: the plane that tracks and photons must hit, likewise.
        exit_z: what decays beyond is not seen [m].
        magnet_z, magnet_kick: place [m] and horizontal momentum kick for charge +1 [GeV].
        least_momentum: of a track [GeV].
        beam_momentum, beam_angle: resolutions of the beam tracker: relative; [rad].
        track_momentum: resolution of a track: constant, and slope per GeV, in quadrature.
        track_angle: momenta [GeV] and resolutions there [rad], linear between them, constant outside.
        cluster_energy: sigma_E/E = a/sqrt(E) (+) b/E (+) c, E in GeV: (a, b, c).
        cluster_position: resolution of each coordinate [m].
        separation: least distance of two tracks in the first chamber [m].
        smearing: factor on the resolutions of tracks and beam.
    """

    beam: Beam
    chambers: tuple[tuple[float, float, float], ...]
    calorimeter: tuple[float, float, float]
    exit_z: float
    magnet_z: float
    magnet_kick: float
    least_momentum: float
    beam_momentum: float
    beam_angle: float
    track_momentum: tuple[float, float]
    track_angle: tuple[tuple[float, float], tuple[float, float]]
    cluster_energy: tuple[float, float, float]
    cluster_position: float
    separation: float = 0.0
    smearing: float = field(default=1.0)


# Geometry after JINST 12 (2017) P05025, simplified; beam widths and calorimeter recalled.
NA62 = Experiment(
    beam=Beam(75.0, 0.8, 70e-6, 0.015, 0.008, 102.4, (105.0, 165.0)),
    chambers=((183.5, 0.06, 1.0), (194.1, 0.06, 1.0), (204.5, 0.06, 1.0), (218.9, 0.06, 1.0)),
    calorimeter=(241.1, 0.15, 1.13),
    exit_z=241.0,
    magnet_z=197.6,
    magnet_kick=0.27,
    least_momentum=5.0,
    beam_momentum=2e-3,
    beam_angle=16e-6,
    track_momentum=(3e-3, 5e-5),
    track_angle=((10.0, 50.0), (60e-6, 20e-6)),
    cluster_energy=(0.048, 0.11, 0.009),
    cluster_position=1e-3,
)
# Recalled, simplified after Nucl. Instrum. Meth. A 574 (2007) 433; K+ and K- are taken to be alike. The angles are
# those after the fit of a common vertex, tuned to the resolution of the e+ e- mass near 10 MeV.
NA48_2 = Experiment(
    beam=Beam(60.0, 2.2, 50e-6, 0.006, 0.006, 0.0, (-18.0, 80.0)),
    chambers=((97.2, 0.12, 1.15), (104.6, 0.12, 1.15), (111.7, 0.12, 1.15), (118.9, 0.12, 1.15)),
    calorimeter=(121.1, 0.15, 1.13),
    exit_z=121.1,
    magnet_z=108.0,
    magnet_kick=0.12,
    least_momentum=3.0,
    beam_momentum=1e-2,
    beam_angle=50e-6,
    track_momentum=(1.02e-2, 4.4e-4),
    track_angle=((10.0, 50.0), (8e-6, 8e-6)),
    cluster_energy=(0.032, 0.09, 0.0042),
    cluster_position=1.5e-3,
    separation=0.02,
)
EXPERIMENTS = {"na62": NA62, "na48_2": NA48_2}


def experiment(name: str, smearing: float, source: str) -> Experiment:
    """The experiment that `simulation.experiment` of the search `source` names.

    Raises:
        InputError: there is no such experiment.
    """
    check_known(name, EXPERIMENTS, f"{source}: simulation.experiment: {name!r} is not known")
    return replace(EXPERIMENTS[name], smearing=smearing)
