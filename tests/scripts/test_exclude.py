from pathlib import Path

import pytest

from darkaon.errors import InputError
from darkaon.tables.table import read_table
from exclude import main

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "resources" / "published"
RAW = ["--process", "K+ -> pi+ X", "--final-state", "invisible", "--lifetime-law", "escape"]
TEXT = ("search", "label", "kind", "edge_low", "edge_high", "edge")


def test_a_raw_table_answers_on_the_screen(capsys):
    main(["--model", "bc4_inv", "--limits", f"{PUBLISHED / 'na62_kpix_invisible_2016_22.csv'},published", *RAW])
    out = capsys.readouterr().out
    assert "BC4-inv" in out and "(published), observed: 193 masses from 0 to 258.889 MeV" in out


def test_intervals_and_contours(tmp_path):
    intervals, polygons = tmp_path / "exclusion.csv", tmp_path / "contours.csv"
    limits = [f"na62={PUBLISHED / 'na62_kpix_invisible_2016_22.csv'},published"]
    limits += [f"e949={PUBLISHED / 'e949_kpix_invisible.csv'},published"]
    main(["--model", str(ROOT / "config/models/bc4.yaml"), "--limits", *limits, *RAW,
          "--output", str(intervals), "--contours", str(polygons)])  # fmt: skip
    table = read_table(intervals, text=TEXT)
    assert set(table["search"]) == {"na62", "e949"} and set(table["label"]) == {"published"}
    assert table.header["coupling"] == "sin2_theta" and table.label == "published"
    contours = read_table(polygons, text=TEXT)
    own = (contours["search"] == "na62") & (contours["polygon"] == 0)
    assert contours["mass_MeV"][own][0] == contours["mass_MeV"][own][-1] == 0
    assert contours["mass_MeV"][own].max() < 111


def test_union(tmp_path):
    limits = [f"{name}={PUBLISHED / file}.csv,published" for name, file in
              (("na62", "na62_kpix_invisible_2016_22"), ("pi0", "na62_pi0_invisible_2017"))]  # fmt: skip
    main(["--model", "bc4_inv", "--limits", *limits, *RAW, "--masses", "109", "135", "200",
          "--union", str(tmp_path / "union.csv")])  # fmt: skip
    table = read_table(tmp_path / "union.csv", text=(*TEXT, "from_low", "from_high"))
    assert (
        list(table["search"]) == ["union"] * 3 + ["envelope"] * 3 and list(table["mass_MeV"]) == [109, 135, 200] * 2
    )
    assert list(table["from_low"]) == ["na62", "pi0", "na62"] * 2


def test_theory_stands_beside_the_central_value(tmp_path):
    path = tmp_path / "exclusion.csv"
    limits = f"na62={PUBLISHED / 'na62_kpix_invisible_2016_22.csv'},published"
    main(
        ["--model", "bc10_inv", "--limits", limits, *RAW, "--masses", "50", "200", "--theory", "--output", str(path)]
    )
    table = read_table(path, text=TEXT)
    low = [table["coupling_low"][table["kind"] == f"observed{end}"] for end in ("", "_theory_m1", "_theory_p1")]
    assert low[1] / low[0] == pytest.approx(0.85**-0.5) and low[2] / low[0] == pytest.approx(1.1**-0.5)


def test_a_raw_table_without_a_description_says_what_to_give(tmp_path):
    path = tmp_path / "raw.csv"
    path.write_text("lifetime_ns,mass_MeV,upper_limit\ninf,0,1e-10\n")
    with pytest.raises(ValueError, match=r"raw.csv: .*give --process, --final-state, --lifetime-law"):
        main(["--model", "bc4_inv", "--limits", str(path)])


def test_no_partial_output_on_a_bad_table(tmp_path):
    path, output = tmp_path / "raw.csv", tmp_path / "out.csv"
    path.write_text("lifetime_ns,mass_MeV,upper_limit\ninf,0,-1e-10\n")
    with pytest.raises(ValueError, match=r"raw.csv: row 1: observed is -1e-10"):
        main(["--model", "bc4_inv", "--limits", str(path), *RAW, "--output", str(output)])
    assert list(tmp_path.iterdir()) == [path]


