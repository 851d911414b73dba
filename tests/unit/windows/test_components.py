import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from darkaon.config.slots.background import Components
from darkaon.config.slots.events import Region
from darkaon.config.slots.periods import Period
from darkaon.errors import InputError
from darkaon.windows.components import (
    component_background,
    expected_events,
    flat_split,
    period_uncertainty,
    region_bins,
    total_events,
    weights,
)

REGIONS = {"R1": Region(low=0.0, high=0.01), "R2": Region(low=0.026, high=0.068)}


def quantity(value, uncertainty=0.0):
    return {"value": value, "uncertainty": uncertainty, "source": "test", "status": "tuned"}


def category(events, r1, uncertainty=0.0):
    split = {"value": {"R1": r1, "R2": 1 - r1}, "source": "test", "status": "tuned"}
    spectrum = {"kind": "uniform"}
    return {"kind": "category", "events": quantity(events, uncertainty), "split": split, "spectrum": spectrum}


def components(**categories):
    decay = {"kind": "decay", "decay": "pi_nunu", "branching_ratio": quantity(8.4e-11, 0.84e-11)}
    slot = Components.model_validate({"kind": "components", "components": {"pi_nunu": decay, **categories}})
    return slot.components


def period(ses, background):
    return Period.model_validate({"ses": quantity(ses), "background": quantity(background)})


BOTH = components(upstream=category(12.0, 0.25, 3.0), mu_nu=category(4.0, 0.5, 1.0))


def test_events_of_a_period():
    """B/SES of the decay; the background of the period in the proportion of the categories."""
    found = expected_events(BOTH, period(4.2e-12, 8.0))
    assert found == pytest.approx({"pi_nunu": 20.0, "upstream": 6.0, "mu_nu": 2.0})


def test_periods_add():
    found = total_events(BOTH, [period(8.4e-12, 8.0), period(4.2e-12, 24.0)])
    assert found == pytest.approx({"pi_nunu": 30.0, "upstream": 24.0, "mu_nu": 8.0})


def test_a_flat_split_goes_by_width():
    assert flat_split(REGIONS) == pytest.approx({"R1": 0.010 / 0.052, "R2": 0.042 / 0.052})


def candidates(rng, n=3000):
    found = np.zeros(n, dtype=[("observable", float), ("component", float)])
    found["component"] = rng.integers(0, 3, n)
    low = rng.random(n) < 0.3
    found["observable"] = np.where(low, rng.uniform(0, 0.01, n), rng.uniform(0.026, 0.068, n))
    return found


@given(st.integers(0, 100), st.floats(0.05, 0.95), st.floats(0.1, 100))
def test_windows_sum_to_what_is_expected(seed, r1, upstream):
    """The regions hold the declared events, and pieces of them add up to the whole."""
    rng = np.random.default_rng(seed)
    slot, found = components(upstream=category(upstream, r1), mu_nu=category(2.0, 0.5)), candidates(rng)
    events = {"pi_nunu": 20.0, "upstream": upstream, "mu_nu": 2.0}
    weight = weights(found, slot, events, REGIONS)
    whole = component_background(found, weight, slot, np.array([0.0, 0.026]), np.array([0.01, 0.068])).background
    assert whole.sum() == pytest.approx(sum(events.values()))
    mine = np.where(found["component"] == 1, weight, 0)
    assert component_background(found, mine, slot, np.zeros(1), np.array([0.01])).background == pytest.approx(
        upstream * r1
    )
    edges = np.sort(np.concatenate([[0.026, 0.068], rng.uniform(0.026, 0.068, 5)]))
    pieces = component_background(found, weight, slot, edges[:-1], edges[1:]).background
    assert pieces.sum() == pytest.approx(whole[1])


def test_uncertainties():
    found = np.zeros(5, dtype=[("observable", float), ("component", float)])
    found["observable"], found["component"] = [0.001, 0.03, 0.002, 0.03, 0.03], [0, 0, 1, 1, 2]
    weight = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    result = component_background(found, weight, BOTH, np.array([0.0]), np.array([0.01]))
    assert result.background.tolist() == [5.0]
    assert result.statistical == pytest.approx([np.hypot(1, 4)])
    assert result.systematic == pytest.approx([np.hypot(1.0 * 0.1, 4.0 * 0.25)])


