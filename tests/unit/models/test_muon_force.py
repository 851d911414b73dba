from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from darkaon.constants import ALPHA, B_KAON_MU_NU, M_KAON, M_MUON
from darkaon.models.muon_force import Options, build, products, scalar_photon_width, vector_emission
from darkaon.tables.table import read_table

RATES = read_table(Path(__file__).parents[2] / "data" / "models" / "k_mu_nu_x.csv")
SCALAR, VECTOR = build(Options(mediator="scalar")), build(Options(mediator="vector"))


def test_rates():
    mass = RATES["mass_MeV"]
    found = SCALAR.production["K+ -> mu+ nu X"](mass, 1.0) / B_KAON_MU_NU
    assert_allclose(found, RATES["scalar"], rtol=1e-5)
    found = VECTOR.production["K+ -> mu+ nu V"](mass, 1.0) / B_KAON_MU_NU
    assert_allclose(found[mass >= 3], RATES["vector"][mass >= 3], rtol=2e-4)
    assert_allclose(found, RATES["vector"], rtol=2e-2)  # the table is less exact below
    assert_allclose(found[mass == 200], 3.047746e-3, rtol=1e-5)


def test_rates_end_where_the_phase_space_does():
    mass = np.array([387.9, 388.1, 450.0])
    for model in (SCALAR, VECTOR):
        (production,) = model.production.values()
        assert list(production(mass, 1.0) > 0) == [True, False, False]


def test_vector_emission_is_that_of_the_trace():
    """The squared amplitude, summed over explicit spinor matrices, at random momenta."""
    rng = np.random.default_rng(3)
    zero, one = np.zeros((2, 2)), np.eye(2)
    pauli = [np.array(m) for m in ([[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]])]
    gamma = [np.block([[zero, one], [one, zero]])] + [np.block([[zero, s], [-s, zero]]) for s in pauli]
    metric = np.diag([1.0, -1, -1, -1])
    right = np.diag([0, 0, 1, 1])  # P_R in this basis

    def slash(v):
        return sum(metric[i, i] * v[i] * gamma[i] for i in range(4))

    for mass in (0.05, 0.2):
        s = (M_MUON + mass) ** 2 + rng.uniform(0.2, 0.8) * (M_KAON**2 - (M_MUON + mass) ** 2)
        energy = (s + mass**2 - M_MUON**2) / (2 * np.sqrt(s))
        size = np.sqrt(energy**2 - mass**2)
        cosine = rng.uniform(-1, 1)
        way = size * np.array([np.sqrt(1 - cosine**2), 0, cosine])
        k, p = np.array([energy, *way]), np.array([np.sqrt(s) - energy, *-way])
        nu = (M_KAON**2 - s) / (2 * np.sqrt(s))
        q = nu * np.array([1.0, 0, 0, 1])
        dot = lambda u, v: u @ metric @ v  # noqa: E731
        a, b = dot(q + k, q + k), dot(p + k, p + k) - M_MUON**2
        total = 0.0
        for i in range(4):
            vertex = 2 * (p[i] / b - q[i] / a) * np.eye(4) + slash(k) @ gamma[i] / b - gamma[i] @ slash(k) / a
            conjugate = gamma[0] @ (right @ vertex).conj().T @ gamma[0]
            pair = slash(p) - M_MUON * np.eye(4)
            total -= metric[i, i] * np.trace(slash(q) @ right @ vertex @ pair @ conjugate).real
        found = vector_emission(mass, *products(mass, s, a))
        assert_allclose(found, total / (M_KAON**2 - M_MUON**2), rtol=1e-9)
        assert_allclose(products(mass, s, a), [dot(q, p), dot(q, k), dot(p, k)])


def test_decays():
    assert_allclose(VECTOR.decays["invisible"](np.array([100.0, 300.0]), 1.0), [1, 0.530249], atol=1e-6)
    assert np.isinf(SCALAR.lifetime_ns(100.0, 1.0))
    visible = build(Options(mediator="scalar", invisible=False))
    assert_allclose(visible.decays["gammagamma"](100.0, 1.0), 1)
    assert visible.decays["mumu"](300.0, 1.0) > 0.99
    heavy = ALPHA**2 * 0.001**3 / (144 * np.pi**3 * M_MUON**2)  # a light X: 4/3 of the loop
    assert_allclose(scalar_photon_width(np.array(0.001)), heavy, rtol=1e-4)
    with pytest.raises(ValueError, match="choice of the scalar"):
        Options(mediator="vector", invisible=False)
