"""A project of one's own: its folder holds what is its own, the rest comes with darkaon."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import compute_limits
import make_windows
import select_events
from darkaon.tables.table import read_table

from .conftest import ROOT

pytestmark = pytest.mark.workflow
DARKAON = "darkaon.interface.commands"
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "SNAKEMAKE"))} | {
    "PYTHONPATH": str(ROOT / "scripts")
}


def run(folder, *command):
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    run(folder, DARKAON, "new", "my")
    run(folder / "my", DARKAON, "run", "--cores", "2")
    return folder / "my"


def test_a_new_project_ends_with_its_figure(made):
    assert (made / "results/figures/example.png").stat().st_size > 20_000
    assert len((made / "README.md").read_text().splitlines()) <= 10
    table = read_table(
        made / "results/models/example_model/exclusion.csv", text=("search", "label", "kind", "edge_low", "edge_high")
    )
    assert set(table["search"]) == {"example", "e949_kpix"} and set(table["label"]) == {"assumed counts", "published"}
    assert str(ROOT) not in (made / "results/provenance.json").read_text()


def test_plain_snakemake_does_the_same(made):
    assert "Nothing to be done" in run(made, "snakemake", "--cores", "1")


def test_a_search_that_comes_with_darkaon_has_the_limits_of_the_checkout(made, tmp_path):
    from darkaon.config.search import load_search
    from darkaon.tables.published import read_published

    search = load_search(ROOT / "config/searches/e949_kpix.yaml")
    here = read_table(made / "results/searches/e949_kpix/published_limits.csv")
    assert here["observed"].tolist() == pytest.approx(read_published(search.published)["observed"].tolist(), rel=1e-8)


def test_measured_events_as_an_own_search_have_the_limits_of_the_checkout(made, tmp_path, monkeypatch):
    """The phi of CMS: a YAML, a row of samples.csv and a file in the project's own folders."""
    folder = tmp_path / "phi"
    shutil.copytree(made / "config", folder / "config")
    shutil.copy2(made / "Snakefile", folder)
    shutil.copytree(ROOT / "resources/measured", folder / "data")
    search = yaml.safe_load((ROOT / "config/searches/cms_phi_demo.yaml").read_text(encoding="utf-8"))
    search["resolution"]["path"] = "data/cms_phi_resolution.csv"
    (folder / "config/searches/my_phi.yaml").write_text(yaml.safe_dump(search))
    with (folder / "config/samples.csv").open("a") as stream:
        stream.write("my_events,my_phi,2010,data,measured,data/cms_phi.csv\n")
    asked = ("my_phi", "--config", "searches=[my_phi]", "models=[]")
    run(folder, DARKAON, "run", *asked, "--cores", "2")

    monkeypatch.chdir(ROOT)
    names = {name: str(tmp_path / f"{name}.csv") for name in ("windows", "limits")}
    theirs = ["--search", "config/searches/cms_phi_demo.yaml"]
    select_events.main([*theirs, "--sample", "cms_phi", "--label", "measured", "--input",
                        "resources/measured/cms_phi.csv", "--output", f"{tmp_path}/c.npy",
                        "--cutflow", f"{tmp_path}/c.csv"])  # fmt: skip
    make_windows.main([*theirs, "--label", "measured", "--candidates", f"{tmp_path}/c.npy", "--periods", "2010",
                       "--output", names["windows"]])  # fmt: skip
    compute_limits.main([*theirs, "--windows", names["windows"], "--output", names["limits"]])
    ours = read_table(folder / "results/searches/my_phi/event_limits.csv")
    expected = read_table(names["limits"])
    assert ours.label == "measured" and len(ours) == 33
    for name in expected.columns:
        assert ours[name].tolist() == expected[name].tolist(), name


def test_an_edit_of_the_own_search_makes_it_anew(made):
    file = made / "config/searches/example.yaml"
    text = file.read_text()
    content = yaml.safe_load(text)
    content["counts"]["2024"]["observed"] = 4
    file.write_text(yaml.safe_dump(content))
    listed = run(made, DARKAON, "run", "--dry-run")
    assert "count_windows example" in listed and "import_published" not in listed
    file.write_text(text)


def test_it_can_be_a_module_of_another_workflow(made, tmp_path):
    outer = tmp_path / "outer"
    outer.mkdir()
    for part in ("config", "resources", "profiles"):
        (outer / part).symlink_to(made / part)
    (outer / "Snakefile").write_text(
        "from darkaon.paths import snakefile\n"
        "rule mine:\n"
        '    input: "results/models/example_model/exclusion.csv"\n'
        '    output: "rows.txt"\n'
        '    shell: "grep -vc ^# {input} > {output}"\n'
        "module darkaon:\n"
        "    snakefile: snakefile()\n"
        "    config: config\n"
        "use rule * from darkaon as darkaon_*\n"
    )
    run(outer, "snakemake", "--cores", "2")
    ours, theirs = (place / "results/models/example_model/exclusion.csv" for place in (outer, made))
    assert ours.read_bytes() == theirs.read_bytes()
    assert int((outer / "rows.txt").read_text()) == len([x for x in theirs.read_text().splitlines() if x[0] != "#"])
    assert Path(made / "results").is_dir()
