import numpy as np
import pytest
import yaml

from compute_acceptance import SLOTS, main
from darkaon.config.search import load_search
from darkaon.errors import InputError
from darkaon.sensitivity.lifetime import vertex_factors
from darkaon.tables.table import read_table, write_table
from darkaon.windows.grid import Resolution, mass_grid
from trees import SEARCH, search_file

MASSES = np.array([213.0, 230, 250, 280, 305, 328])
N = 20_000
SELECTED = 0.4


@pytest.fixture
def signal(tmp_path):
    """A signal of Gaussian resolution as in the table, of which 40 % are selected."""
    path = SEARCH.parents[2] / "resources" / "na62" / "dimuon_resolution.csv"
    sigma = Resolution(read_table(path), "table")(MASSES)
    rng = np.random.default_rng(1)
    kept = int(N * SELECTED)
    found = np.zeros(kept * len(MASSES), dtype=[("observable", float), ("x_mass_MeV", float)])
    found["x_mass_MeV"] = np.repeat(MASSES, kept)
    found["observable"] = found["x_mass_MeV"] + np.repeat(sigma, kept) * rng.standard_normal(len(found))
    np.save(tmp_path / "signal.npy", np.sort(found))
    cuts = {"x_mass_MeV": np.repeat(MASSES, 2), "cut": ["generated", "kaon mass"] * 6, "events": [N, kept] * 6}
    write_table(tmp_path / "signal.csv", cuts, {"label": "simulated"})
    return tmp_path


def run(folder, monkeypatch, **changes):
    monkeypatch.chdir(SEARCH.parents[2])
    search = search_file(folder / "search.yaml", SLOTS, **changes)
    arguments = {"search": search, "candidates": folder / "signal.npy", "cutflow": folder / "signal.csv"}
    output = folder / "acceptance.csv"
    main([*(part for key, value in arguments.items() for part in (f"--{key}", str(value))), "--output", str(output)])
    return read_table(output)


def test_the_table(signal, monkeypatch, capsys):
    table = run(signal, monkeypatch)
    search = load_search(SEARCH, ("masses", "acceptance", "normalisation", "lifetime"))
    assert list(table.columns)[:5] == ["lifetime_ns", "mass_MeV", "acceptance", "acceptance_error", "ses"]
    assert len(table) == 298 * 5 and table.label == "simulated"
    prompt = table.where(table["lifetime_ns"] == 0)
    efficiency = search.acceptance.efficiency.value
    # selected and inside +-1 sigma of a Gaussian
    np.testing.assert_allclose(prompt["acceptance"], SELECTED * 0.6827 * efficiency, rtol=0.03)
    np.testing.assert_allclose(table["ses"], 1 / (3.48e12 * table["acceptance"]), rtol=1e-8)
    before = np.ones(len(prompt))
    for tau in (0.1, 1, 10, 100):
        at_tau = table.where(table["lifetime_ns"] == tau)
        kept = at_tau["acceptance"] / prompt["acceptance"]
        tau0 = -tau * np.log1p(-kept)  # of eq. 3.1: 0.07 ns in the mean, longest at the threshold
        if tau == 1:
            assert np.mean(tau0) == pytest.approx(0.07, rel=5e-3) and tau0[0] > 0.14 and tau0.min() > 0.04
        elif tau == 100:  # what is kept falls as 1/tau
            np.testing.assert_allclose(kept, 0.1 * before, rtol=0.03)
        before = kept
        np.testing.assert_allclose(
            at_tau["acceptance_error"] / at_tau["acceptance"],
            prompt["acceptance_error"] / prompt["acceptance"],
            rtol=1e-7,
        )
    out = capsys.readouterr().out
    assert "mean_window_efficiency: 0.68" in out and "A(220)/A(300) = 1.0" in out
    assert float(table.header["mean_acceptance_before_window"]) == pytest.approx(SELECTED * efficiency, rel=1e-3)


def test_of_a_part_of_the_data_the_sensitivity_is_that_of_so_many_decays(signal, monkeypatch):
    simulation = yaml.safe_load(SEARCH.read_text(encoding="utf-8"))["simulation"]
    whole, part = (run(signal, monkeypatch, simulation=simulation | {"fraction": f}) for f in (1.0, 0.05))
    np.testing.assert_allclose(part["ses"], whole["ses"] / 0.05, rtol=1e-8)
    np.testing.assert_array_equal(part["acceptance"], whole["acceptance"])
    assert "of which 0.05 are simulated" in part.header["normalisation"]


def test_the_masses_are_the_search_grid(signal, monkeypatch):
    table = run(signal, monkeypatch)
    search = load_search(SEARCH, ("masses", "resolution"))
    grid, _ = mass_grid(search.masses, Resolution(read_table(search.resolution.path), "table"))
    np.testing.assert_allclose(table["mass_MeV"][:298], grid, rtol=1e-8)


