import numpy as np
import pytest
import yaml
from numpy.testing import assert_allclose

from darkaon.statistics.limits import set_limits
from darkaon.tables.table import read_table, write_table
from project_limits import main

SLOTS = {
    "process": "K+ -> pi+ X",
    "final_state": "mumu",
    "lifetime": {
        "kind": "prompt",
        "tau0_ns": {"value": 0.07, "source": "eq. 3.1", "status": "cited"},
        "values_ns": [0, 1],
    },
    "statistics": {"method": "hybrid", "level": 0.90},
}
MASS = np.array([220.0, 230.0, 240.0])
SES = np.concatenate([np.full(3, 1e-11), np.full(3, 5e-11)])


def project(folder, factor, background=(4.0, 9.0, 100.0), relative=0.03):
    (folder / "s.yaml").write_text(yaml.safe_dump(SLOTS))
    b = np.array(background)
    write_table(
        folder / "windows.csv",
        {"mass_MeV": MASS, "background": b, "background_stat": 0.1 * b, "background_syst": 0.05 * b},
        {"label": "simulated", "search": "s"},
    )
    columns = {"lifetime_ns": np.repeat([0.0, 1.0], 3), "mass_MeV": np.tile(MASS, 2)}
    write_table(folder / "acceptance.csv", {**columns, "ses": SES, "ses_error": relative * SES})
    output = folder / "projection.csv"
    main(["--search", str(folder / "s.yaml"), "--windows", str(folder / "windows.csv"), "--factor", str(factor),
          "--acceptance", str(folder / "acceptance.csv"), "--output", str(output)])  # fmt: skip
    return read_table(output)


def test_once_the_data_gives_the_expected_limits(tmp_path):
    table = project(tmp_path, 1)
    b = np.array([4.0, 9.0, 100.0])
    limits = set_limits(None, b, np.hypot(0.1, 0.05) * b, signal_uncertainty=0.03)
    assert_allclose(table["expected"], np.tile(limits.expected, 2) * SES, rtol=1e-8)
    assert table.label == "projection x1" and "observed" not in table.columns
    assert table.header["projected_from"] == "simulated"


def test_the_least_uncertainty_of_all_lifetimes_is_taken_as_for_the_limits(tmp_path):
    """Whichever lifetime has it, that of the first row or the last."""
    even = project(tmp_path, 1)["expected"]
    for relative in ((0.3, 0.03), (0.03, 0.3)):
        assert_allclose(project(tmp_path, 1, relative=np.repeat(relative, 3))["expected"], even, rtol=1e-9)


def test_more_data_gain_between_the_factor_and_its_root(tmp_path):
    once, more = project(tmp_path, 1), project(tmp_path, 16)
    gain = once["expected"] / more["expected"]
    assert np.all((gain > 1) & (gain < 16))
    assert gain[0] > gain[2]  # the systematic uncertainty of a large background does not shrink


def test_bad_factor(tmp_path):
    with pytest.raises(ValueError, match="--factor: must be above 0"):
        project(tmp_path, -1)
