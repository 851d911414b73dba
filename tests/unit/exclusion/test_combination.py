import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq
from scipy.special import gammaincc, gammainccinv

from darkaon.exclusion.combination import Counts, combine, log_cls
from darkaon.exclusion.limits import Limits
from darkaon.models.loading import load_model
from darkaon.statistics.limits import set_limits


def limit(n, b, error, quantile=None):
    arrays = (np.array([float(n)]), np.array([float(b)]), np.array([float(error)]))
    return brentq(lambda s: log_cls(*arrays, np.array([s]), quantile=quantile) - np.log(0.1), 1e-3, 1e3)


@pytest.mark.parametrize(("n", "b"), [(0, 0.01), (0, 3), (1, 0.5), (3, 1), (5, 2), (100, 110), (400, 400)])
def test_one_window_with_a_known_background_is_cls_on_the_count(n, b):
    assert_allclose(limit(n, b, 0), gammainccinv(n + 1, 0.1 * gammaincc(n + 1, b)) - b, rtol=1e-5)


def test_no_events_gives_ln_10_whatever_the_background():
    for b, error in ((0.01, 0.002), (2, 1), (30, 10)):
        assert_allclose(limit(0, b, error), np.log(10), rtol=1e-6)


@pytest.mark.parametrize(("n", "b", "error", "value"), [(1, 0.5, 0.1, 3.514), (3, 1, 0.2, 5.726), (5, 2, 0.4, 7.351)])
def test_an_uncertain_background_is_close_to_the_gaussian_prior(n, b, error, value):
    assert_allclose(limit(n, b, error), value, rtol=3e-3)  # the published values have a Gaussian, this a gamma prior


def test_an_uncertain_signal_is_a_weaker_limit():
    def with_error(relative):
        counts = (np.array([3.0]), np.array([1.0]), np.array([0.2]))
        return brentq(lambda s: log_cls(*counts, np.array([s]), relative=relative) - np.log(0.1), 1e-3, 1e3)

    exact, uncertain = with_error(0.0), with_error(0.2)
    single = [set_limits(3, 1, 0.2, signal_uncertainty=part).observed[0] for part in (0.0, 0.2)]
    assert_allclose([exact, uncertain], single, rtol=0.03)  # a log-normal there
    assert uncertain > 1.02 * exact


def test_an_asymmetric_background_is_that_of_the_single_limit():
    found = brentq(
        lambda s: log_cls(np.array([12.0]), np.array([10.0]), np.array([22.0]), np.array([s]), down=8.0)
        - np.log(0.1), 1e-3, 1e3
    )  # fmt: skip
    assert_allclose(found, set_limits(12, 10, 22, 8).observed, rtol=0.02)


def test_a_window_cut_in_two_equal_halves_gives_the_same_limit():
    whole = limit(4, 3, 0)
    halves = brentq(lambda s: log_cls(np.array([1.0, 3.0]), np.full(2, 1.5), np.zeros(2), np.full(2, s / 2))
                    - np.log(0.1), 1e-3, 100)  # fmt: skip
    assert_allclose(halves, whole, rtol=1e-9)


def test_expected_limits_grow_with_the_quantile():
    # a small Q excludes more
    values = [limit(0, 3, 0.5, q) for q in (0.023, 0.16, 0.5, 0.84, 0.977)]
    assert values == sorted(values) and values[0] < values[-1]


def flat(final_state, lifetimes, n, b, ses=1e-11):
    law = "prompt" if final_state == "mumu" else "escape"
    grid = np.full((len(lifetimes), 3), ses)
    mass = np.array([219.0, 220.0, 221.0])
    limits = Limits("s", "simulated", "K+ -> pi+ X", final_state, law, np.array(lifetimes), mass, {"observed": grid})
    return Counts(limits, mass, np.full(3, float(n)), np.full(3, float(b)), *np.zeros((2, 3)), np.full(3, np.nan))


def test_two_equal_searches_are_one_with_twice_the_data():
    model = load_model("bc4_inv")
    one = flat("invisible", [np.inf], 1, 0.5)
    two = combine(model, [one, one], np.array([220.0]))
    double = combine(model, [flat("invisible", [np.inf], 2, 1, 5e-12)], np.array([220.0]))
    assert_allclose(two["coupling_low"], double["coupling_low"], rtol=1e-6)
    assert list(two["searches"]) == [2] and list(double["searches"]) == [1]


def test_the_coupling_of_one_window_is_that_of_its_limit():
    model = load_model("bc4_inv")
    found = combine(model, [flat("invisible", [np.inf], 1, 0.5)], np.array([220.0]))
    ratio = model.production["K+ -> pi+ X"](220.0, 1.0)
    assert_allclose(found["coupling_low"], limit(1, 0.5, 0) * 1e-11 / ratio, rtol=1e-6)


def test_searches_that_see_different_lifetimes_close_the_region_from_both_sides():
    model = load_model("bc4")
    escape = flat("invisible", [1.0, np.inf], 1, 0.5)
    prompt = flat("mumu", [0.0, 10.0], 5, 5.0)
    single = [combine(model, [c], np.array([220.0])) for c in (escape, prompt)]
    joint = combine(model, [escape, prompt], np.array([220.0]), kinds=("observed", "expected", "expected_p1"))
    assert list(joint["kind"]) == ["observed", "expected", "expected_p1"]
    assert_allclose(joint["coupling_low"][0], single[0]["coupling_low"], rtol=0.05)
    assert joint["coupling_low"][1] < joint["coupling_low"][2]
    assert_allclose(joint["coupling_high"][0], model.coupling.high)
    assert single[0]["coupling_high"][0] < 1e-3 < single[1]["coupling_high"][0]


def test_no_window_near_the_mass():
    found = combine(load_model("bc4_inv"), [flat("invisible", [np.inf], 1, 1)],
                    np.array([240.0]))  # fmt: skip
    assert len(found["mass_MeV"]) == 0


def test_nothing_is_observed_where_a_window_is_blinded():
    model = load_model("bc4_inv")
    searches = [flat("invisible", [np.inf], np.nan, 0.5), flat("invisible", [np.inf], 1, 0.5)]
    found = combine(model, searches, np.array([220.0]), kinds=("observed", "expected"))
    assert found["kind"].tolist() == ["expected"]
