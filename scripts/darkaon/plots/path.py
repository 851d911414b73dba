"""The mean path of X before it decays, at a given energy and coupling."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from darkaon.config.figures import MeanPath
from darkaon.constants import MEV, SPEED_OF_LIGHT_M_PER_NS
from darkaon.plots.predicted import lifetime_s, lifetimes
from darkaon.plots.style import COLOURS, SEQUENCE, finish, key
from darkaon.tables.table import Table
from darkaon.typing import Array

NOTES = ("decay_notes",)
COLUMNS = {"predictions": ("process", "mass_MeV", "lifetime_s_at_reference")}


def mean_path_m(mass_MeV: ArrayLike, lifetime_s: ArrayLike, energy_GeV: float) -> Array:
    """Path beta gamma c tau = p/m c tau [m] of X; NaN where the energy is less than the mass."""
    mass = np.asarray(mass_MeV, dtype=float) * MEV
    with np.errstate(invalid="ignore"):
        p = np.sqrt(energy_GeV**2 - mass**2)
    return p / mass * SPEED_OF_LIGHT_M_PER_NS * 1e9 * np.asarray(lifetime_s, dtype=float)


def draw(figure: Figure, tables: Mapping[str, Table], spec: MeanPath) -> None:
    """Draw a curve for each coupling, from the predictions."""
    rows = lifetimes(tables["predictions"], spec.process)
    mass, axes = rows["mass_MeV"], figure.subplots()
    for colour, at in zip(SEQUENCE, spec.couplings, strict=False):
        path = mean_path_m(mass, lifetime_s(rows, at.value), spec.energy_GeV)
        axes.plot(mass, path, color=COLOURS[colour], label=at.label)
    axes.set_yscale("log")
    axes.text(0.97, 0.94, f"$E={spec.energy_GeV:g}$ GeV", transform=axes.transAxes, ha="right", va="top")
    key(figure, axes.get_legend_handles_labels()[0])
    finish(axes, spec)
