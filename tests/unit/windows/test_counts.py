from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy.stats import norm

from darkaon.config.schema import validate
from darkaon.config.search import Search, load_search
from darkaon.config.slots.counts import Counted
from darkaon.errors import InputError
from darkaon.sensitivity.counted import box_efficiency, stable_acceptance, unit_sensitivity
from darkaon.statistics.limits import set_limits
from darkaon.tables.table import Table
from darkaon.windows.counts import counted_at, total

ROOT = Path(__file__).parents[3]
BOX = (0.015, 0.021, 1e-3)
KNOWN = {"source": "s", "status": "cited"}
MASS = np.array([100.0, 150.0])


def period(observed=0, background=None, ses=None):
    known = {} if ses is None else {"ses": {"value": ses[0], "uncertainty": ses[1], **KNOWN}}
    return {"observed": observed, "background": background or {"value": 1, "uncertainty": 0.5}, **known, **KNOWN}


def counted(*periods):
    return {str(i): validate(Counted, p, "x") for i, p in enumerate(periods)}


def test_box_efficiency_is_the_gaussian_inside():
    m = np.array([108.0, 122.47, 134.9768, 155.0])
    square = (m * 1e-3) ** 2
    expected = norm.cdf((0.021 - square) / 1e-3) - norm.cdf((0.015 - square) / 1e-3)
    np.testing.assert_allclose(box_efficiency(m, *BOX), expected, rtol=1e-9)
    assert box_efficiency(np.sqrt(0.018) * 1e3, *BOX) == pytest.approx(0.9973, abs=1e-4)  # +-3 sigma
    assert box_efficiency(np.sqrt(0.015) * 1e3, *BOX) == pytest.approx(0.5, abs=1e-6)  # on the edge


def test_far_outside_both_tails_keep_their_digits():
    """7 sigma beyond either edge: the same tail (the far edge adds nothing)."""
    low, high = box_efficiency(1e3 * np.sqrt([0.008, 0.028]), *BOX)
    assert low == pytest.approx(norm.sf(7), rel=1e-9)
    assert high == pytest.approx(norm.sf(7), rel=1e-9)


def test_periods_add():
    """KOTO: 1/SES add; counts and backgrounds add, their uncertainties in quadrature."""
    found = total(
        counted(
            period(0, {"value": 0.252, "uncertainty": 0.08}, ses=(9.33e-10, 0.84e-10)),
            period(3, {"value": 1.22, "up": 0.3, "down": 0.2}, ses=(7.2e-10, 0.7e-10)),
        ),
        MASS,
    )
    assert (found.observed.tolist(), found.asymmetric) == ([3, 3], True)
    np.testing.assert_allclose(found.background, 1.472)
    np.testing.assert_allclose([found.up, found.down], [[np.hypot(0.08, 0.3)] * 2, [np.hypot(0.08, 0.2)] * 2])
    assert 1 / found.ses == pytest.approx(1 / 9.33e-10 + 1 / 7.2e-10)
    parts = found.ses / np.array([9.33e-10, 7.2e-10]) * np.array([0.84 / 9.33, 0.7 / 7.2])
    assert found.ses_error == pytest.approx(np.hypot(*parts))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"observed": -1}, "observed: -1: input should be greater than or equal to 0"),
        ({"observed": 2.5}, "observed: 2.5 is not a whole number"),
        ({"observed": "many"}, "observed: 'many' is not a whole number"),
        ({"background": {"value": -1, "uncertainty": 1}}, "background.value: -1: input should be greater than 0"),
        ({"background": {"value": 1}}, "background: a background needs 'uncertainty', or 'up' and 'down'"),
        ({"background": {"uncertainty": 1}}, "background: a background needs 'value' or an upper bound 'below'"),
        ({"background": {"below": 1, "uncertainty": 1}}, "'below' a bound has neither value nor uncertainty"),
        ({"background": None}, "a period needs 'observed' and 'background', or the 'path' of a table"),
        ({"path": "x.csv"}, "a period needs 'observed' and 'background', or the 'path' of a table"),
        ({"background": {"value": 1, "up": 1}}, "background: a background needs"),
        ({"background": {"value": 1, "uncertainty": 1, "up": 1, "down": 0.5}}, "background: a background needs"),
        ({"background": {"value": 1, "up": 1, "down": 1}}, r"down \(1.0\) must be smaller than value \(1.0\)"),
        ({"ses": {"value": 0, **KNOWN}}, "ses.value: 0: input should be greater than 0"),
        ({"status": "guessed"}, "status: 'guessed' is none of cited"),
    ],
)
def test_bad_counts(change, message):
    with pytest.raises(InputError, match=message):
        validate(Counted, period() | change, "x")


def by_mass(**columns):
    defaults = {"mass_MeV": [150, 125, 100], "n_observed": [2, 9, 0], "background": [3, 9, 1]}
    values = defaults | {"background_uncertainty": [0.5, 9, 0.1]} | columns
    return Table({name: np.array(column, dtype=float) for name, column in values.items()})