def test_errors_are_monte_carlo_and_efficiency(signal, monkeypatch):
    inside = SELECTED * 0.6827
    monte_carlo = np.sqrt((1 - inside) / inside / N)
    for uncertainty in (0.0, 0.05):
        efficiency = {"value": 0.25, "uncertainty": uncertainty, "source": "test", "status": "tuned"}
        table = run(signal, monkeypatch, acceptance={"kind": "simulation", "efficiency": efficiency})
        relative = table["acceptance_error"] / table["acceptance"]
        assert np.median(relative) == pytest.approx(np.hypot(monte_carlo, uncertainty / 0.25), rel=0.2)


def test_a_variation_of_the_selection_is_an_uncertainty(signal, monkeypatch):
    nominal = run(signal, monkeypatch)
    for name, part in (("tight", 0.9), ("loose", 0.97)):
        found = np.load(signal / "signal.npy")
        np.save(signal / f"{name}.npy", found[np.random.default_rng(2).random(len(found)) < part])
        (signal / f"{name}.csv").write_text((signal / "signal.csv").read_text())
    search = signal / "search.yaml"
    files = ["--candidates", str(signal / "signal.npy"), "--cutflow", str(signal / "signal.csv")]
    varied = ["--variation", f"tight={signal}/tight.npy", f"loose={signal}/loose.npy"]
    main(["--search", str(search), *files, *varied, "--output", str(signal / "v.csv")])
    varied = read_table(signal / "v.csv")
    np.testing.assert_array_equal(varied["acceptance"], nominal["acceptance"])
    added = np.sqrt(varied["acceptance_error"] ** 2 - nominal["acceptance_error"] ** 2) / nominal["acceptance"]
    np.testing.assert_allclose(added, 0.1, atol=0.015)
    assert varied.header["variations"].startswith("at most tight 1") and "loose" in varied.header["variations"]


def test_an_acceptance_from_a_table(signal, monkeypatch):
    (signal / "a.csv").write_text("mass_MeV,acceptance,acceptance_error\n200,0.1,0.01\n330,0.2,0.01\n")
    monkeypatch.chdir(SEARCH.parents[2])
    search = search_file(signal / "search.yaml", SLOTS, acceptance={"kind": "table", "path": str(signal / "a.csv")})
    main(["--search", str(search), "--output", str(signal / "t.csv")])
    table = read_table(signal / "t.csv")
    prompt = table.where(table["lifetime_ns"] == 0)
    np.testing.assert_allclose(prompt["acceptance"], 0.1 + 0.1 * (prompt["mass_MeV"] - 200) / 130, rtol=1e-8)
    np.testing.assert_allclose(prompt["acceptance_error"], 0.01, rtol=1e-8)
    relative = np.hypot(0.01 / prompt["acceptance"], 0.09 / 3.48)
    np.testing.assert_allclose(prompt["ses_error"] / prompt["ses"], relative, rtol=1e-6)
    np.testing.assert_allclose(prompt["ses"], 1 / (3.48e12 * prompt["acceptance"]), rtol=1e-8)
    # the law of the search has a vertex: tau0 depends on the mass, with the mean 0.07 ns
    at_1 = table.where(table["lifetime_ns"] == 1)
    kept = at_1["acceptance"] / prompt["acceptance"]
    np.testing.assert_allclose(kept, vertex_factors(np.array([1.0]), prompt["mass_MeV"], 0.07)[0], rtol=1e-7)
    assert np.mean(-np.log1p(-kept)) == pytest.approx(0.07, rel=5e-3)
    assert kept[0] > 2 * (1 - np.exp(-0.07)) and kept[-1] < 1 - np.exp(-0.07)


def test_an_acceptance_from_a_table_without_a_vertex(signal, monkeypatch):
    text = "mass_MeV,acceptance,acceptance_error\n150,,\n200,0.1,0.01\n330,0.2,0.01\n"  # no mass needs the first row
    (signal / "a.csv").write_text(text)
    monkeypatch.chdir(SEARCH.parents[2])
    law = yaml.safe_load(SEARCH.read_text(encoding="utf-8"))["lifetime"]
    del law["vertex"]
    given = {"kind": "table", "path": str(signal / "a.csv")}
    search = search_file(signal / "search.yaml", SLOTS, acceptance=given, lifetime=law)
    main(["--search", str(search), "--output", str(signal / "t.csv")])
    table = read_table(signal / "t.csv")
    prompt, at_1 = (table.where(table["lifetime_ns"] == tau)["acceptance"] for tau in (0, 1))
    np.testing.assert_allclose(at_1 / prompt, 1 - np.exp(-0.07), rtol=1e-7)
    (signal / "a.csv").write_text(text.replace("0.1,", ","))
    with pytest.raises(InputError, match=r"a.csv: row 2: acceptance is nan: must be from 0 to 1"):
        main(["--search", str(search), "--output", str(signal / "t.csv")])