def test_options_fill_gaps_of_headers_and_override_none(tmp_path, capsys):
    """The limits of a KL search beside a raw table: the options describe the raw one alone."""
    rows = "lifetime_ns,mass_MeV,upper_limit\ninf,0,5e-11\ninf,100,5e-11\n"
    described = "# process: KL -> pi0 X\n# final_state: invisible\n# lifetime_law: escape\n# search: kl\n"
    (tmp_path / "kl.csv").write_text(described + rows)
    (tmp_path / "raw.csv").write_text(rows)
    main(["--model", "bc4_inv", "--limits", str(tmp_path / "kl.csv")])
    alone = capsys.readouterr().out.splitlines()[-1]
    main(["--model", "bc4_inv", "--limits", str(tmp_path / "kl.csv"), str(tmp_path / "raw.csv"), *RAW])
    both = capsys.readouterr().out.splitlines()
    assert alone in both and "kl (no label)" in alone and any(line.startswith("  raw (no label)") for line in both)


def test_a_label_does_not_override_that_of_the_header(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("# label: simulated\nlifetime_ns,mass_MeV,upper_limit\ninf,0,5e-11\n")
    with pytest.raises(InputError, match="the header's label is 'simulated', not 'published'"):
        main(["--model", "bc4_inv", "--limits", f"{path},published", *RAW])


def limits_of(tmp_path, *rows, header=""):
    path = tmp_path / "limits.csv"
    described = "# process: K+ -> pi+ X\n# final_state: invisible\n# lifetime_law: escape\n"
    path.write_text(f"{described}{header}lifetime_ns,mass_MeV,upper_limit\n" + "".join(f"{row}\n" for row in rows))
    return path


def test_a_mass_without_a_limit_is_not_a_mass_where_nothing_is_excluded(tmp_path, capsys):
    """In a gap and beyond the end nothing is covered; a weak limit covers and excludes nothing."""
    path = limits_of(tmp_path, *(f"inf,{mass},1e-10" for mass in (0, 10, 20, 30, 200, 210)), "inf,220,0.9")
    main(["--model", "bc4_inv", "--limits", str(path), "--masses", "100", "500"])
    out = capsys.readouterr().out
    assert "limits: no limit at 100, 500 MeV: not covered by its table, 0 to 220 MeV with gaps" in out
    assert "nothing is excluded" not in out
    main(["--model", "bc4_inv", "--limits", str(path), "--masses", "220"])
    out = capsys.readouterr().out
    assert "not covered" not in out


@pytest.mark.parametrize("mass", ["nan", "-5"])
def test_what_is_no_mass_is_refused(tmp_path, mass):
    with pytest.raises(InputError, match=f"mass {mass} MeV is no mass of X"):
        main(["--model", "bc4_inv", "--limits", str(limits_of(tmp_path, "inf,0,1e-10")), "--masses", mass])


def test_kinds_that_no_table_has(tmp_path):
    with pytest.raises(InputError, match="kinds: no table has the limit 'expected'; they have observed"):
        main(["--model", "bc4_inv", "--limits", str(limits_of(tmp_path, "inf,0,1e-10")), "--kinds", "expected"])


MINE = (
    "title: t\nfamily: custom\noptions:\n  path: {}\n  coupling: {{low: 1e-6, high: 1, reference: 1e-3, power: 2}}\n"
)


def test_the_screen_says_which_edge_is_none(tmp_path, capsys):
    """Couplings are scanned to 1, where B is 1000: cut at 1, said, and the end of the scan is no limit."""
    (tmp_path / "rates.csv").write_text("mass_MeV,K+ -> pi+ X,lifetime_ns\n0,1e3,inf\n200,1e3,inf\n")
    (tmp_path / "mine.yaml").write_text(MINE.format(tmp_path / "rates.csv"))
    path = limits_of(tmp_path, "inf,0,1e-10", "inf,100,1e-10")
    main(["--model", str(tmp_path / "mine.yaml"), "--limits", str(path)])
    out = capsys.readouterr().out
    assert "from 1e-06 (end of the couplings considered, no edge)" in out
    assert "up to 1 (end of the couplings considered, no edge)" in out
    assert "branching fractions above 1 are cut at 1, from about g = 0.04" in out


def test_a_rate_above_1_at_the_lowest_coupling_is_refused(tmp_path):
    (tmp_path / "rates.csv").write_text("mass_MeV,K+ -> pi+ X,lifetime_ns\n0,1e13,inf\n200,1e13,inf\n")
    (tmp_path / "mine.yaml").write_text(MINE.format(tmp_path / "rates.csv"))
    with pytest.raises(
        InputError, match=r"mine: B\(K\+ -> pi\+ X\) is 10 at 0 MeV and the lowest coupling, g = 1e-06"
    ):
        main(["--model", str(tmp_path / "mine.yaml"), "--limits", str(limits_of(tmp_path, "inf,0,1e-10"))])


def test_two_tables_of_one_name_are_refused_and_can_be_named(tmp_path, capsys):
    """NA48/2 as digitised and as resampled are one search; each has one region."""
    with pytest.raises(InputError, match=r"mumu.csv .* and .*fine.csv .* called na482_kpix_mumu .*NAME=PATH"):
        main(["--model", "bc4", "--limits", "na482_kpix_mumu", "na482_kpix_mumu_fine"])
    path = tmp_path / "c.csv"
    main(["--model", "bc4", "--limits", "na482_kpix_mumu", "fine=na482_kpix_mumu_fine", "--contours", str(path)])
    contours = read_table(path, text=TEXT)
    assert len({*zip(contours["search"], contours["polygon"], strict=True)}) == 2
    assert "  fine (published), observed: " in capsys.readouterr().out


def test_each_table_keeps_its_level(tmp_path, capsys):
    (tmp_path / "x").mkdir()
    x = limits_of(tmp_path / "x", "inf,0,1e-10", "inf,100,1e-10", header="# level: 0.95\n")
    y = limits_of(tmp_path, "inf,0,1e-10", "inf,100,1e-10")
    with pytest.raises(InputError, match=r"both called limits \(no label\)"):
        main(["--model", "bc4_inv", "--limits", str(x), str(y)])
    main(["--model", "bc4_inv", "--limits", f"{x},published", str(y)])
    out = capsys.readouterr().out
    assert "at 90 %, 95 % CL" in out
    assert "limits (published), observed at 95 %" in out and "limits (no label), observed at 90 %" in out


def test_no_input_is_overwritten(tmp_path, monkeypatch):
    path = limits_of(tmp_path, "inf,0,1e-10", "inf,100,1e-10")
    text = path.read_text()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "same.csv").symlink_to(path)
    for output in ("limits.csv", str(path), "same.csv"):
        with pytest.raises(InputError, match=r"--output .*csv: is the input .*limits.csv; give a path of its own"):
            main(["--model", "bc4_inv", "--limits", str(path), "--output", output])
    with pytest.raises(InputError, match=r"--union \./a.csv: is that of --contours, too"):
        main(["--model", "bc4_inv", "--limits", str(path), "--contours", "a.csv", "--union", "./a.csv"])
    assert path.read_text() == text and not (tmp_path / "a.csv").exists()


