import numpy as np
from numpy.testing import assert_allclose

from darkaon.constants import ELEMENTARY_CHARGE
from darkaon.models.b_minus_l import Options, build
from darkaon.models.dark_photon import Options as PhotonOptions
from darkaon.models.dark_photon import build as dark_photon


def test_decays_and_rate():
    model = build(Options())
    assert_allclose(model.decays["invisible"](np.array([100.0, 250.0]), 1.0), [0.600000, 0.465083], atol=1e-6)
    assert_allclose(model.production["pi0 -> gamma X"](50.0, 1.0), 13.84239, rtol=1e-6)
    assert set(model.production) == {"pi0 -> gamma X"}


def test_charges():
    assert build(Options(up=1, down=-2)).production["pi0 -> gamma X"](50.0, 1.0) == 0  # protophobic
    photon = dark_photon(PhotonOptions(invisible=False))
    charged = build(Options(up=2 / 3, down=-1 / 3, neutrino=0))  # the electric charge
    assert_allclose(
        charged.production["pi0 -> gamma X"](50.0, ELEMENTARY_CHARGE), photon.production["pi0 -> gamma X"](50.0, 1.0)
    )
    assert_allclose(charged.lifetime_ns(50.0, ELEMENTARY_CHARGE), photon.lifetime_ns(50.0, 1.0), rtol=1e-9)
