from pathlib import Path

import numpy as np
import pytest

import compare_methods
from darkaon.statistics.limits import set_limits
from darkaon.tables.table import read_table, write_table

ROOT = Path(__file__).parents[2]


def compared(tmp_path, n, b, sigma, capsys, search=str(ROOT / "config/searches/na62_kpix_mumu.yaml")):
    columns = {"mass_MeV": np.arange(len(n)), "n_observed": n, "background": b, "background_uncertainty": sigma}
    write_table(tmp_path / "l.csv", columns, {"label": "simulated", "search": "s"})
    arguments = ["--search", search, "--limits", str(tmp_path / "l.csv"), "--output", str(tmp_path / "m.csv")]
    compare_methods.main(arguments)
    return read_table(tmp_path / "m.csv"), capsys.readouterr().out


def test_low_counts_are_where_asymptotics_fail(tmp_path, capsys):
    """n = 0: exact 2.3026; asymptotic 1.372 at b = 0.01, statistics.md."""
    table, said = compared(tmp_path, [0, 400], [0.01, 400], [0.002, 6], capsys)
    assert table["hybrid"][0] == pytest.approx(np.log(10), rel=1e-6)
    assert table["asymptotic"][0] / table["hybrid"][0] < 0.81
    assert "off by more than 5 % in 1 of 2 windows; worst -" in said
    assert "where 0 are counted" in said
    assert table.header["verdict"] == said.strip()


def test_high_counts_agree(tmp_path, capsys):
    _, said = compared(tmp_path, [400, 420], [400, 400], [6, 6], capsys)
    assert "agree with the exact hybrid limits to" in said


def test_a_log_normal_background_is_compared_where_a_method_knows_it(tmp_path, capsys):
    search = (ROOT / "config/searches/na62_kpix_mumu.yaml").read_text()
    (tmp_path / "s.yaml").write_text(search.replace("nuisance: gamma", "nuisance: lognormal"))
    table, said = compared(tmp_path, [3, 40], [1.5, 30], [0.7, 6], capsys, search=str(tmp_path / "s.yaml"))
    assert table["hybrid"] == pytest.approx(set_limits([3, 40], [1.5, 30], [0.7, 6], nuisance="lognormal").observed)
    assert np.all(np.isnan(table["profile"])) and np.all(np.isnan(table["asymptotic"]))
    assert said == "Asymptotic formulae know no log-normal background: they are not compared.\n"


def test_asymmetric_uncertainty_is_for_hybrid_alone(tmp_path):
    columns = {"mass_MeV": [135.0], "n_observed": [12], "background": [10.0], "background_uncertainty": [22.0]}
    write_table(tmp_path / "l.csv", columns | {"background_uncertainty_down": [8.0]}, {"label": "published counts"})
    search = str(ROOT / "config/searches/na62_pi0_invisible.yaml")
    arguments = ["--search", search, "--limits", str(tmp_path / "l.csv"), "--output", str(tmp_path / "m.csv")]
    compare_methods.main(arguments)
    assert read_table(tmp_path / "m.csv")["hybrid"][0] == pytest.approx(14.48, abs=0.01)
