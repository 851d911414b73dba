"""From candidates to limits on the branching ratio: the scripts as programs on small files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import compute_limits
import convert_limits
import gather_limits
import import_published
import make_windows
from darkaon.errors import InputError
from darkaon.tables.table import read_table, write_table

ROOT = Path(__file__).parents[2]
SEARCH = "config/searches/na62_kpix_mumu.yaml"


@pytest.fixture(autouse=True)
def at_root(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture(scope="module")
def candidates(tmp_path_factory):
    """Two files with the published number of candidates and a smooth spectrum."""
    rng = np.random.default_rng(7)
    mass = np.sort(211.4 + 142 * rng.beta(1.6, 2.2, 27679))
    folder = tmp_path_factory.mktemp("candidates")
    paths = []
    for name, part in (("a", mass[::3]), ("b", np.delete(mass, np.s_[::3]))):
        paths.append(str(folder / f"{name}.npy"))
        np.save(paths[-1], part.astype([("observable", float)]))
    return paths


def windows(folder, candidates, search=SEARCH, label="simulated"):
    path = folder / "windows.csv"
    arguments = ["--search", str(search), "--name", "s", "--label", label, "--output", str(path)]
    make_windows.main([*arguments, "--candidates", *candidates])
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory, candidates):
    import os

    here = Path.cwd()
    os.chdir(ROOT)
    try:
        return windows(tmp_path_factory.mktemp("windows"), candidates)
    finally:
        os.chdir(here)


def limits(folder, windows, chunks):
    slices = [str(folder / f"{i}-{chunks}.csv") for i in range(chunks)]
    for i, path in enumerate(slices):
        compute_limits.main(
            ["--search", SEARCH, "--windows", str(windows), "--chunk", f"{i}/{chunks}", "--output", path]
        )
    output = folder / f"event_limits_{chunks}.csv"
    gather_limits.main(["--slices", *slices, "--output", str(output)])
    return output


def test_windows_have_the_columns_and_counts(made, candidates):
    table = read_table(made)
    assert list(table.columns) == [
        "mass_MeV", "resolution", "low", "high", "n_observed", "background", "background_stat", "background_syst",
        "leak", "tau", "order",
    ]  # fmt: skip
    assert np.median(table["leak"]) == pytest.approx(0.0581, abs=1e-3)  # +-9 sigma without +-1 sigma, order 1
    assert np.all(table["order"] == 1) and np.median(table["tau"]) == pytest.approx(8.0, rel=1e-3)
    assert (len(table), table.label) == (298, "simulated")
    observed = np.sort(np.concatenate([np.load(path)["observable"] for path in candidates]))
    assert table["n_observed"].sum() == pytest.approx(2 * np.sum((observed > 215.3) & (observed < 326.7)), rel=0.02)
    pull = (table["n_observed"] - table["background"]) / np.sqrt(table["background"] + table["background_stat"] ** 2)
    assert abs(pull.mean()) < 0.2
    assert pull.std() == pytest.approx(1, abs=0.25)
    assert "tuned: di-muon mass resolution, simulation.smearing" in table.header["statuses"]


def test_windows_of_measured_data_owe_nothing_to_the_simulation(tmp_path, candidates):
    statuses = read_table(windows(tmp_path, candidates, label="measured")).header["statuses"]
    assert "tuned: di-muon mass resolution" in statuses and "simulation" not in statuses


def test_files_may_come_in_any_order(tmp_path, made, candidates):
    assert windows(tmp_path, candidates[::-1]).read_bytes() == made.read_bytes()


@pytest.mark.parametrize("blind", [True, [[240.0, 260.0]]])
def test_windows_that_slide_over_the_spectrum_cannot_hide_their_sidebands(tmp_path, candidates, blind):
    text = (
        Path(SEARCH)
        .read_text(encoding="utf-8")
        .replace("observable: dimuon_mass", f"blind: {blind}\nobservable: dimuon_mass")
    )
    (tmp_path / "s.yaml").write_text(text)
    with pytest.raises(
        InputError, match="keeps no sideband outside the blinded ranges; blind narrower ranges, or take"
    ):
        windows(tmp_path, candidates, tmp_path / "s.yaml")
    assert not (tmp_path / "windows.csv").exists()


def test_a_narrow_blinded_range_leaves_sidebands(tmp_path, made, candidates):
    text = (
        Path(SEARCH)
        .read_text(encoding="utf-8")
        .replace("observable: dimuon_mass", "blind: [[249.9, 250.4]]\nobservable: dimuon_mass")
    )
    (tmp_path / "s.yaml").write_text(text)
    closed, opened = read_table(windows(tmp_path, candidates, tmp_path / "s.yaml")), read_table(made)
    hidden = np.isnan(closed["n_observed"])
    assert 2 <= hidden.sum() <= 10 and np.all(abs(closed["mass_MeV"][hidden] - 250.15) < 1.5)
    np.testing.assert_array_equal(closed["n_observed"][~hidden], opened["n_observed"][~hidden])
    far = abs(closed["mass_MeV"] - 250.15) > 5
    np.testing.assert_array_equal(closed["background"][far], opened["background"][far])
    np.testing.assert_allclose(closed["background"], opened["background"], rtol=0.15)


def test_limits_do_not_depend_on_chunks(tmp_path, made):
    """298 masses in 1, 4 and 298 slices: the same bytes."""
    one, four, all_ = (limits(tmp_path, made, chunks).read_bytes() for chunks in (1, 4, 298))
    assert one == four == all_
    table = read_table(tmp_path / "event_limits_1.csv")
    inside = (table["observed"] >= table["expected_m2"]) & (table["observed"] <= table["expected_p2"])
    assert 0.88 <= inside.mean() <= 0.995
    for low, high in (("expected_m2", "expected_m1"), ("expected_m1", "expected"), ("expected", "expected_p1")):
        assert np.all(table[low] <= table[high])


def test_a_slice_that_does_not_exist(tmp_path, made):
    with pytest.raises(InputError, match="--chunk: '4/4' is not a slice"):
        compute_limits.main(
            ["--search", SEARCH, "--windows", str(made), "--chunk", "4/4", "--output", str(tmp_path / "x.csv")]
        )
    assert not (tmp_path / "x.csv").exists()


def test_branching_ratios_are_events_times_sensitivity(tmp_path):
    names = ("observed", "expected_m2", "expected_m1", "expected", "expected_p1", "expected_p2")
    write_table(
        tmp_path / "events.csv",
        {"mass_MeV": [220, 230]} | {name: [10.0 + i, 20.0 + i] for i, name in enumerate(names)},
        {"label": "measured", "search": "s"},
    )
    write_table(
        tmp_path / "acceptance.csv",
        {"lifetime_ns": [0, 0, 1, 1], "mass_MeV": [220, 230, 220, 230], "ses": [1e-12, 2e-12, 1e-11, 2e-11]},
    )
    arguments = ["--event-limits", str(tmp_path / "events.csv"), "--acceptance", str(tmp_path / "acceptance.csv")]
    convert_limits.main(["--search", SEARCH, *arguments, "--output", str(tmp_path / "b.csv")])
    table = read_table(tmp_path / "b.csv")
    np.testing.assert_allclose(table["observed"], [1e-11, 4e-11, 1e-10, 4e-10])
    np.testing.assert_allclose(table["expected_p2"], [1.5e-11, 5e-11, 1.5e-10, 5e-10])
    assert table.label == "measured"
    assert table.header["process"] == "K+ -> pi+ X"
    assert table.header["lifetime_law"] == "prompt"


def test_a_mass_without_limit_is_told(tmp_path):
    names = ("observed", "expected_m2", "expected_m1", "expected", "expected_p1", "expected_p2")
    write_table(tmp_path / "e.csv", {"mass_MeV": [220]} | {name: [1] for name in names})
    write_table(tmp_path / "a.csv", {"lifetime_ns": [0], "mass_MeV": [221], "ses": [1]})
    with pytest.raises(InputError, match="no row at 221 MeV"):
        convert_limits.main(
            ["--search", SEARCH, "--event-limits", str(tmp_path / "e.csv"), "--acceptance", str(tmp_path / "a.csv"),
             "--output", str(tmp_path / "b.csv")]
        )  # fmt: skip
    assert not (tmp_path / "b.csv").exists()


def test_published_limits_are_labelled_so(tmp_path):
    import_published.main(["--search", SEARCH, "--name", "x", "--output", str(tmp_path / "p.csv")])
    table = read_table(tmp_path / "p.csv")
    assert table.label == "published"
    assert list(table.columns) == ["lifetime_ns", "mass_MeV", "observed"]
    assert "digitised: the ALPaca project" in table.header["source"]
