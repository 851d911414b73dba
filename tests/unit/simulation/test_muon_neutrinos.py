import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.stats import chi2

from darkaon.constants import M_KAON, M_MUON
from darkaon.errors import InputError
from darkaon.kinematics import mass_squared, momentum
from darkaon.models.muon_force import neutrino_range, products, vector_emission
from darkaon.models.rates import momentum as two_body
from darkaon.simulation import muon_neutrinos
from darkaon.simulation.decays import signal
from darkaon.simulation.muon_neutrinos import squared_amplitude

N = 50_000
X, NEUTRINOS = "K+ -> mu+ nu X", "K+ -> mu+ nu nu nu"
PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
ZERO, ONE = np.zeros((2, 2)), np.eye(2)
GAMMA = [np.block([[ONE, ZERO], [ZERO, -ONE]])] + [np.block([[ZERO, s], [-s, ZERO]]) for s in PAULI]
GAMMA5 = 1j * GAMMA[0] @ GAMMA[1] @ GAMMA[2] @ GAMMA[3]


def slash(p):
    return p[0] * GAMMA[0] - sum(x * g for x, g in zip(p[1:], GAMMA[1:], strict=True))


def traced(nu, muon, x):
    """|M|^2 of K+ -> mu+ nu X from Dirac matrices: u(nu) Kslash (1 - g5) (m - qslash)/(q^2 - m^2) v(mu)."""
    q, one = muon + x, np.eye(4)
    vertex = slash(nu + q) @ (one - GAMMA5) @ (M_MUON * one - slash(q)) / (mass_squared(q) - M_MUON**2)
    bar = GAMMA[0] @ vertex.conj().T @ GAMMA[0]
    return np.trace(slash(nu) @ vertex @ (slash(muon) - M_MUON * one) @ bar).real


def decay(q, cosine, mass):
    """Neutrino, muon and X at rest in the frame of muon and X, of mass q."""
    p, sine = float(two_body(q, mass, np.array(M_MUON))), np.sqrt(1 - cosine**2)
    energy = (M_KAON**2 - q * q) / (2 * q)
    muon = np.array([np.hypot(p, M_MUON), p * sine, 0, p * cosine])
    return np.array([energy, 0, 0, energy]), muon, np.array([np.hypot(p, mass), -p * sine, 0, -p * cosine])


@pytest.mark.parametrize("mass", [0.01, 0.1, 0.3])
def test_the_amplitude_is_the_trace(mass):
    low = M_MUON + mass
    ratio = []
    for part, cosine in ((0.1, -0.9), (0.3, 0.2), (0.6, 0.0), (0.95, 0.8)):
        q = low + part * (M_KAON - low)
        flat, slope = squared_amplitude(np.array([q]), mass)
        ratio.append(traced(*decay(q, cosine, mass)) / (flat[0] * (1 + slope[0] * cosine)))
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)


@pytest.mark.parametrize("mass_MeV", [10.0, 150.0, 350.0])
def test_missing_mass_spectrum_follows_the_dalitz_plot(mass_MeV):
    """dGamma/dm_miss^2: |M|^2 integrated over the other side of the Dalitz plot, q^2, by quadrature."""
    mass = mass_MeV * 1e-3
    (muon,) = signal(X, "invisible", mass_MeV, "test").draw(np.random.default_rng(3), N)
    np.testing.assert_allclose(muon[0] ** 2, momentum(muon) ** 2 + M_MUON**2, rtol=1e-9)
    t = M_KAON**2 + M_MUON**2 - 2 * M_KAON * muon[0]  # squared mass of neutrino and X
    assert t.min() >= mass**2 - 1e-12 and t.max() <= (M_KAON - M_MUON) ** 2 + 1e-12

    def density(t):
        """Integral over q^2 at this t; p_nu.p_mu is (M_K^2 + m_X^2 - q^2 - t)/2 and linear in the cosine."""
        root = np.sqrt(t)
        energy_muon, energy_x = (M_KAON**2 - M_MUON**2 - t) / (2 * root), (t + mass**2) / (2 * root)
        centre = M_MUON**2 + mass**2 + 2 * energy_muon * energy_x
        half = 2 * np.sqrt(max(energy_muon**2 - M_MUON**2, 0)) * np.sqrt(max(energy_x**2 - mass**2, 0))

        def amplitude(q2):
            q = np.sqrt(q2)
            flat, slope = squared_amplitude(np.array([q]), mass)
            nu, muon, _ = decay(q, 0.0, mass)
            p = float(two_body(q, mass, np.array(M_MUON)))
            product = (M_KAON**2 + mass**2 - q2 - t) / 2
            cosine = (nu[0] * muon[0] - product) / (nu[0] * p)
            return float(flat[0] * (1 + slope[0] * cosine))

        return quad(amplitude, centre - half, centre + half, epsrel=1e-4)[0]

    edges = np.linspace(mass**2, (M_KAON - M_MUON) ** 2, 13)
    nodes, weights = np.polynomial.legendre.leggauss(4)
    width = np.diff(edges) / 2
    expected = np.array(
        [w * sum(a * density(lo + w * (1 + x)) for x, a in zip(nodes, weights)) for lo, w in zip(edges, width)]  # noqa: B905
    )
    expected *= N / expected.sum()
    observed, _ = np.histogram(t, edges)
    large = expected > 5
    assert chi2.sf(np.sum(((observed - expected) ** 2 / expected)[large]), large.sum() - 1) > 0.01


