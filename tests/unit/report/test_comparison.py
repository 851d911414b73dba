import numpy as np

from darkaon.models.loading import load_model
from darkaon.report.comparison import compare, improvement, in_branching_fraction
from darkaon.tables.table import Table


def own(scale=1.0):
    mass = np.array([100.0, 200, 300])
    return Table(
        {
            "lifetime_ns": np.repeat([0.0, 1.0], 3),
            "mass_MeV": np.tile(mass, 2),
            "expected_m2": np.full(6, 0.5 * scale),
            "expected": np.full(6, 1.0 * scale),
            "expected_p2": np.full(6, 2.0 * scale),
        }
    )


def published(values, lifetime=0.0):
    n = len(values)
    return Table({"lifetime_ns": np.full(n, lifetime), "mass_MeV": np.linspace(50, 350, n), "observed": values})


def test_counts_inside_the_band_and_the_median_ratio():
    # masses 50 .. 350: the first and last are outside the own range
    rows = compare(own(), published(np.array([9.0, 0.4, 0.6, 1.5, 1.9, 2.1, 9.0])))
    assert rows["scope"].tolist() == ["range", *["part"] * 5] and rows["lifetime_ns"].tolist() == [0.0] * 6
    assert rows["masses"].tolist() == [5, *[1] * 5] and rows["ratio"][1:].tolist() == [0.4, 0.6, 1.5, 1.9, 2.1]
    assert rows["shape"][0] == 2.1 / 0.4 and np.isnan(rows["shape"][1:]).all()
    assert rows["inside_band"][0] == 3 / 5
    assert rows["ratio"][0] == 1.5


def test_window_efficiency_scales_the_expected_limit_down():
    rows = compare(own(), published(np.full(5, 1.0)), window_efficiency=np.full(6, 0.5))
    assert rows["ratio"][0] == 1.0
    assert rows["ratio_without_window"][0] == 2.0


def test_only_common_lifetimes():
    assert len(compare(own(), published(np.ones(3), lifetime=5.0))["lifetime_ns"]) == 0


def test_the_shape_does_not_depend_on_the_size_of_the_limits():
    same, other = (compare(own(scale), published(np.full(33, 1.0)))["shape"][0] for scale in (1.0, 3.0))
    assert same == other == 1.0


def test_limits_on_a_coupling_are_compared_through_the_rates_of_its_model():
    model = load_model("bc6")
    limits = Table(
        {"lifetime_ns": np.full(2, np.inf), "mass_MeV": np.array([200.0, 600.0]), "observed": np.full(2, 1e-9)},
        {"quantity": "|U_e4|^2"},
    )
    found = in_branching_fraction(limits, model, "K+ -> e+ X")
    assert found["mass_MeV"].tolist() == [200.0]  # beyond the end of the decay there is no rate
    assert found["observed"][0] == model.production["K+ -> e+ X"](200.0, 1e-9)


def test_improvement_by_lifetime():
    columns = {"lifetime_ns": np.repeat([1.0, np.inf], 3), "mass_MeV": np.tile([1.0, 2, 3], 2)}
    after = Table(columns | {"expected": np.ones(6), "observed": np.ones(6)})
    before = Table(columns | {"expected": np.arange(6.0), "observed": np.array([np.nan] * 3 + [1.0, 2, 6])})
    found = improvement(before, after)
    assert found["lifetime_ns"].tolist() == [1, np.inf] and found["expected"].tolist() == [1, 4]
    assert np.isnan(found["observed"][0])
    assert [found[f"observed{name}"][1] for name in ("", "_least", "_most")] == [2, 1, 6]
