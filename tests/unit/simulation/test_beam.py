import numpy as np
import pytest

from darkaon.constants import M_KAON
from darkaon.kinematics import mass, momentum
from darkaon.simulation.beam import parents
from darkaon.simulation.experiment import NA62


def test_the_beam_is_that_of_na62():
    kaon, vertex = parents(np.random.default_rng(1), NA62.beam, M_KAON, 200_000)
    np.testing.assert_allclose(mass(kaon), M_KAON, rtol=1e-9)
    p = momentum(kaon)
    assert p.mean() == pytest.approx(75, abs=0.01) and p.std() == pytest.approx(0.8, rel=0.01)
    for slope in (kaon[1] / kaon[3], kaon[2] / kaon[3]):
        assert slope.std() == pytest.approx(70e-6, rel=0.01) and abs(slope.mean()) < 1e-6
    assert vertex[2].min() >= 105 and vertex[2].max() < 165
    np.testing.assert_allclose(np.quantile(vertex[2], [0.25, 0.5, 0.75]), [120, 135, 150], atol=0.3)


def test_kaons_fly_along_their_slopes():
    kaon, vertex = parents(np.random.default_rng(1), NA62.beam, M_KAON, 200_000)
    far = vertex[2] > 160
    assert np.cov(vertex[0, far], (kaon[1] / kaon[3])[far])[0, 1] == pytest.approx(60 * 70e-6**2, rel=0.1)