def test_a_limit_on_a_quantity_that_the_model_lacks(capsys):
    main(["--model", "bc6", "--limits", "na62_kmu_n_2016_18", "--masses", "300"])
    out = capsys.readouterr().out
    assert "na62_kmu_n: K+ -> mu+ X, invisible, a limit on |U_mu4|^2, does not meet this model" in out
    assert "nothing is excluded" not in out


def test_a_mixing_is_not_cut_as_a_branching_fraction(capsys):
    main(["--model", "bc6", "--limits", "na62_ke_n_2016_18"])
    assert "na62_ke_n (published)" in (out := capsys.readouterr().out) and "cut at 1" not in out


def test_a_table_of_one_band_alone_is_on_the_screen(tmp_path, capsys):
    path = limits_of(tmp_path, "inf,0,1e-10", "inf,100,1e-10")
    path.write_text(path.read_text().replace("upper_limit", "expected_p1"))
    main(["--model", "bc4_inv", "--limits", str(path)])
    out = capsys.readouterr().out
    assert "limits (no label), expected_p1: 2 masses from 0 to 100 MeV" in out and "nothing is excluded" not in out


@pytest.mark.parametrize(("model", "mass"), [("bc10", "134.9768"), ("bc11", "135")])
def test_the_mass_of_the_pi0_is_left_out(model, mass, capsys):
    main(["--model", model, "--limits", "na62_pi0_invisible_2017", "--masses", mass, "140"])
    assert "140 to 140 MeV" in capsys.readouterr().out
    main(["--model", model, "--limits", "na62_pi0_invisible_2017", "--masses", mass])
    assert "nothing is produced at these masses: the decay is closed there, or left out" in capsys.readouterr().out
