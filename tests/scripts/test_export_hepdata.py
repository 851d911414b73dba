"""A search's limits to HEPData and back: valid, repeatable, unchanged."""

import re
import tarfile
from pathlib import Path

import numpy as np
import pytest
import yaml

import export_hepdata
from darkaon.config.slots.published import Published
from darkaon.tables.hepdata import read_hepdata
from darkaon.tables.table import read_table, write_table
from darkaon.typing import BANDS

ROOT = Path(__file__).parents[2]
SEARCH = ROOT / "config/searches/na62_pi0_invisible.yaml"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Limits, pyhf documents, a picture, and the submission of them."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("hepdata")
    rng = np.random.default_rng(3)
    expected = 10 ** rng.uniform(-11, -8, 30)
    sigma = np.sort(rng.uniform(0.4, 2.5, (30, 4)), axis=1)
    observed = expected * rng.uniform(0.5, 2, 30)
    observed[4] = np.nan  # blinded
    columns = {
        "lifetime_ns": np.repeat([0.1, 2.0, np.inf], 10), "mass_MeV": np.tile(np.linspace(120, 150, 10), 3),
        "observed": observed, "expected_m2": expected * sigma[:, 0], "expected_m1": expected * sigma[:, 1],
        "expected": expected * np.sort(sigma[:, 1:3], axis=1).mean(axis=1), "expected_p1": expected * sigma[:, 2],
        "expected_p2": expected * sigma[:, 3],
    }  # fmt: skip
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


def test_the_round_trip_changes_nothing(made):
    limits = read_table(made / "limits.csv")
    tables = {"Limits, lifetime 0.1 ns": 0.1, "Limits, lifetime 2 ns": 2.0, "Limits, stable X": np.inf}
    slot = Published(
        path=str(made / "out"),
        hepdata=[
            {"table": name, "observed": "Observed upper limit on B", "expected": "Expected upper limit on B"}
            for name in tables
        ],
    )
    back = read_hepdata(slot)
    seen = limits.where(np.isfinite(limits["observed"]))
    for name in ("lifetime_ns", "mass_MeV", "observed", "expected"):
        assert back[name].tolist() == seen[name].tolist(), name
    for name in BANDS:
        np.testing.assert_allclose(back[name], seen[name], rtol=1e-15)


def test_it_is_valid(made):
    validator = pytest.importorskip("hepdata_validator.full_submission_validator")
    checked = validator.FullSubmissionValidator(schema_version="1.1.1")
    assert checked.validate(directory=str(made / "out")), checked.get_messages()


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