def test_a_table_gives_each_mass_its_window_and_adds_to_a_common_one():
    table = {"t": validate(Counted, {"path": "x.csv", **KNOWN}, "x")}
    found = total(counted(period(4)) | table, MASS, {"t": by_mass()})
    assert found.observed.tolist() == [4, 6]
    assert found.background.tolist() == [2, 4]
    np.testing.assert_allclose(found.up, np.hypot(0.5, [0.1, 0.5]))
    np.testing.assert_array_equal(found.down, found.up)
    assert not found.asymmetric


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"mass_MeV": [150, 125, 101]}, r"x\.csv: mass_MeV: no rows at the mass hypothesis 100 MeV; it needs one"),
        ({"mass_MeV": [150, 150, 100]}, r"x\.csv: mass_MeV: 2 rows at the mass hypothesis 150 MeV"),
        ({"n_observed": [2, 9, 0.5]}, r"x\.csv: row 3: n_observed is 0\.5: must be a whole number"),
        ({"n_observed": [2, 9, np.nan]}, r"x\.csv: row 3: n_observed is nan"),
        ({"background": [3, 9, 0]}, r"x\.csv: row 3: background is 0: must be above 0"),
        ({"background_uncertainty": [3, 9, -1]}, r"x\.csv: row 3: background_uncertainty is -1"),
    ],
)
def test_bad_tables_of_counts(columns, message):
    with pytest.raises(InputError, match=message):
        counted_at(by_mass(**columns), "x.csv", MASS)


def test_a_bound_on_the_background_goes_with_no_event():
    """At n = 0 the CLs limit does not depend on the background; at n = 1 it does, and the bound would subtract."""
    bound = {"below": 0.62}
    found = total(counted(period(0, bound)), MASS)
    assert (found.background.tolist(), found.up.tolist()) == ([0.62, 0.62], [0, 0])
    np.testing.assert_allclose(set_limits([0, 0], [1e-6, 0.62]).observed, np.log(10))
    assert np.ptp(set_limits([1, 1], [1e-6, 0.62]).observed) > 0.3
    for others in (counted(period(1, bound)), counted(period(0, bound), period(2))):
        with pytest.raises(InputError, match=r"counts: background\.below goes with 0 events alone"):
            total(others, MASS)


def search(**slots):
    return validate(Search, {"normalisation": {"kind": "counts"}, **slots}, "x")


def test_normalisations():
    some = total(counted(period(ses=(1e-9, 1e-10))), MASS)
    assert unit_sensitivity(search(), some) == (pytest.approx(1e-9), pytest.approx(0.1))
    with pytest.raises(InputError, match="needs the 'ses' of every period"):
        unit_sensitivity(search(), total(counted(period(ses=(1e-9, 0)), period()), MASS))
    decays = {"kind": "decays", "value": 1e12, "uncertainty": 1e10, **KNOWN}
    assert unit_sensitivity(search(normalisation=decays), some) == (1e-12, 0.01)
    tag = {"value": 0.2, "uncertainty": 0.006, **KNOWN}
    tagged = {"kind": "tagged", "value": 4e9, "uncertainty": 1.6e8, "particle": "pi0", "mass_MeV": 135.0, **KNOWN}
    found = unit_sensitivity(search(normalisation=tagged | {"branching_ratio": tag}), some)
    assert found == (pytest.approx(5e-11), pytest.approx(0.05))
    own = {key: value for key, value in tagged.items() if key != "mass_MeV"}  # the tagged particle's own decay
    assert unit_sensitivity(search(normalisation=own), some) == (pytest.approx(2.5e-10), pytest.approx(0.04))
    with pytest.raises(InputError, match="'mass_MeV' and 'branching_ratio' go together"):
        search(normalisation=tagged)


def test_acceptances():
    mass = np.array([100.0, 150.0])
    one = {"kind": "constant", "value": 0.5, "uncertainty": 0.1, **KNOWN}
    value, error = stable_acceptance(search(acceptance=one), {"mass_MeV": mass})
    assert value.tolist() == [0.5, 0.5] and error.tolist() == [0.1, 0.1]
    table = Table({"mass_MeV": np.array([50.0, 150.0]), "acceptance": np.array([0.1, 0.3])})
    tabulated = search(acceptance={"kind": "table", "path": "a.csv"})
    value, error = stable_acceptance(tabulated, {"mass_MeV": mass}, table)
    np.testing.assert_allclose(value, [0.2, 0.3])
    with pytest.raises(InputError, match=r"a\.csv: mass_MeV must rise and cover the masses 100 to 151"):
        stable_acceptance(tabulated, {"mass_MeV": np.array([100.0, 151.0])}, table)
    with pytest.raises(InputError, match=r"window: this slot is missing: acceptance\.kind box needs it"):
        stable_acceptance(search(acceptance={"kind": "box"}), {"mass_MeV": mass})
    box = {"kind": "box", "low": 0.015, "high": 0.021}
    sigma = {"kind": "constant", "value": 1e-3, **KNOWN}
    boxed = search(acceptance={"kind": "box"}, window=box, resolution=sigma)
    with pytest.raises(InputError, match="at 400 MeV it is not above 0"):
        stable_acceptance(boxed, {"mass_MeV": np.array([135.0, 400.0])})


@pytest.mark.parametrize(
    ("slot", "value", "message"),
    [
        (
            "window",
            {"kind": "symmetric", "half_width_sigma": 1},
            "window.kind: 'symmetric' does not go with input counts",
        ),
        ("acceptance", {"kind": "simulation"}, "acceptance.kind: 'simulation' does not go with input counts"),
        ("counts", {}, "counts"),
        ("counts", None, "counts: this slot is missing"),
        ("blind", True, "blind: published counts cannot be blinded; remove the key"),
        ("window", {"kind": "box", "low": 2, "high": 1}, r"window: low \(2.0\) must be below high \(1.0\)"),
    ],
)
def test_slots_of_the_input(tmp_path, monkeypatch, slot, value, message):
    monkeypatch.chdir(ROOT)
    content = yaml.safe_load(Path("config/searches/na62_pi0_invisible.yaml").read_text())
    content = {k: v for k, v in content.items() if k != slot} | ({} if value is None else {slot: value})
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match=message):
        load_search(tmp_path / "x.yaml")
