from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import gammaincc, gammainccinv

from darkaon.exclusion.combination import Counts, _where, combine
from darkaon.exclusion.limits import Limits
from darkaon.models.loading import load_model
from darkaon.statistics.limits import set_limits


def limit(n, b):
    return gammainccinv(n + 1, 0.1 * gammaincc(n + 1, b)) - b


def flat(final_state, lifetimes, n, b, ses=1e-11):
    law = "prompt" if final_state == "mumu" else "escape"
    grid = np.full((len(lifetimes), 3), ses)
    mass = np.array([219.0, 220.0, 221.0])
    limits = Limits("s", "simulated", "K+ -> pi+ X", final_state, law, np.array(lifetimes), mass, {"observed": grid})
    return Counts(
        limits, mass, np.full(3, float(n)), np.full(3, float(b)), *np.zeros((2, 3)), np.full(3, np.nan), np.zeros(3)
    )


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
    assert_allclose(found["coupling_low"], limit(1, 0.5) * 1e-11 / ratio, rtol=1e-6)


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


def test_a_leak_is_a_weaker_signal():
    model = load_model("bc4_inv")
    one, leaking = (replace(flat("invisible", [np.inf], 1, 0.5), leak=np.full(3, part)) for part in (0.0, 0.25))
    limits = [combine(model, [c], np.array([220.0]))["coupling_low"][0] for c in (one, leaking)]
    assert limits[1] == pytest.approx(limits[0] / 0.75, rel=1e-6)


def test_uncertainties_that_searches_share_are_common():
    model = load_model("bc4_inv")
    one = replace(flat("invisible", [np.inf], 6, 5.0), uncertainty=np.full(3, 1.5), relative=np.full(3, 0.15))
    shared = replace(one, correlated=("ses", "background"))
    found = [combine(model, [c, c], np.array([220.0]))["coupling_low"][0] for c in (one, shared)]
    whole = set_limits(12, 10.0, 3.0, nuisance="lognormal", signal_uncertainty=0.15).observed[0]
    ratio = model.production["K+ -> pi+ X"](220.0, 1.0)
    assert found[1] == pytest.approx(whole / 2 * 1e-11 / ratio, rel=1e-5)
    assert found[0] < 0.98 * found[1]


def test_no_window_near_the_mass():
    found = combine(load_model("bc4_inv"), [flat("invisible", [np.inf], 1, 1)],
                    np.array([240.0]))  # fmt: skip
    assert len(found["mass_MeV"]) == 0


def test_a_window_is_of_masses_within_half_a_step():
    model, search = load_model("bc4_inv"), flat("invisible", [np.inf], 1, 1)
    assert combine(model, [search], np.array([219.4]))["mass_MeV"].tolist() == [219.4]
    wide = replace(search, mass_MeV=np.array([219.0, 219.5, 220.0]))  # its sensitivity reaches to 221
    assert len(combine(model, [wide], np.array([220.4]))["mass_MeV"]) == 0


def test_nothing_is_observed_where_a_window_is_blinded():
    model = load_model("bc4_inv")
    searches = [flat("invisible", [np.inf], np.nan, 0.5), flat("invisible", [np.inf], 1, 0.5)]
    found = combine(model, searches, np.array([220.0]), kinds=("observed", "expected"))
    assert found["kind"].tolist() == ["expected"]


@pytest.mark.parametrize("seed", range(40))
def test_halving_finds_every_excluded_point(seed):
    """Signals that rise, fall, stay, jump and go against one another; excluded where their weighted sum is large."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 60))
    x = np.linspace(0.0, 1.0, size)
    signals = np.array(
        [
            np.exp(-0.5 * ((x - rng.uniform(-0.3, 1.3)) / rng.uniform(0.02, 0.5)) ** 2)
            for _ in range(rng.integers(1, 4))
        ]
    )
    signals[:, x > rng.uniform(0.5, 1.5)] = 0.0  # a jump, where what is tabulated ends
    height = rng.uniform(0.05, 1.5)
    looks = []

    def excluded(i):
        looks.append(i)
        return bool(signals[:, i].sum() > height)

    assert_allclose(_where(excluded, signals), signals.sum(axis=0) > height)
    if len(signals) == 1:
        assert len(looks) <= 6 + 3 * np.log2(size)
