"""A search's limits to HEPData and back: valid, repeatable, unchanged."""

import re
import tarfile
from pathlib import Path

import numpy as np
import pytest
import yaml

import export_hepdata
from darkaon.config.search import load_search
from darkaon.config.slots.published import Published
from darkaon.errors import InputError
from darkaon.tables.hepdata import read_hepdata
from darkaon.tables.masses import masses_of
from darkaon.tables.published import read_published
from darkaon.tables.table import read_table, write_table
from darkaon.typing import BANDS
from darkaon.workflow.project import Project

ROOT = Path(__file__).parents[2]
SEARCH = ROOT / "config/searches/na62_pi0_invisible.yaml"
PROGRAMME = Project(yaml.safe_load((ROOT / "config/programme.yaml").read_text(encoding="utf-8")), ROOT / "config")
ALL = sorted({*PROGRAMME.submitted(), *Project({}, ROOT / "config").submitted()})


def random_limits(lifetimes, masses, seed=3):
    """Columns of limits with bands for each lifetime and mass."""
    n = len(lifetimes) * len(masses)
    rng = np.random.default_rng(seed)
    expected = 10 ** rng.uniform(-11, -8, n)
    sigma = np.sort(rng.uniform(0.4, 2.5, (n, 4)), axis=1)
    return {
        "lifetime_ns": np.repeat(lifetimes, len(masses)), "mass_MeV": np.tile(masses, len(lifetimes)),
        "observed": expected * rng.uniform(0.5, 2, n), "expected_m2": expected * sigma[:, 0],
        "expected_m1": expected * sigma[:, 1],
        "expected": expected * np.sort(sigma[:, 1:3], axis=1).mean(axis=1), "expected_p1": expected * sigma[:, 2],
        "expected_p2": expected * sigma[:, 3],
    }  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Limits, pyhf documents, a picture, and the submission of them."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("hepdata")
    columns = random_limits([0.1, 2.0, np.inf], np.linspace(120, 150, 10))
    columns["observed"][4] = np.nan  # blinded
    write_table(folder / "limits.csv", columns, {"label": "simulated"})
    for name in ("workspace", "patchset"):
        (folder / f"{name}.json").write_text(f'{{"{name}": 1}}\n')
    Image.new("RGB", (1015, 779), "white").save(folder / "fig.png")
    export(folder, folder / "out")
    return folder


def export(folder, output):
    export_hepdata.main(
        ["--search", str(SEARCH), "--limits", f"{folder}/limits.csv", "--pyhf", f"{folder}/workspace.json",
         f"{folder}/patchset.json", "--figure", f"{folder}/fig.png", "--output", str(output)]
    )  # fmt: skip


def check_round_trip(limits, folder, level=0.9):
    """Every limit and band of a table is that which the importer reads back from all tables of the submission."""
    _, *tables = yaml.safe_load_all((folder / "submission.yaml").read_text(encoding="utf-8"))
    names = {"observed": "Observed upper limit on B", "expected": "Expected upper limit on B"}
    slot = Published(path=str(folder), level=level, hepdata=[{"table": table["name"]} | names for table in tables])
    back = read_hepdata(slot)
    seen = limits.where(np.isfinite(limits["observed"]))
    for name in ("lifetime_ns", *masses_of(limits), "observed", "expected"):
        assert back[name].tolist() == seen[name].tolist(), name
    for name in BANDS:
        np.testing.assert_allclose(back[name], seen[name], rtol=1e-15)


def test_the_round_trip_changes_nothing(made):
    check_round_trip(read_table(made / "limits.csv"), made / "out")


@pytest.fixture(scope="module")
def validator():
    checks = pytest.importorskip("hepdata_validator.full_submission_validator")
    return checks.FullSubmissionValidator(schema_version="1.1.1")


def test_it_is_valid(made, validator):
    assert validator.validate(directory=str(made / "out")), validator.get_messages()


