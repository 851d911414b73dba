import numpy as np
import pytest

from darkaon.errors import InputError
from darkaon.exclusion.files import read_counts
from darkaon.tables.table import write_table

HEADER = {"search": "s", "process": "K+ -> pi+ X", "final_state": "invisible", "lifetime_law": "stable"}


@pytest.fixture
def tables(tmp_path):
    windows = {"mass_MeV": [100.0, 110.0], "n_observed": [5.0, 7.0], "background": [4.0, 6.0]}
    windows |= {"background_stat": [0.3, 0.5], "background_syst": [0.4, 1.2]}
    acceptance = {"lifetime_ns": [np.inf, np.inf], "mass_MeV": [100.0, 110.0], "ses": [1e-11, 2e-11]}
    acceptance |= {"ses_error": [1e-12, 4e-12]}
    write_table(tmp_path / "w.csv", {k: np.array(v) for k, v in windows.items()}, HEADER)
    write_table(tmp_path / "a.csv", {k: np.array(v) for k, v in acceptance.items()}, HEADER)
    return f"s={tmp_path / 'w.csv'},{tmp_path / 'a.csv'}"


def test_errors_of_the_background_add_in_quadrature(tables):
    _, counts = read_counts(tables)
    assert counts.uncertainty.tolist() == pytest.approx([0.5, 1.3])
    assert counts.relative.tolist() == pytest.approx([0.1, 0.2])


def test_another_form_is_refused():
    with pytest.raises(InputError, match="must be SEARCH=WINDOWS,ACCEPTANCE"):
        read_counts("s=w.csv")
