import numpy as np
import pytest
from scipy.stats import chi2, kstest

from darkaon.constants import ALPHA, M_ELECTRON, M_KAON, M_PION
from darkaon.errors import InputError
from darkaon.kinematics import mass, momentum
from darkaon.models.rates import momentum as two_body
from darkaon.simulation.decay import transverse
from darkaon.simulation.decays import signal
from darkaon.simulation.four_electrons import LARGEST, conversion
from darkaon.simulation.kaon_pion import digamma_quantiles

N = 20_000
AA, CASCADE, ALONE = "K+ -> pi+ a a", "K+ -> pi+ S", "K+ -> pi+ e+ e- e+ e-"


def tracks(process, *masses, n=N):
    decay = signal(process, "4e", masses[0], "test", mass2_MeV=masses[1] if masses[1:] else None)
    assert decay.charges == (1, 1, -1, 1, -1)
    return decay.draw(np.random.default_rng(5), n)


@pytest.mark.parametrize("of", [(AA, 10), (AA, 170), (CASCADE, 150, 75), (CASCADE, 330, 10), (ALONE, 0)], ids=str)
def test_four_momentum_is_conserved_and_all_are_on_shell(of):
    found = tracks(*of, n=2000)
    total = np.sum(found, axis=0)
    np.testing.assert_allclose(total[0], M_KAON, rtol=1e-12)
    np.testing.assert_allclose(total[1:], 0, atol=1e-12)
    for track, m in zip(found, [M_PION] + 4 * [M_ELECTRON], strict=True):
        np.testing.assert_allclose(track[0] ** 2, momentum(track) ** 2 + m * m, rtol=1e-9)


def test_the_pairs_have_their_masses():
    pion, a, b, c, d = tracks(CASCADE, 300, 40, n=500)
    np.testing.assert_allclose(mass(a + b), 0.04, rtol=1e-6)
    np.testing.assert_allclose(mass(c + d), 0.04, rtol=1e-6)
    np.testing.assert_allclose(mass(a + b + c + d), 0.3, rtol=1e-9)
    assert kstest(pion[3] / momentum(pion), "uniform", args=(-1, 2)).pvalue > 0.01


def test_pi_aa_follows_three_body_phase_space():
    """Its Dalitz plot is flat: E_a of one a, between the ends for each E_pi, and E_pi ~ p_pi p_a/m_aa dm_aa^2."""
    m = 0.06
    pion, a, b, c, d = tracks(AA, 1e3 * m)
    first, second = a + b, c + d
    both = first + second
    lorentz = first[0] * both[0] - np.sum(first[1:] * both[1:], axis=0)
    q = mass(both)
    p, p_pion = two_body(q, m, np.full(N, m)), momentum(pion)
    # cosine between a and the pion in the frame of the two: flat, whatever their mass
    cosine = (first[0] * q - lorentz / q * both[0]) / (p * p_pion)
    assert kstest(cosine, "uniform", args=(-1, 2)).pvalue > 0.01
    edges = np.linspace((M_KAON**2 + M_PION**2 - LARGEST**2) / (2 * M_KAON), pion[0].max(), 25)
    fine = np.linspace(0, 1, 401)[:, None] * np.diff(edges) + edges[:-1]
    of_both = np.sqrt(np.maximum(M_KAON**2 + M_PION**2 - 2 * M_KAON * fine, (2 * m) ** 2))
    width = np.sqrt(np.maximum(fine**2 - M_PION**2, 0)) * np.sqrt(1 - (2 * m / of_both) ** 2)  # of E_a at this E_pi
    expected = np.trapezoid(width, fine, axis=0)
    expected *= N / expected.sum()
    observed, _ = np.histogram(pion[0], edges)
    large = expected > 5
    assert chi2.sf(np.sum(((observed - expected) ** 2 / expected)[large]), large.sum() - 1) > 0.01


def test_one_converted_photon_is_kroll_and_wada():
    """The integral over d ln q^2, the other photon all but real, is 2 ln(M/m_e) - 7/2 (Dalitz 1951)."""
    parent, other = 0.3, 2.2 * M_ELECTRON
    ln = np.linspace(np.log(2 * M_ELECTRON), np.log(parent), 200_001)
    middle = np.exp((ln[1:] + ln[:-1]) / 2)
    beta = np.sqrt(1 - (2 * M_ELECTRON / other) ** 2)
    factor = beta * (1 + 2 * (M_ELECTRON / other) ** 2)
    integral = 2 * np.sum(conversion(parent, middle, np.full_like(middle, other)) / factor) * (ln[1] - ln[0])
    assert integral == pytest.approx(2 * np.log(parent / M_ELECTRON) - 3.5, rel=1e-3)


def test_both_photons_converted_give_the_published_rate():
    """B(K -> pi 4e) = 7.2e-11 (recalled) from B(K -> pi gamma gamma) = 9.61e-7, within a factor 2."""
    rng = np.random.default_rng(2)
    length = np.log(LARGEST / (2 * M_ELECTRON))
    both = M_KAON * np.sqrt(np.interp(rng.uniform(0, 1, 10 * N), *digamma_quantiles()))
    first, second = 2 * M_ELECTRON * np.exp(length * rng.uniform(0, 1, (2, 10 * N)))
    mean = conversion(both, first, second).mean()
    assert 9.61e-7 * (ALPHA / (3 * np.pi) * 2 * length) ** 2 * mean == pytest.approx(7.2e-11, rel=0.5)


def test_pairs_of_the_standard_model_are_soft():
    _, a, b, c, d = tracks(ALONE, 0)
    pairs = np.concatenate([mass(a + b), mass(c + d)])
    assert np.median(pairs) < 0.02 and (pairs > 0.1).mean() > 0.02
    assert np.median(mass(a + b + c + d)) > 0.27


def test_leptons_of_a_transverse_photon():
    beta = np.repeat([0.3, 1.0], N)
    axis = np.random.default_rng(3).standard_normal((3, 2 * N))
    chosen = transverse(np.random.default_rng(4), axis, beta)
    cosine = np.sum(chosen * axis, axis=0) / np.sqrt(np.sum(axis**2, axis=0))
    flat, square = 1 - beta**2 / 2, beta**2 / 2  # density: flat + square cos^2
    expected = (flat / 3 + square / 5) / (flat + square / 3)
    for half in (slice(None, N), slice(N, None)):
        error = np.std(cosine[half] ** 2) / np.sqrt(N)
        assert np.mean(cosine[half] ** 2 - expected[half]) == pytest.approx(0, abs=3.5 * error)


@pytest.mark.parametrize(
    ("masses", "message"),
    [
        ((AA, 177.5), "X of 177.5 MeV cannot be simulated"),
        ((AA, 50, 20), "has no second mass"),
        ((CASCADE, 200), "needs a second mass"),
        ((CASCADE, 200, 100.1), r"a second mass of 100.1 MeV cannot be simulated.* between 1.02 and 100.00 MeV"),
        ((CASCADE, 200, 1.0), "a second mass of 1 MeV cannot be simulated"),
        ((ALONE, 1), "X of 1 MeV cannot be simulated"),
    ],
)
def test_masses_that_cannot_be(masses, message):
    with pytest.raises(InputError, match=message):
        tracks(*masses)
