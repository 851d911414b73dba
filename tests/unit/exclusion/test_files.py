import numpy as np
import pytest

from darkaon.errors import InputError
from darkaon.exclusion.files import read_counts
from darkaon.tables.table import read_table, write_table

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
    assert counts.relative[0].tolist() == pytest.approx([0.1, 0.2])


def test_another_form_is_refused():
    with pytest.raises(InputError, match="must be SEARCH=WINDOWS,ACCEPTANCE"):
        read_counts("s=w.csv")


def changed(tables, file, **columns):
    """The same tables, with some columns of the windows (w) or acceptances (a) replaced."""
    path = tables.removeprefix("s=").split(",")["wa".index(file)]
    table = read_table(path)
    write_table(path, {**table.columns, **{name: np.array(values) for name, values in columns.items()}}, HEADER)
    return tables


def test_uncertainties_of_each_lifetime_do_not_depend_on_the_order_of_rows(tables):
    rows = {
        "lifetime_ns": [np.inf, 1, 1, 0.1],
        "mass_MeV": [100, 110, 100, 110],
        "ses": [1e-11, 2e-11, 2e-11, np.nan],
    }
    rows |= {"ses_error": [4e-12, 6e-13, 2e-13, np.nan]}
    header = HEADER | {"lifetime_law": "escape"}
    found = []
    for order in (slice(None), slice(None, None, -1)):
        write_table(
            tables.partition(",")[2], {name: np.array(values)[order] for name, values in rows.items()}, header
        )
        found.append(read_counts(tables)[1].relative)
    assert found[0][1:] == pytest.approx(np.array([[0.01, 0.03], [0.4, 0.4]])) and np.isnan(found[0][0]).all()
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize(
    ("file", "columns", "fault"),
    [
        ("w", {"n_observed": [5, 3.5]}, r"w.csv: n_observed\[1\] is 3.5; a number of events is a whole number"),
        ("w", {"n_observed": [5, -3]}, r"w.csv: n_observed\[1\] is -3; a number of events cannot be negative"),
        ("w", {"mass_MeV": [100, 100]}, "w.csv: row 2: mass_MeV is 100: a row before it has this mass"),
        ("w", {"mass_MeV": [100, np.nan]}, "w.csv: row 2: mass_MeV is nan"),
        ("w", {"background": [-1, 6]}, r"w.csv: background\[0\] is -1; it must be 0 or more"),
        ("w", {"background": [4, 0]}, r"w.csv: background\[1\] is 0 with an uncertainty of .*; give it a value"),
        ("w", {"background_stat": [np.nan, 1]}, r"w.csv: background_stat\[0\] is nan; it must be a finite number"),
        ("w", {"background_down": [1, 6]}, r"w.csv: uncertainty_down\[1\] is 6; it must be smaller"),
        ("w", {"leak": [0.1, 1]}, "w.csv: row 2: leak is 1: a part of the signal"),
        ("a", {"ses_error": [1e-12, -1e-12]}, "a.csv: row 2: ses_error is -1e-12: must be 0 or more"),
        ("a", {"ses_error": [np.inf, 1e-12]}, "a.csv: row 1: ses_error is inf: must be 0 or more"),
        ("a", {"ses_error": [1e-12, 10]}, "a.csv: at 110 MeV ses_error is 5e.11 times ses or more at every lifetime"),
    ],
)
def test_numbers_that_are_none_are_refused(tables, file, columns, fault):
    with pytest.raises(InputError, match=fault):
        read_counts(changed(tables, file, **columns))


def test_a_table_without_a_row_is_refused(tables):
    path = tables.removeprefix("s=").partition(",")[0]
    write_table(path, {name: values[:0] for name, values in read_table(path).columns.items()})
    with pytest.raises(InputError, match=r"w.csv: has no row; give a row for each window"):
        read_counts(tables)


def test_a_common_background_has_one_uncertainty(tables):
    alike = changed(tables, "w", background_down=[np.nan, 1.3])
    assert read_counts(alike, ["background"])[1].correlated == ("background",)
    changed(tables, "w", background_down=[0.5, 1.2])
    assert read_counts(tables, ["ses"])[1].down.tolist() == [0.5, 1.2]
    with pytest.raises(InputError, match=r"--correlated: s=background: .*w.csv has another uncertainty downwards"):
        read_counts(tables, ["background"])
