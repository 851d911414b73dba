"""Observables of an event: what a search's YAML may name as `observable` or as the quantity of a cut.

The arguments of a function are the names of the quantities that it needs (`events.branches` in the YAML), so
that only their branches are read; `track1` is the three of a track: momentum, slope_x, slope_y. A new observable is
a new function here. An observable whose name ends in `_squared` is in GeV^2 and X is seen at m_X^2; any other is in
MeV and X is seen at m_X.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from darkaon.constants import M_ELECTRON, M_KAON, M_MUON, M_PI0, M_PION, MEV
from darkaon.kinematics import Track, four_momentum, mass, mass_squared
from darkaon.typing import Array

CHAMBER_M = 183.5  # z of the first chamber of NA62


def dimuon_mass(track2: Track, track3: Track) -> Array:
    """Invariant mass of tracks 2 and 3, both taken as muons [MeV]."""
    return mass(track2.four_momentum(M_MUON) + track3.four_momentum(M_MUON)) / MEV


def kaon_mass(track1: Track, track2: Track, track3: Track) -> Array:
    """Invariant mass of track 1 as pion and tracks 2 and 3 as muons [MeV]."""
    pion, first, second = track1.four_momentum(M_PION), track2.four_momentum(M_MUON), track3.four_momentum(M_MUON)
    return mass(pion + first + second) / MEV


def momentum_balance(
    beam_momentum: Array, track1_momentum: Array, track2_momentum: Array, track3_momentum: Array
) -> Array:
    """Sum of the three tracks' momenta minus the beam's [GeV]: 0 if nothing escaped."""
    return track1_momentum + track2_momentum + track3_momentum - beam_momentum


def missing_mass_squared(beam: Track, track1: Track) -> Array:
    """(P_K - P_pi)^2 from the tracks [GeV^2]."""
    return mass_squared(beam.four_momentum(M_KAON) - track1.four_momentum(M_PION))


def kaon_electron_missing_mass(beam: Track, track1: Track) -> Array:
    """|P_K - P_e| from the tracks [MeV]; 0 where its square is negative."""
    return mass(beam.four_momentum(M_KAON) - track1.four_momentum(M_ELECTRON)) / MEV


def kaon_muon_missing_mass(beam: Track, track1: Track) -> Array:
    """|P_K - P_mu| from the tracks [MeV]; 0 where its square is negative."""
    return mass(beam.four_momentum(M_KAON) - track1.four_momentum(M_MUON)) / MEV


def pion_electron_missing_mass(beam: Track, track1: Track) -> Array:
    """|P_pi - P_e| from the tracks, for pions in the beam [MeV]; 0 where its square is negative."""
    return mass(beam.four_momentum(M_PION) - track1.four_momentum(M_ELECTRON)) / MEV


def digamma_mass(beam: Track, track1: Track) -> Array:
    """Mass of the two photons as |P_K - P_pi| from the tracks [MeV]; 0 where its square is negative."""
    return np.sqrt(np.maximum(missing_mass_squared(beam, track1), 0.0)) / MEV


def cluster_distance(cluster1_x: Array, cluster1_y: Array, cluster2_x: Array, cluster2_y: Array) -> Array:
    """Distance of the two photons in the calorimeter plane [m]."""
    return np.hypot(cluster1_x - cluster2_x, cluster1_y - cluster2_y)


def least_cluster_energy(cluster1_energy: Array, cluster2_energy: Array) -> Array:
    """Energy of the softer photon [GeV]."""
    return np.minimum(cluster1_energy, cluster2_energy)


def dielectron_mass(track2: Track, track3: Track) -> Array:
    """Invariant mass of tracks 2 and 3, both taken as electrons [MeV]."""
    return mass(_electrons(track2, track3)) / MEV


def gamma_dielectron_mass(
    vertex_x: Array,
    vertex_y: Array,
    vertex_z: Array,
    track2: Track,
    track3: Track,
    cluster1_energy: Array,
    cluster1_x: Array,
    cluster1_y: Array,
    cluster1_z: Array,
) -> Array:
    """Invariant mass of tracks 2 and 3 as electrons and of the photon of cluster 1 from their vertex [MeV]."""
    way = cluster1_z - vertex_z
    photon = four_momentum(cluster1_energy, (cluster1_x - vertex_x) / way, (cluster1_y - vertex_y) / way, 0.0)
    return mass(_electrons(track2, track3) + photon) / MEV


def five_track_balance(
    beam_momentum: Array, track1: Track, track2: Track, track3: Track, track4: Track, track5: Track
) -> Array:
    """Sum of the five tracks' momenta minus the beam's [GeV]: 0 if nothing escaped."""
    return track1[0] + track2[0] + track3[0] + track4[0] + track5[0] - beam_momentum


def pi4e_mass(track1: Track, track2: Track, track3: Track, track4: Track, track5: Track) -> Array:
    """Invariant mass of track 1 as pion and tracks 2 to 5 as electrons [MeV]."""
    return mass(track1.four_momentum(M_PION) + _electrons(track2, track3, track4, track5)) / MEV


def pi0_distance(track2: Track, track3: Track, track4: Track, track5: Track) -> Array:
    """How far the invariant mass of tracks 2 to 5 as electrons is from that of the pi0, either way [MeV]."""
    return np.abs(mass(_electrons(track2, track3, track4, track5)) - M_PI0) / MEV


def least_track_distance(
    vertex_z: Array, track1: Track, track2: Track, track3: Track, track4: Track, track5: Track
) -> Array:
    """Least distance of two of five tracks from one vertex at the first chamber of NA62 [m]."""
    distances = [
        np.hypot(a[1] - b[1], a[2] - b[2]) for a, b in combinations((track1, track2, track3, track4, track5), 2)
    ]
    return np.min(distances, axis=0) * (CHAMBER_M - vertex_z)


def _electrons(*tracks: Track) -> Array:
    """Four-momentum of the tracks together, all taken as electrons [GeV], shape (4, n)."""
    return np.sum([track.four_momentum(M_ELECTRON) for track in tracks], axis=0)
