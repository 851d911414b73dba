import numpy as np
import pytest

from darkaon.config.search import load_search
from darkaon.errors import InputError
from darkaon.tables.table import write_table
from darkaon.windows.hypotheses import SLOTS, hypotheses, load_candidates, passes_cuts, simulated_resolution
from trees import SEARCH

INVISIBLE = SEARCH.parent / "na62_kpix_invisible.yaml"


def signal(sigma, masses=(0.0, 100.0, 200.0, 260.0), n=4000):
    rng = np.random.default_rng(1)
    found = np.zeros(n * len(masses), dtype=[("observable", float), ("x_mass_MeV", float), ("regions", float)])
    found["x_mass_MeV"] = np.repeat(masses, n)
    found["observable"] = (found["x_mass_MeV"] / 1e3) ** 2 + sigma * rng.standard_normal(len(found))
    found["regions"] = 3
    return found


def test_the_resolution_is_that_of_the_nearest_regions_cuts():
    search = load_search(INVISIBLE, ("regions",))
    found = signal(1e-3)
    broad = signal(5e-3)
    broad["regions"] = np.where(broad["x_mass_MeV"] < 150, 2, 1)  # pass the cuts of the other region alone
    table = simulated_resolution(np.concatenate([found, broad]), "missing_mass_squared", search.regions)
    np.testing.assert_allclose(table["resolution_GeV2"], 1e-3, rtol=0.04)
    assert table["mass_MeV"].tolist() == [0, 100, 200, 260]


def test_the_resolution_is_that_of_the_weights():
    """Weights 3 and 1 of events 1 and 2 MeV away: sqrt((3 + 4)/4) MeV; without weights sqrt(5/2)."""
    found = np.zeros(2, dtype=[("observable", float), ("x_mass_MeV", float), ("weight", float)])
    found["x_mass_MeV"], found["observable"], found["weight"] = 200.0, [201.0, 198.0], [3.0, 1.0]
    assert simulated_resolution(found, "mm")["resolution_MeV"].tolist() == pytest.approx([1.75**0.5])
    plain = found[["observable", "x_mass_MeV"]]
    assert simulated_resolution(plain, "mm")["resolution_MeV"].tolist() == pytest.approx([2.5**0.5])
    found["weight"] = [1.0, -1.0]
    with pytest.raises(InputError, match="x_mass_MeV 200: the weights of the selected signal sum to 0; correct"):
        simulated_resolution(found, "mm")


def test_bits_of_regions():
    found = np.zeros(4, dtype=[("regions", float)])
    found["regions"] = [0, 1, 2, 3]
    assert passes_cuts(found, 0).tolist() == [False, True, False, True]
    assert passes_cuts(found, 1).tolist() == [False, False, True, True]
    assert passes_cuts(found, -1).all()


def test_a_table_serves_as_well(tmp_path):
    write_table(tmp_path / "r.csv", {"mass_MeV": [0, 260], "resolution_GeV2": [1.1e-3, 0.7e-3]})
    text = INVISIBLE.read_text().replace(
        "{kind: simulation}\nwindow", f"{{kind: table, path: {tmp_path}/r.csv}}\nwindow"
    )
    (tmp_path / "s.yaml").write_text(text)
    grid = hypotheses(load_search(tmp_path / "s.yaml", SLOTS), "s.yaml")
    assert [table.file.split()[0] for table in grid.tables] == ["r.csv"]
    assert grid.windows.sigma[0] == pytest.approx(1.1e-3) and len(grid.windows.mass_MeV) == 155


def test_faults(tmp_path):
    search = load_search(INVISIBLE, SLOTS)
    with pytest.raises(InputError, match=r"x.yaml: resolution.kind: simulation needs --signal"):
        hypotheses(search, "x.yaml")
    np.save(tmp_path / "short.npy", signal(1e-3, masses=(0.0, 200.0)))
    with pytest.raises(InputError, match=r"no resolution at 259 MeV: .* simulation.signal.masses_MeV"):
        hypotheses(search, "x.yaml", [tmp_path / "short.npy"])
    np.save(tmp_path / "data.npy", np.zeros(3, dtype=[("observable", float)]))
    with pytest.raises(InputError, match="has no field component: these are not the candidates of a background file"):
        load_candidates([tmp_path / "data.npy"], "component")
