from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import gammaincc, gammainccinv

from darkaon.constants import HBAR_GEV_NS
from darkaon.exclusion.combination import Counts, _way, _where, _with_extremes, combine
from darkaon.exclusion.limits import Limits
from darkaon.models.loading import load_model
from darkaon.models.model import Coupling, Model
from darkaon.statistics.limits import set_limits


def limit(n, b):
    return gammainccinv(n + 1, 0.1 * gammaincc(n + 1, b)) - b


def flat(final_state, lifetimes, n, b, ses=1e-11):
    law = "prompt" if final_state == "mumu" else "escape"
    grid = np.full((len(lifetimes), 3), ses)
    mass = np.array([219.0, 220.0, 221.0])
    limits = Limits("s", "simulated", "K+ -> pi+ X", final_state, law, np.array(lifetimes), mass, {"observed": grid})
    none, relative = np.zeros(3), np.zeros(grid.shape)
    return Counts(limits, mass, np.full(3, float(n)), np.full(3, float(b)), none, relative, np.full(3, np.nan), none)


def toy(width, rate=1e-2, final="mumu"):
    """X from K+ -> pi+ X at rate g^2, with a width g^2 [GeV]."""
    return Model(
        coupling=Coupling(name="g", label="g", unit="", low=1e-6, high=1e-2, reference=1e-4, power=2),
        production={"K+ -> pi+ X": lambda mass, g: rate * g**2 + 0.0 * mass},
        decays={final: lambda mass, g: np.ones(np.broadcast_shapes(np.shape(mass), np.shape(g)))},
        lifetime_ns=lambda mass, g: HBAR_GEV_NS / (width * g**2) + 0.0 * mass,
        power_law=True,
    )


def seen(law, final_state, lifetimes, ses, n, b, uncertainty=0.0, relative=0.0):
    """Windows of 219, 220 and 221 MeV, all alike; `ses` and `relative` at each lifetime."""
    mass, size = np.array([219.0, 220.0, 221.0]), (len(lifetimes), 3)
    grid = np.broadcast_to(np.reshape(ses, (-1, 1)), size)
    limits = Limits("s", "simulated", "K+ -> pi+ X", final_state, law, np.array(lifetimes), mass, {"observed": grid})
    n, b, up = (np.full(3, float(value)) for value in (n, b, uncertainty))
    part = np.broadcast_to(np.reshape(relative, (-1, 1)), size)
    return Counts(limits, mass, n, b, up, part, np.full(3, np.nan), np.zeros(3))


def edges(found):
    return np.ravel([found["coupling_low"], found["coupling_high"]], order="F")


@pytest.mark.parametrize("power_law", [True, False])
@pytest.mark.parametrize("times", [1.03, 1.058])
def test_narrow_intervals_and_gaps_are_found(times, power_law):
    """Against s(g) = s_90 on a fine grid: a gap of 1.4 % in g, or one interval of 8.061e-5 to 8.631e-5."""
    ses, width = np.array([1e-8, 1e-11, 3e-12]), times * 1.16413e-7
    search = seen("escape", "invisible", [0.1, 1.0, np.inf], ses, 3, 1.5, 0.7, 0.1)
    found = combine(replace(toy(width), power_law=power_law), [search], np.array([220.0]))
    g = np.geomspace(1e-6, 1e-2, 400_001)
    u = width * g**2 / HBAR_GEV_NS  # log SES is linear in 1/tau
    s = np.where(u <= 10, 1e-2 * g**2 / np.exp(np.interp(u, [0, 1, 10], np.log(ses[::-1]))), 0.0)
    expected = g[np.flatnonzero(np.diff(s > set_limits(3, 1.5, 0.7, signal_uncertainty=0.1).observed[0]))]
    assert_allclose(edges(found), expected, rtol=5e-5)
    assert len(expected) == (4 if times == 1.03 else 2)


@pytest.mark.parametrize("depth", [1e-3, -1e-3])
def test_a_narrow_gap_between_two_searches_is_found(depth):
    """Without background and events CLs is exp(-s1 - s2): excluded where s1 + s2 > ln 10."""
    width, ses = 1.16413e-7, np.array([1e-7, 1e-11])
    searches = [seen("escape", "invisible", [0.1, np.inf], ses, 0, 0), seen("prompt", "mumu", [0, 10], 3e-10, 0, 0)]
    g = np.geomspace(1e-6, 1e-2, 400_001)
    u = width * g**2 / HBAR_GEV_NS
    s = np.where(u <= 10, g**2 / np.exp(np.interp(u, [0, 10], np.log(ses[::-1]))), 0.0)
    s += np.where(u >= 0.1, g**2 / 3e-10, 0.0)
    valley = (u > 2) & (u < 9)  # the escape search loses what the prompt one has not yet
    rate = (1.0 - depth) * np.log(10) / s[valley].min()
    found = combine(toy(width, rate), searches, np.array([220.0]))
    expected = g[np.flatnonzero(np.diff(rate * s > np.log(10)))]
    assert_allclose(edges(found)[:-1], expected, rtol=5e-5)
    assert len(expected) == (3 if depth > 0 else 1)


