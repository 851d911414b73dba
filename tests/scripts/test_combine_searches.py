from pathlib import Path

import numpy as np
import pytest

from combine_searches import _correlated, main, spaced
from darkaon.errors import InputError
from darkaon.tables.table import read_table, write_table


def search(folder, name, mass, lifetimes, counts):
    size, (n, b) = len(mass), counts
    windows = {"mass_MeV": mass, "n_observed": np.full(size, n), "background": np.full(size, b)}
    windows |= {"background_stat": np.full(size, b / 10), "background_syst": np.zeros(size)}
    write_table(folder / f"{name}_windows.csv", windows)
    rows = {"lifetime_ns": np.repeat(lifetimes, size), "mass_MeV": np.tile(mass, len(lifetimes))}
    one = np.ones(len(rows["mass_MeV"]))
    write_table(folder / f"{name}_acceptance.csv", {**rows, "ses": 1e-11 * one, "ses_error": 3e-13 * one})
    return f"{name}={folder / f'{name}_windows.csv'},{folder / f'{name}_acceptance.csv'}"


def test_dimuon_and_invisible(tmp_path):
    dimuon = search(tmp_path, "na62_kpix_mumu", np.arange(216.0, 240.0, 0.5), [0, 10.0], (5, 5.0))
    escape = search(tmp_path, "na62_kpix_invisible", np.arange(200.0, 225.0, 1.5), [1.0, np.inf], (1, 0.5))
    main(["--model", "bc4", "--search", dimuon, escape, "--output", str(tmp_path / "out.csv"),
          "--contours", str(tmp_path / "contours.csv")])  # fmt: skip
    table = read_table(tmp_path / "out.csv", text=("kind",))
    assert set(table["searches"]) == {2} and set(table["kind"]) == {"observed"}
    contours = read_table(tmp_path / "contours.csv", text=("search", "label", "kind"))
    assert set(contours["search"]) == {"combined"} and set(contours["polygon"]) == {0}
    assert table["mass_MeV"].min() >= 216 and table["mass_MeV"].max() <= 225
    assert np.all(table["coupling_low"] < 1e-7) and np.all(table["coupling_high"] == 1)


def test_bad_arguments(tmp_path):
    with pytest.raises(ValueError, match="must be SEARCH=WINDOWS,ACCEPTANCE"):
        main(["--model", "bc4", "--search", "windows.csv", "--output", str(tmp_path / "out.csv")])
    text = search(tmp_path, "na62_kpix_mumu", np.array([220.0]), [0.0], (0, 0.5))
    with pytest.raises(ValueError, match="write ses, background or both"):
        options = ["--correlated", "na62_kpix_mumu=luminosity", "--output", str(tmp_path / "out.csv")]
        main(["--model", "bc4", "--search", text, *options])


def test_a_search_is_combined_once(tmp_path):
    """Its events would count twice, and the limit be stronger than the data are."""
    text = search(tmp_path, "na62_kpix_mumu", np.arange(216.0, 224.0), [1.0, 10.0], (5, 5.0))
    arguments = ["--model", "bc4", "--output", str(tmp_path / "out.csv"), "--search", text]
    with pytest.raises(InputError, match="--search: na62_kpix_mumu is given twice"):
        main([*arguments, text])
    windows, _, acceptance = text.partition("=")[2].partition(",")
    copy = tmp_path / "copy.csv"
    copy.write_bytes(b"# another header\n" + Path(windows).read_bytes())
    for path in (windows, tmp_path / "." / ".." / tmp_path.name / Path(windows).name, copy):
        with pytest.raises(
            InputError, match="--search: na62_kpix_invisible and na62_kpix_mumu have the same windows"
        ):
            main([*arguments, f"na62_kpix_invisible={path},{acceptance}"])


def test_what_is_asked_of_no_search_is_refused(tmp_path):
    text = search(tmp_path, "na62_kpix_mumu", np.arange(216.0, 224.0), [0, 10.0], (5, 5.0))
    arguments = ["--model", "bc4", "--output", str(tmp_path / "out.csv"), "--search", text, "--masses", "220"]
    with pytest.raises(InputError, match="--correlated: no --search is called 'mumu'"):
        main([*arguments, "--correlated", "mumu=ses"])
    with pytest.raises(InputError, match="--nuisance: no --search is called 'mumu'"):
        main([*arguments, "--nuisance", "mumu=gauss"])
    with pytest.raises(InputError, match="nuisance: 'beta' is not known; choose one of gamma, gauss, lognormal"):
        main([*arguments, "--nuisance", "na62_kpix_mumu=beta"])
    with pytest.raises(InputError, match=r"windows\.csv: is the input"):
        main(["--model", "bc4", "--search", text, "--output", text.partition("=")[2].partition(",")[0]])
    with pytest.raises(InputError, match="--spacing: nan MeV is no step"):
        main([*arguments, "--spacing", "nan"])


def test_uncertainties_in_common_may_be_given_one_by_one():
    assert _correlated(["s=ses", "t=ses,background", "s=background"], ["s", "t", "u"]) == {
        "s": ("ses", "background"),
        "t": ("ses", "background"),
    }


def test_a_kind_that_is_asked_for_twice_is_combined_once(tmp_path):
    text = search(tmp_path, "na62_kpix_mumu", np.arange(216.0, 224.0), [0, 10.0], (5, 5.0))
    kinds = ["--kinds", "observed", "expected", "observed", "--output", str(tmp_path / "out.csv")]
    main(["--model", "bc4", "--search", text, "--masses", "220", *kinds])
    assert read_table(tmp_path / "out.csv", text=["kind"])["kind"].tolist() == ["observed", "expected"]


@pytest.mark.parametrize(
    ("model", "options", "why"),
    [
        ("bc4", [], "no two have a window at one mass, and there are no --masses"),
        ("bc4", ["--masses", "300"], "none has a window and a sensitivity at these masses"),
        ("bc4", ["--masses", "216"], "nothing is excluded, and nothing observed where a window is blinded"),
        ("bc6", ["--masses", "216"], "K+ -> pi+ X, mumu does not meet this model"),
    ],
)
def test_why_nothing_is_combined(tmp_path, capsys, model, options, why):
    text = search(tmp_path, "na62_kpix_mumu", np.arange(216.0, 224.0), [0, 10.0], (np.nan, 5.0))
    main(["--model", model, "--search", text, "--output", str(tmp_path / "out.csv"), *options])
    assert capsys.readouterr().out.rstrip().endswith(f"searches: {why}")


def test_a_window_without_background_is_combined(tmp_path):
    """With no event over no background the limit is ln 10 events, that of the almost empty window."""
    masses = np.arange(216.0, 224.0, 0.5)
    found = []
    for b in (0.0, 1e-3):
        text = search(tmp_path, "na62_kpix_mumu", masses, [0, 10.0], (0, b))
        main(["--model", "bc4", "--search", text, "--masses", "220", "--output", str(tmp_path / "out.csv")])
        found.append(read_table(tmp_path / "out.csv", text=["kind"])["coupling_low"])
    assert len(found[0]) == 1
    assert found[0] == pytest.approx(found[1], rel=1e-5)


def test_masses_are_thinned_to_the_spacing():
    assert spaced(np.array([]), 1.0).size == 0
    assert spaced(np.array([215.0, 215.4, 216.1, 217.1, 217.5]), 1.0).tolist() == [215.0, 216.1, 217.1]
