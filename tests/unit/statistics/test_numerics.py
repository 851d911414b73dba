import numpy as np
import pytest
from scipy import special

from darkaon.statistics import numerics


def test_tails_in_logarithms_continue_the_direct_ones(monkeypatch):
    n, mean = np.array([3.0, 100.0, 1000.0]), np.array([40.0, 300.0, 1600.0])
    below, above = numerics.log_at_most(n, mean), numerics.log_gamma_cdf(mean, n)
    monkeypatch.setattr(numerics, "UNDERFLOW", 2.0)  # the continued fraction everywhere
    assert numerics.log_at_most(n, mean) == pytest.approx(below, rel=1e-12)
    assert numerics.log_gamma_cdf(mean, n) == pytest.approx(above, rel=1e-12)


def test_deep_tails_are_the_sums_of_their_terms():
    for n, mean in ((3, 800.0), (1000, 3000.0), (100_000, 130_000.0)):
        k = np.arange(n + 1.0)
        terms = k * np.log(mean) - mean - special.gammaln(k + 1)
        direct = terms.max() + np.log(np.exp(terms - terms.max()).sum())
        assert numerics.log_at_most(np.array([float(n)]), np.array([mean]))[0] == pytest.approx(direct, rel=1e-9)


def test_a_sum_does_not_depend_on_the_shape():
    terms = np.random.default_rng(1).normal(size=(40, 50))
    whole = numerics.add_up(terms)
    assert all(numerics.add_up(terms[:, i : i + 1].copy())[0] == whole[i] for i in range(50))