def test_a_simulated_acceptance_knows_the_vertex(signal, monkeypatch):
    table = run(signal, monkeypatch)
    prompt, at_1 = (table.where(table["lifetime_ns"] == tau) for tau in (0, 1))
    expected = vertex_factors(np.array([1.0]), prompt["mass_MeV"], 0.07)[0]
    np.testing.assert_allclose(at_1["acceptance"] / prompt["acceptance"], expected, rtol=1e-3)


def test_files_of_one_signal_add_up(signal, monkeypatch):
    """A merge of two halves, and the halves as two files, give the acceptance of the whole."""
    whole = run(signal, monkeypatch)
    found = np.load(signal / "signal.npy")
    half = np.random.default_rng(3).random(len(found)) < 0.5
    text = (signal / "signal.csv").read_text()
    for name, part in (("a", found[half]), ("b", found[~half])):
        np.save(signal / f"{name}.npy", part)
        (signal / f"{name}.csv").write_text(text.replace(f"generated,{N}", f"generated,{N // 2}"))
    files = [f"{signal}/{name}" for name in "ab"]
    main(["--search", str(signal / "search.yaml"), "--candidates", *(f"{file}.npy" for file in files),
          "--cutflow", *(f"{file}.csv" for file in files), "--output", str(signal / "s.csv")])  # fmt: skip
    parts = read_table(signal / "s.csv")
    for name in ("acceptance", "acceptance_error", "ses"):
        np.testing.assert_allclose(parts[name], whole[name], rtol=1e-8)


CHANNELS = {
    "kind": "channels", "value": 1.6e11, "uncertainty": 0.0, "source": "test", "status": "tuned",
    "channels": {
        "a": {"branching_ratio": {"value": 0.2, "source": "test", "status": "tuned"},
              "efficiency": {"value": 0.5, "uncertainty": 0.05, "source": "test", "status": "tuned"}},
        "b": {"branching_ratio": {"value": 0.05, "source": "test", "status": "tuned"}},
    },
}  # fmt: skip


def test_channels_add_up(signal, monkeypatch):
    """1/SES = N_K (B_a e_a A_a + B_b A_b); the second channel has half of the acceptance of the first."""
    whole = run(signal, monkeypatch, acceptance={"kind": "simulation"})
    found = np.load(signal / "signal.npy")
    np.save(signal / "half.npy", found[::2])
    (signal / "half.csv").write_text((signal / "signal.csv").read_text())
    monkeypatch.chdir(SEARCH.parents[2])
    search = search_file(signal / "s.yaml", SLOTS, normalisation=CHANNELS, acceptance={"kind": "simulation"})

    def channels(names, *files):
        paths = [part for name in files for part in (str(signal / name),)]
        main(
            ["--search", str(search), "--candidates", *(f"{path}.npy" for path in paths), "--cutflow",
             *(f"{path}.csv" for path in paths), "--channels", *names, "--output", str(signal / "two.csv")]
        )  # fmt: skip
        return read_table(signal / "two.csv")

    table = channels("ab", "signal", "half")
    np.testing.assert_allclose(1 / table["ses"], 1.6e11 * (0.2 * 0.5 + 0.05 * 0.5) * whole["acceptance"], rtol=0.03)
    np.testing.assert_allclose(1 / table["ses"], 1.6e11 * 0.25 * table["acceptance"], rtol=1e-7)
    assert table.header["efficiency"] == "a 0.5 (tuned: test)"
    # the efficiency of a is known to 10 %, and a makes 80 % of the signal
    np.testing.assert_allclose(table["acceptance_error"] / table["acceptance"], 0.08, rtol=0.1)
    other = channels("ba", "half", "signal")
    np.testing.assert_allclose(other["ses"], table["ses"], rtol=1e-7)
    with pytest.raises(InputError, match="each of a, b needs its own sample of signal, there are a"):
        channels("a", "signal")


def fault(signal, monkeypatch, message, **changes):
    with pytest.raises(InputError, match=message):
        run(signal, monkeypatch, **changes)
    assert not (signal / "acceptance.csv").exists()


def test_a_grid_beyond_the_samples(signal, monkeypatch):
    masses = {"kind": "resolution_steps", "start": 215.3, "stop": 340.0, "count": 300}
    fault(signal, monkeypatch, "no simulated signal around 340 MeV: .* 213 to 328 MeV", masses=masses)


def test_no_acceptance(signal, monkeypatch):
    found = np.load(signal / "signal.npy")
    np.save(signal / "signal.npy", found[found["x_mass_MeV"] != 250])
    fault(signal, monkeypatch, "is not above 0")


