"""The scripts of the look-elsewhere effect, of pyhf and of the validation, on small spectra."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import special

import check_pyhf
import compute_global_significance
import export_workspace
import simulate_scans
import validate_engine
import validate_search
import write_validation
from darkaon.errors import InputError
from darkaon.tables.table import read_table, write_table
from darkaon.version import VERSION

ROOT = Path(__file__).parents[2]
TEXT = ("background_uncertainty", "kind", "method")


@pytest.fixture
def spectrum(tmp_path, monkeypatch):
    """Candidates of a falling spectrum, a search for a peak in 12 windows of it, and its windows.csv."""
    monkeypatch.chdir(ROOT)
    rng = np.random.default_rng(1)
    x = np.sort(200 + rng.gamma(2.0, 40.0, 20000))
    np.save(tmp_path / "c.npy", np.array(x, dtype=[("observable", float)]))
    write_table(tmp_path / "r.csv", {"mass_MeV": [200, 400], "resolution_MeV": [1, 1]}, {"status": "tuned"})
    (tmp_path / "s.yaml").write_text(
        "observable: dimuon_mass\ntitle: X\nreference: {arxiv: '2507.17286'}\n"
        "masses: {kind: resolution_steps, start: 240, stop: 262, count: 12}\n"
        f"resolution: {{kind: table, path: {tmp_path}/r.csv}}\nwindow: {{kind: symmetric, half_width_sigma: 1}}\n"
        "background: {kind: sidebands, half_width_sigma: 9, order: 1, alternatives: [2], spectrum: [200, 400]}\n"
        "statistics: {method: hybrid}\n"
    )
    mass = np.linspace(240, 262, 12)
    n = np.searchsorted(x, mass + 1) - np.searchsorted(x, mass - 1)
    side = np.searchsorted(x, mass + 9) - np.searchsorted(x, mass - 9) - n
    columns = {"mass_MeV": mass, "n_observed": n, "background": side / 8, "background_stat": np.sqrt(side) / 8}
    columns |= {"resolution": 1 + 0 * mass, "low": mass - 1, "high": mass + 1, "tau": 8 + 0 * mass}
    write_table(tmp_path / "w.csv", columns | {"background_syst": 0 * mass}, {"label": "simulated", "search": "s"})
    columns["background_uncertainty"] = columns.pop("background_stat")
    columns |= {"p_value": special.ndtr(-mass / 200), "significance": mass / 200}
    write_table(tmp_path / "l.csv", columns, {"label": "simulated", "search": "s"})
    return tmp_path


def slices(folder, chunks):
    for k in range(chunks):
        simulate_scans.main(
            ["--search", f"{folder}/s.yaml", "--name", "s", "--candidates", f"{folder}/c.npy", "--toys", "1600",
             "--seed", "1", "--chunk", f"{k}/{chunks}", "--output", f"{folder}/{chunks}.{k}.npy"]
        )  # fmt: skip
    toys = [f"{folder}/{chunks}.{k}.npy" for k in range(chunks)]
    compute_global_significance.main(
        [
            "--search",
            f"{folder}/s.yaml",
            "--windows",
            f"{folder}/w.csv",
            "--limits",
            f"{folder}/l.csv",
            "--toys",
            *toys,
            "--output",
            f"{folder}/g{chunks}.csv",
            "--p-values",
            f"{folder}/p{chunks}.csv",
        ]
    )
    return folder / f"g{chunks}.csv"


def test_global_significance_does_not_depend_on_the_slices(spectrum):
    one, five = slices(spectrum, 1), slices(spectrum, 5)
    assert one.read_bytes() == five.read_bytes()
    table = read_table(one, text=TEXT)
    assert table.header["pseudo_experiments"] == "2000"  # 1600, in blocks of 500
    three = table.where((table["kind"] == "threshold") & (table["local_significance"] == 3))
    assert np.all((three["p_global"] > 0.001) & (three["p_global"] < 0.04))  # about 12 x 0.00135
    closed, stat = three["closed_form"][0], three["p_global"][0]
    assert abs(stat - closed) < 0.2 * closed + 3 * three["p_global_error"][0]
    values = read_table(spectrum / "p5.csv")
    assert np.all((values["p_local"] <= values["p_global"]) & (values["p_global"] <= 1))


def test_faults_are_told(spectrum):
    arguments = ["--search", f"{spectrum}/s.yaml", "--candidates", f"{spectrum}/c.npy", "--output", "x", "--toys"]
    with pytest.raises(InputError, match="not a slice"):
        simulate_scans.main([*arguments, "10", "--chunk", "2/2"])
    with pytest.raises(InputError, match="--toys must be"):
        simulate_scans.main([*arguments, "0"])
    with pytest.raises(InputError, match="make it with simulate_scans"):
        compute_global_significance.main(
            [
                "--search",
                f"{spectrum}/s.yaml",
                "--windows",
                f"{spectrum}/w.csv",
                "--limits",
                f"{spectrum}/l.csv",
                "--toys",
                f"{spectrum}/c.npy",
                "--output",
                "x",
            ]
        )


def test_workspace_is_exported_and_checked(spectrum, capsys):
    given = ["--search", f"{spectrum}/s.yaml", "--limits", f"{spectrum}/l.csv"]
    given += ["--workspace", f"{spectrum}/w.json", "--patchset", f"{spectrum}/p.json"]
    export_workspace.main(given)
    assert len(json.loads((spectrum / "p.json").read_text())["patches"]) == 12
    check_pyhf.main([*given, "--windows", "1", "--output", f"{spectrum}/pyhf.csv"])
    assert "asymptotic and pyhf agree" in capsys.readouterr().out
    assert read_table(spectrum / "pyhf.csv")["largest_difference"] < 1e-3


def test_validation_page(spectrum, capsys):
    """Everything on a small scale, down to the page."""
    folder = spectrum / "v"
    validate_search.main(
        ["--search", f"{spectrum}/s.yaml", "--label", "simulated", "--candidates", f"{spectrum}/c.npy",
         "--toys", "100", "--output", f"{folder}/s"]
    )  # fmt: skip
    bias = read_table(folder / "s/sidebands.csv")
    assert np.abs(bias["bias"]).max() < 0.5
    assert np.nanmean(bias["pull_rms"]) == pytest.approx(1.0, abs=0.1)
    found = read_table(folder / "s/injection.csv")
    strong = found.where(found["strength"] == 8)
    assert strong["leak"] == pytest.approx(0.317 / 0.683 / 8, rel=0.05)  # what lies in the sidebands, 8 windows wide
    assert strong["found"] / strong["injected"] == pytest.approx(1, abs=0.05)  # corrected for it; three errors
    assert np.all(found.where(found["strength"] <= 2)["coverage"] > 0.85)

    bias = read_table(folder / "s/spurious.csv")
    assert np.all(bias["order"] == 1) and np.all(np.abs(bias["spurious"]) <= 0.2)
    found = read_table(folder / "s/fit_injection.csv")
    strong = found.where(found["strength"] == 8)
    assert strong["found"] / strong["injected"] == pytest.approx(1, abs=0.07)  # all signal; three errors
    assert np.all(found["coverage"] > 0.8) and np.all(found["fitted"] == 1)

    validate_engine.main(["--every", "11", "--fits", "200", "--scans", "1000", "--output", str(folder)])
    out = capsys.readouterr().out
    assert "least coverage of hybrid: 0.900000" in out and "least coverage of the fit on a flat spectrum" in out
    assert np.abs(read_table(folder / "references.csv", text=TEXT)["difference"]).max() < 1e-3
    p = read_table(folder / "p_values.csv", text=TEXT)
    assert np.all(p["rejection"] <= p["alpha"] * (1 + 1e-9))

    slices(spectrum, 1).rename(folder / "s/global_significance.csv")
    write_table(folder / "s/pyhf.csv", {"mass_MeV": [1.0], "pyhf": [2.0]}, {"verdict": "they agree"})
    write_validation.main(["--engine", str(folder), "--searches", f"s={folder}/s", "--output", f"{folder}/i.html"])
    page = (folder / "i.html").read_text()
    assert page.count("data:image/png") == 15  # ten of the engine, five of the search
    assert "they agree" in page and f"darkaon {VERSION}" in page and "newest" not in page
    assert 'href="bands.csv"' in page and 'href="s/pyhf.csv"' in page
