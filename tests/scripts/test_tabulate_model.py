import numpy as np
import pytest

from darkaon.tables.table import read_table
from tabulate_model import main


def test_columns_and_values(tmp_path):
    main(["--model", "bc4", "--masses", "0", "300", "100", "--output", str(tmp_path / "p.csv")])
    table = read_table(tmp_path / "p.csv", text=("process",))
    names = ["process", "mass_MeV", "branching_ratio_per_coupling2", "theory_low", "theory_high"]
    names += ["lifetime_s_at_reference", "ee", "mumu", "pipi"]
    assert list(table.columns) == names and table.header["coupling2"] == "sin2_theta"
    kaon = table.where(table["process"] == "K+ -> pi+ X")
    assert list(kaon["mass_MeV"]) == [0, 100, 200, 300]
    np.testing.assert_allclose(kaon["branching_ratio_per_coupling2"][2], 1.081e-3, atol=1e-6)
    np.testing.assert_allclose(kaon["lifetime_s_at_reference"][2], 1.92e-3, atol=1e-5)


def test_to_the_screen(capsys):
    main(["--model", "bc2", "--masses", "100", "100", "1"])
    assert "# coupling2: epsilon^2" in capsys.readouterr().out


def test_bad_masses():
    with pytest.raises(ValueError, match="--masses"):
        main(["--model", "bc2", "--masses", "100", "0", "1"])


def test_no_input_is_overwritten(tmp_path):
    (tmp_path / "r.csv").write_text("mass_MeV,K+ -> pi+ X,lifetime_ns\n0,1e-3,inf\n200,1e-3,inf\n")
    yaml = tmp_path / "m.yaml"
    yaml.write_text(f"title: t\nfamily: custom\noptions:\n  path: {tmp_path / 'r.csv'}\n")
    for path in (yaml, tmp_path / "r.csv"):
        with pytest.raises(ValueError, match=r"--output .*: is the input"):
            main(["--model", str(yaml), "--output", str(path)])


def test_too_many_masses():
    with pytest.raises(ValueError, match="--masses: more than 1000000 masses; give a larger STEP"):
        main(["--model", "bc2", "--masses", "0", "10", "1e-9"])


def test_the_mass_of_the_pi0_is_left_out(capsys):
    main(["--model", "bc10", "--masses", "134.9768", "135.9768", "1"])
    rows = [line for line in capsys.readouterr().out.splitlines() if line[0] != "#" and "->" in line]
    assert [row.split(",")[1] for row in rows] == ["135.9768"] * 3