@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize("at", np.linspace(2.3, 3.7, 8))
def test_extremes_between_points_are_found_where_signals_go_against_each_other(side, at):
    x, height = np.arange(7.0), 1e-3

    def excess(point):
        return side * (height - (point - at) ** 2)

    excluded = np.full(7, side < 0)
    points, states = _with_extremes(excess, x, excluded, np.full(6, True))
    assert len(points) == 8 and states.tolist() == [excess(point) > 0 for point in points]
    assert points[states == (side > 0)] == pytest.approx(at, abs=1e-2)
    assert len(_with_extremes(excess, x, excluded, np.full(6, False))[0]) == 7


@pytest.mark.parametrize(("width", "tau_ns"), [(1e-9, 360.0), (1.05e-7, 2.1)])
def test_the_uncertainty_of_the_sensitivity_is_that_at_the_lifetime(width, tau_ns):
    """1 % up to 1 ns and 40 % for a stable X."""
    ses, relative = np.array([1e-8, 1e-11, 3e-12]), np.array([0.01, 0.01, 0.4])
    search = seen("escape", "invisible", [0.1, 1.0, np.inf], ses, 3, 1.5, 0.7, relative)
    low = combine(toy(width), [search], np.array([220.0]))["coupling_low"][0]
    tau = HBAR_GEV_NS / (width * low**2)
    assert tau == pytest.approx(tau_ns, rel=0.1)
    there = 0.01 + 0.39 * (2.0 * tau / (1.0 + tau) - 1.0)
    s = 1e-2 * low**2 / np.exp(np.interp(1 / tau, [0, 1, 10], np.log(ses[::-1])))
    assert s == pytest.approx(set_limits(3, 1.5, 0.7, signal_uncertainty=there).observed[0], rel=1e-5)


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
    one = replace(flat("invisible", [np.inf], 6, 5.0), uncertainty=np.full(3, 1.5), relative=np.full((1, 3), 0.15))
    shared = replace(one, correlated=("ses", "background"))
    found = [combine(model, [c, c], np.array([220.0]))["coupling_low"][0] for c in (one, shared)]
    whole = set_limits(12, 10.0, 3.0, nuisance="lognormal", signal_uncertainty=0.15).observed[0]
    ratio = model.production["K+ -> pi+ X"](220.0, 1.0)
    assert found[1] == pytest.approx(whole / 2 * 1e-11 / ratio, rel=1e-5)
    assert found[0] < 0.98 * found[1]


@pytest.mark.parametrize("nuisance", ["gamma", "gauss", "lognormal"])
def test_the_background_is_distributed_as_the_search_says(nuisance):
    model = load_model("bc4_inv")
    search = replace(flat("invisible", [np.inf], 9, 3.0), uncertainty=np.full(3, 2.5), nuisance=nuisance)
    found = combine(model, [search], np.array([220.0]))["coupling_low"][0]
    expected = set_limits(9, 3.0, 2.5, nuisance=nuisance).observed[0]
    assert found == pytest.approx(expected * 1e-11 / model.production["K+ -> pi+ X"](220.0, 1.0), rel=1e-4)


def test_no_window_near_the_mass():
    found = combine(load_model("bc4_inv"), [flat("invisible", [np.inf], 1, 1)],
                    np.array([240.0]))  # fmt: skip
    assert len(found["mass_MeV"]) == 0


def test_a_window_is_of_masses_within_half_a_step():
    model, search = load_model("bc4_inv"), flat("invisible", [np.inf], 1, 1)
    assert combine(model, [search], np.array([219.4]))["mass_MeV"].tolist() == [219.4]
    wide = replace(search, mass_MeV=np.array([219.0, 219.5, 220.0]))  # its sensitivity reaches to 221
    assert len(combine(model, [wide], np.array([220.4]))["mass_MeV"]) == 0


def test_a_window_alone_or_beside_a_gap_reaches_no_further():
    model, search = load_model("bc4_inv"), seen("stable", "invisible", [np.inf], 1e-11, 1, 1)
    alone = replace(search, mass_MeV=np.array([219.0]))  # its sensitivity reaches to 221
    found = [combine(model, [alone], np.array([mass]))["searches"].tolist() for mass in (219.0, 219.1)]
    assert found == [[1], []]
    mass = np.array([200.0, 201.0, 202.0, 203.0, 219.0, 220.0, 221.0, 222.0])
    cut = replace(search, mass_MeV=mass)
    assert [cut.window(at) for at in (203.0, 203.5, 203.6, 218.4, 218.5, 222.6)] == [3, 3, None, None, 4, None]


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

    assert_allclose(_where(excluded, _way(signals)), signals.sum(axis=0) > height)
    if len(signals) == 1:
        assert len(looks) <= 6 + 3 * np.log2(size)