def test_the_uncertainty_of_the_background_of_a_period_is_one_of_all_categories():
    """20000 +- 2000 and 10000 +- 3000: 12.02 % of the categories, nothing of the decay; of one period its own."""
    periods = [
        Period.model_validate({"ses": quantity(1e-12), "background": quantity(20000.0, 2000.0)}),
        Period.model_validate({"ses": quantity(1e-12), "background": quantity(10000.0, 3000.0)}),
    ]
    assert period_uncertainty(periods) == pytest.approx(13e6**0.5 / 30000)
    assert period_uncertainty(periods[1:]) == pytest.approx(0.3)
    assert period_uncertainty([Period(share=1.0)]) == 0.0
    found = np.zeros(3, dtype=[("observable", float), ("component", float)])
    found["component"] = [0, 1, 2]
    result = component_background(found, np.array([7.0, 4.0, 16.0]), BOTH, np.zeros(1), np.ones(1), 0.3)
    own = 7.0 * 0.1, 4.0 * 0.25, 16.0 * 0.25
    assert result.systematic == pytest.approx([np.hypot(np.linalg.norm(own), 0.3 * 20.0)])


def test_a_candidate_between_two_windows_is_in_the_upper_one():
    found = np.zeros(2, dtype=[("observable", float), ("component", float)])
    found["observable"] = [0.03, 0.04]
    result = component_background(found, np.ones(2), BOTH, np.array([0.03, 0.04]), np.array([0.04, 0.05]))
    assert result.background.tolist() == [1.0, 1.0]


def test_faults():
    found = candidates(np.random.default_rng(1))
    events = {"pi_nunu": 1.0, "upstream": 1.0, "mu_nu": 1.0}
    with pytest.raises(InputError, match="no simulated candidate of the background 'mu_nu' R1"):
        weights(found[(found["component"] < 2) | (found["observable"] > 0.01)], BOTH, events, REGIONS)
    with pytest.raises(InputError, match="the split R1, R2 is not over the regions R1"):
        weights(found, BOTH, events, {"R1": REGIONS["R1"]})
    with pytest.raises(InputError, match="every period needs 'ses'"):
        expected_events(BOTH, Period(share=1.0))
    with pytest.raises(ValueError, match=r"sum to 0\.9"):
        Components.model_validate(
            {"kind": "components", "components": {"a": category(1.0, 0.5) | {"split": {
                "value": {"R1": 0.5, "R2": 0.4}, "source": "x", "status": "tuned"}}}}
        )  # fmt: skip


def test_a_range_of_counts_without_simulated_events_is_refused():
    """30000 events counted from 0.22 to 0.35, where the simulated ones lie from 220 to 350 (MeV, not GeV)."""
    range_ = {"low": 0.22, "high": 0.35, "source": "test", "status": "tuned"}
    slot = Components.model_validate(
        {
            "kind": "components",
            "components": {"up": {"kind": "yield", "decay": "x", "events": quantity(3e4), "counted_in": range_}},
        }
    ).components
    found = np.zeros(2, dtype=[("observable", float), ("component", float)])
    found["observable"] = [220.0, 350.0]
    with pytest.raises(
        InputError, match=r"'up' in counted_in, 0.22 to 0.35; give counted_in in the unit of the obse"
    ):
        weights(found, slot, {"up": 3e4}, REGIONS)
    with pytest.raises(InputError, match=r"background 'up' ?; simulate more decays"):
        weights(found[:0], slot, {"up": 3e4}, REGIONS)


def test_bins_of_regions():
    low, high = region_bins([Region(low=0.0, high=0.5), Region(low=1.0, high=1.4)], 0.2)
    np.testing.assert_allclose(low, [0, 0.2, 0.4, 1.0, 1.2])
    np.testing.assert_allclose(high, [0.2, 0.4, 0.5, 1.2, 1.4])
