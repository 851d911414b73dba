"""New data and blinding, as a user meets them: one block in a search's YAML, one row in samples.csv, one key."""

import shutil

import numpy as np
import pytest
import yaml

from darkaon.tables.table import read_table

from .conftest import ROOT, Checkout, copy

pytestmark = pytest.mark.workflow
NAME = "na62_kpix_invisible"
SEARCH = f"config/searches/{NAME}.yaml"
RESULTS = f"results/searches/{NAME}"


def small(folder):
    project = copy(ROOT, folder)
    project.edit_yaml("config/config.yaml", searches=[NAME], models=["bc4_inv"], chunks=1)
    project.edit_yaml(SEARCH, simulation__signal__decays=4000, simulation__background__decays=20000)
    figures = project.path("config/figures.yaml")
    content = yaml.safe_load(figures.read_text())
    kept = [name for name, entry in content["figures"].items() if entry.get("search") == NAME]
    content["figures"] = {name: content["figures"][name] for name in kept}
    figures.write_text(yaml.safe_dump(content))
    return project


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    project = small(tmp_path_factory.mktemp("periods") / "project")
    project.snakemake()
    return project


@pytest.fixture
def project(made, tmp_path):
    shutil.copytree(made.folder, tmp_path / "project", symlinks=True)
    return Checkout(tmp_path / "project")


def stable(project):
    table = read_table(project.path(f"{RESULTS}/branching_limits.csv"))
    return table.where(table["lifetime_ns"] == np.inf)


def test_a_new_period_selects_its_own_files_alone(project):
    before = stable(project)
    quantity = {"source": "test", "status": "tuned"}
    period = {"ses": {"value": 0.4e-11, **quantity}, "background": {"value": 20.0, **quantity}}
    project.edit_yaml(SEARCH, **{"periods__2023-24": period})
    failed = project.snakemake(check=False)
    assert "has no sample with role 'data' for the period '2023-24'" in failed.stderr
    shutil.copy(project.path(f"results/simulated/{NAME}_2021_22.root"), project.path("new.root"))
    project.append("config/samples.csv", f"mine,{NAME},2023-24,data,simulated,new.root\n")
    jobs = project.jobs()
    assert {job for job in jobs if job.startswith(("select", "simulate"))} == {f"select_events {NAME} mine"}
    assert f"make_windows {NAME}" in jobs
    project.snakemake()
    ratio = np.median(before["expected"] / stable(project)["expected"])
    assert 1.3 < ratio < 2.06  # 1/SES grows by 2.06, and so does the background


def test_blinded_and_unblinded_by_one_key(project):
    opened = stable(project)
    project.edit_yaml(SEARCH, blind=True)
    project.snakemake()
    closed = stable(project)
    assert np.isfinite(opened["observed"]).all() and np.isnan(closed["observed"]).all()
    np.testing.assert_array_equal(closed["expected"], opened["expected"])
    exclusion = project.path("results/models/bc4_inv/exclusion.csv").read_text()
    assert "simulated,observed" not in exclusion and "simulated,expected" in exclusion
    for period in ("2016", "2017", "2018", "2021_22"):
        assert len(np.load(project.path(f"{RESULTS}/candidates/{NAME}_{period}.npy"))) == 0
    project.edit_yaml(SEARCH, blind=False)
    project.snakemake()
    np.testing.assert_array_equal(stable(project)["observed"], opened["observed"])
    assert '"blind": false' in project.path(f"{RESULTS}/windows.csv").read_text()