def test_a_light_scalar_is_soft_and_a_heavy_one_is_not():
    """Beside X of 10 MeV half of the muons are like those of K+ -> mu+ nu: why its limits are weaker."""
    high = []
    for mass in (10.0, 100.0, 300.0):
        (muon,) = signal(X, "invisible", mass, "test").draw(np.random.default_rng(1), N)
        t = M_KAON**2 + M_MUON**2 - 2 * M_KAON * muon[0]
        high.append((t > 0.2**2).mean())
    assert high[0] < 0.6 and 0.8 < high[1] < 0.9 and high[2] == 1


def test_three_neutrinos_are_phase_space():
    (muon,) = signal(NEUTRINOS, "invisible", 0.0, "test").draw(np.random.default_rng(2), N)
    t = M_KAON**2 + M_MUON**2 - 2 * M_KAON * muon[0]
    edges = np.linspace(0, (M_KAON - M_MUON) ** 2, 31)
    fine = np.linspace(0, 1, 401)[:, None] * np.diff(edges) + edges[:-1]
    expected = np.trapezoid(two_body(M_KAON, M_MUON, np.sqrt(fine)) * fine, fine, axis=0)  # p_mu times Phi_3 ~ m^2
    expected *= N / expected.sum()
    observed, _ = np.histogram(t, edges)
    assert chi2.sf(np.sum((observed - expected) ** 2 / expected), 29) > 0.01


def test_the_muon_comes_out_isotropic():
    (muon,) = signal(X, "invisible", 100.0, "test").draw(np.random.default_rng(8), N)
    cosine = muon[1:] / momentum(muon)
    assert np.all(np.abs(cosine.mean(axis=1)) < 4 / np.sqrt(3 * N))
    np.testing.assert_allclose((cosine**2).mean(axis=1), 1 / 3, atol=4 * 0.3 / np.sqrt(N))


@pytest.mark.parametrize(("process", "mass"), [(X, 0.0), (X, 388.1), (NEUTRINOS, 10.0)])
def test_masses_that_cannot_be(process, mass):
    with pytest.raises(InputError, match="cannot be simulated"):
        signal(process, "invisible", mass, "x.yaml")


@pytest.mark.parametrize("mass", [0.02, 0.15, 0.3])
def test_vector_is_drawn_as_its_squared_amplitude_says(mass):
    """Means over decays of the missing mass squared, (M - p)^2, against the integral over the phase space."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    low, high = np.log((M_MUON + mass) ** 2 - M_MUON**2), np.log(M_KAON**2 - M_MUON**2)
    b = np.exp((low + high) / 2 + (high - low) / 2 * nodes)[:, None]
    ends = [np.log(end) for end in neutrino_range(mass, b + M_MUON**2)]
    a = np.exp((ends[0] + ends[1]) / 2 + (ends[1] - ends[0]) / 2 * nodes)
    weight = vector_emission(mass, *products(mass, b + M_MUON**2, a)) * a * b * (ends[1] - ends[0])
    weight *= weights * weights[:, None]
    expected = [np.sum(weight * a**n) / np.sum(weight) for n in (1, 2)]  # a: neutrino and V together
    (muon,) = muon_neutrinos.mu_nu_v(mass)(np.random.default_rng(1), 40000)
    assert_allclose(muon[0] ** 2 - np.sum(muon[1:] ** 2, axis=0), M_MUON**2, rtol=1e-6)
    missing = M_KAON**2 + M_MUON**2 - 2 * M_KAON * muon[0]
    for n, value in zip((1, 2), expected, strict=True):
        error = np.std(missing**n) / 200
        assert abs(np.mean(missing**n) - value) < 4 * error
    direction = muon[1:] / np.sqrt(np.sum(muon[1:] ** 2, axis=0))
    assert_allclose(direction.mean(axis=1), 0, atol=0.015)
