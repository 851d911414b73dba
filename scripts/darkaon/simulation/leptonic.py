"""Decays P+ -> l+ and something unseen of a charged meson, drawn in its rest frame."""

from __future__ import annotations

import numpy as np

from darkaon.models.rates import momentum
from darkaon.simulation.decay import Decay, directions
from darkaon.typing import Array


def lepton_and_recoil(parent: float, lepton: float, mass: Array | float) -> Decay:
    """A meson of mass `parent` that decays to a lepton of mass `lepton` and a recoil of `mass`; all in GeV.

    The recoil is an X that escapes, or stands for all that is unseen beside the lepton of a background event; `mass`
    is one for all decays, or one for each, shape (n,).
    """

    def draw(rng: np.random.Generator, n: int) -> list[Array]:
        p = momentum(parent, lepton, np.asarray(mass)) * directions(rng, n)
        return [np.concatenate([np.sqrt(np.sum(p * p, axis=0) + lepton**2)[None], p])]

    return Decay((1,), draw, escapes=True, parent=parent)