def test_data_instead_of_signal(signal, monkeypatch):
    np.save(signal / "signal.npy", np.zeros(3, dtype=[("observable", float)]))
    fault(signal, monkeypatch, "has no field x_mass_MeV")


def test_the_cutflow_of_data(signal, monkeypatch):
    write_table(signal / "signal.csv", {"cut": ["read"], "events": [3]})
    fault(signal, monkeypatch, "no rows 'generated'")


def test_damaged_candidates(signal, monkeypatch):
    (signal / "signal.npy").write_bytes(b"nothing")
    fault(signal, monkeypatch, r"signal.npy: is not a NumPy file")
    (signal / "signal.npy").unlink()
    fault(signal, monkeypatch, r"signal.npy: no such file")


def test_escape_needs_flights(signal, monkeypatch):
    fault(signal, monkeypatch, "x_flight_m_per_GeV", lifetime={"kind": "escape", "values_ns": [1.0]})


def test_a_sensitivity_needs_its_reference(signal, monkeypatch):
    fault(signal, monkeypatch, "needs --reference", normalisation={"kind": "ses", "component": "pi_nunu"})


def test_signal_of_unknown_decays_is_no_acceptance(signal, monkeypatch):
    table = read_table(signal / "signal.csv", text=["cut"])
    header = {"label": "simulated", "sample": "x", "not_generated": "b.root: 230, 250"}
    write_table(signal / "signal.csv", table.columns, header)
    fault(signal, monkeypatch, "b.root holds events of 230, 250, but its tree 'generated' .* in the same type")


def test_an_acceptance_above_1_is_refused(signal, monkeypatch):
    nominal = np.load(signal / "signal.npy")
    weighted = np.zeros(len(nominal), dtype=[*nominal.dtype.descr, ("weight", float)])
    for name in nominal.dtype.names:
        weighted[name] = nominal[name]
    weighted["weight"] = 100.0
    np.save(signal / "signal.npy", weighted)
    fault(signal, monkeypatch, r"more signal is selected at 213 MeV than was generated: 800000 .* of 20000")
    weighted["weight"] = np.random.default_rng(4).exponential(
        2.5, len(weighted)
    )  # a mean of 1 over all that were generated
    np.save(signal / "signal.npy", weighted)
    assert np.max(run(signal, monkeypatch)["acceptance"]) < 1
    (signal / "acceptance.csv").unlink()
    np.save(signal / "signal.npy", nominal)
    text = (signal / "signal.csv").read_text()
    (signal / "signal.csv").write_text(text.replace(f"250,generated,{N}", "250,generated,7999"))
    fault(signal, monkeypatch, r"more signal is selected at 250 MeV than was generated: 8000 .* of 7999")


def test_a_flight_is_not_below_0(signal, monkeypatch):
    found = np.load(signal / "signal.npy")
    flights = np.zeros(len(found), dtype=[*found.dtype.descr, ("x_flight_m_per_GeV", float)])
    for name in found.dtype.names:
        flights[name] = found[name]
    flights["x_flight_m_per_GeV"] = -2.0
    np.save(signal / "signal.npy", flights)
    law = {"kind": "escape", "values_ns": [1.0]}
    fault(signal, monkeypatch, "the branch x_flight_m_per_GeV is -2 in a selected event", lifetime=law)


def test_a_mass_of_more_digits_than_the_cutflow_has(signal, monkeypatch):
    whole = run(signal, monkeypatch)
    found = np.load(signal / "signal.npy")
    found["x_mass_MeV"][found["x_mass_MeV"] == 250] = 250 + 1 / 3e9
    np.save(signal / "signal.npy", found)
    np.testing.assert_array_equal(run(signal, monkeypatch)["acceptance"], whole["acceptance"])


@pytest.mark.parametrize(
    "row, message",
    [
        ("240,26,0.1", "row 2: acceptance is 26: must be from 0 to 1"),
        ("240,,0.1", "row 2: acceptance is nan"),
        ("240,0.2,", "row 2: acceptance_error is nan: must be a number from 0"),
        ("240,0.2,inf", "row 2: acceptance_error is inf"),
        ("240,0.2,-0.01", "row 2: acceptance_error is -0.01"),
    ],
)
def test_cells_of_a_table_that_are_no_acceptance(signal, monkeypatch, row, message):
    (signal / "a.csv").write_text(f"mass_MeV,acceptance,acceptance_error\n200,0.1,0.01\n{row}\n330,0.2,0.01\n")
    monkeypatch.chdir(SEARCH.parents[2])
    search = search_file(signal / "search.yaml", SLOTS, acceptance={"kind": "table", "path": str(signal / "a.csv")})
    with pytest.raises(InputError, match=f"a.csv: {message}"):
        main(["--search", str(search), "--output", str(signal / "t.csv")])
    assert not (signal / "t.csv").exists()