@pytest.mark.parametrize("name", ALL)
def test_every_search_makes_a_valid_submission_that_is_read_back_unchanged(name, tmp_path, validator):
    """Of each search of `make` and of the programme, with its own process, lifetime law, masses and paper."""
    search = load_search(ROOT / f"config/searches/{name}.yaml")
    lifetimes = [0.0, 0.1] if search.lifetime.kind == "prompt" else [0.05, np.inf]
    columns = random_limits(lifetimes, [0.0] if "nu nu nu" in search.process else [120.0, 121.5, 330.25])
    if search.masses.kind == "plane":
        columns["mass2_MeV"] = np.resize([10.0, 20.0, 25.0], len(columns["mass_MeV"]))
    write_table(tmp_path / "limits.csv", columns, {"label": "simulated"})
    arguments = ["--search", f"{ROOT}/config/searches/{name}.yaml", "--limits", f"{tmp_path}/limits.csv"]
    export_hepdata.main([*arguments, "--output", f"{tmp_path}/out"])
    validator.clear_all()
    assert validator.validate(directory=str(tmp_path / "out")), validator.get_messages()
    check_round_trip(read_table(tmp_path / "limits.csv"), tmp_path / "out", search.statistics.level)


def test_limits_in_two_masses_are_read_but_have_no_coupling_plane(tmp_path):
    columns = random_limits([0.0], [150.0, 150.0, 155.0]) | {"mass2_MeV": np.array([10.0, 15.0, 10.0])}
    write_table(tmp_path / "limits.csv", columns, {"label": "simulated"})
    search = f"{ROOT}/config/searches/na62_k4e_cascade.yaml"
    export_hepdata.main(["--search", search, "--limits", f"{tmp_path}/limits.csv", "--output", f"{tmp_path}/out"])
    check_round_trip(read_table(tmp_path / "limits.csv"), tmp_path / "out")
    column = {"table": "Limits, lifetime 0 ns", "observed": "Observed upper limit on B"}
    with pytest.raises(InputError, match="two masses"):
        read_published(Published(path=str(tmp_path / "out"), hepdata=[column]))


def test_simulated_limits_say_first_that_they_are_not_to_be_submitted(made):
    first, *tables = yaml.safe_load_all((made / "out/submission.yaml").read_text())
    assert first["comment"].startswith("NOT TO BE SUBMITTED: these limits are from simulated data")
    assert first["additional_resources"][0]["type"] == "HistFactory"
    assert [table["name"] for table in tables] == [
        "Limits, lifetime 0.1 ns", "Limits, lifetime 2 ns", "Limits, stable X",
    ]  # fmt: skip
    assert {resource["description"] for table in tables for resource in table["additional_resources"]} == {
        "Image file", "Thumbnail image file",
    }  # fmt: skip


def test_measured_limits_do_not(made, tmp_path):
    limits = read_table(made / "limits.csv")
    write_table(tmp_path / "limits.csv", limits.columns, {"label": "measured"})
    export_hepdata.main(
        ["--search", str(SEARCH), "--limits", f"{tmp_path}/limits.csv", "--output", f"{tmp_path}/out"]
    )
    text = (tmp_path / "out/submission.yaml").read_text()
    assert "NOT TO BE" not in text and "HistFactory" not in text and re.search("from measured\\s+data", text)


def test_a_blinded_limit_is_a_dash(made):
    content = yaml.safe_load((made / "out/limits_0.1ns.yaml").read_text())
    observed, expected = content["dependent_variables"]
    assert observed["values"][4] == {"value": "-"} and isinstance(expected["values"][4]["value"], float)
    assert {q["name"]: q["value"] for q in observed["qualifiers"]}["LIFETIME"] == 0.1


def test_bytes_repeat(made, tmp_path):
    export(made, tmp_path / "again")
    names = sorted(path.name for path in (made / "out").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "again").iterdir())
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (made / "out" / name).read_bytes(), name
    with tarfile.open(made / "out/pyhf.tar.gz") as tar:
        assert tar.getnames() == ["patchset.json", "workspace.json"]
