"""Each result followed back to its event files and published tables, with checksums taken from the disk."""

import hashlib
import json
import shutil

import pytest

from .conftest import ROOT, SEARCH

pytestmark = pytest.mark.workflow
NAME = "na62_kpix_mumu"


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def account(project, folder="results"):
    return json.loads(project.path(f"{folder}/provenance.json").read_text())


def ancestors(results, path):
    """A result and all results that it was made from."""
    found = {path}
    for parent in results[path]["made_from"]:
        found |= ancestors(results, parent)
    return found


def check(project):
    """Every checksum against the disk; gives the account."""
    said = account(project)
    outside = {}  # checksums by name, which files of several folders have in common
    for path in (*project.path("resources").rglob("*.csv"), *project.folder.glob("*.root")):
        outside.setdefault(path.name, set()).add(sha256(path))
    for path, entry in said["results"].items():
        assert entry["sha256"] == sha256(project.path(f"results/{path}")), path
        for parent, checksum in entry["made_from"].items():
            assert checksum == said["results"][parent]["sha256"], (path, parent)
        for line in entry["inputs"]:
            name, _, checksum = line.rpartition(" sha256:")
            assert checksum in outside[name], (path, name)
    return said


def test_every_result_is_there_with_its_checksums(finished):
    said = check(finished)
    assert said["run"]["seed"] == 20250723 and said["versions"].keys() >= {"darkaon", "python", "numpy", "scipy"}
    made = {
        str(path.relative_to(finished.path("results")))
        for part in ("searches", "models", "figures")
        for path in finished.path(f"results/{part}").rglob("*.*")
    }
    assert made - said["results"].keys() == set()


def test_a_figure_is_followed_back_to_events_and_published_tables(finished):
    said = account(finished)
    results = said["results"]
    back = ancestors(results, "figures/fig9d.png")
    assert {f"searches/{NAME}/candidates/{sample}.npy" for sample in said["samples"]} <= back
    assert {results[path]["made_by"] for path in back} == {
        "plot_figure", "exclude", "convert_limits", "compute_limits", "make_windows", "compute_acceptance",
        "select_events", "import_published",
    }  # fmt: skip
    assert results["figures/fig9d.png"]["label"] == "simulated, published"
    assert results["figures/fig9d.pdf"]["made_from"] == results["figures/fig9d.png"]["made_from"]
    table = "na62_kpix_mumu_2017_18.csv"
    assert said["published"][NAME] == [f"{table} sha256:{sha256(ROOT / 'resources/published' / table)}"]
    limits = ancestors(results, f"searches/{NAME}/event_limits.csv")
    assert not any("published" in line for path in limits for line in results[path]["inputs"])
    assert results[f"searches/{NAME}/event_limits.csv"]["settings"]["level"] == 0.9
    assert results[f"searches/{NAME}/branching_limits.csv"]["statuses"]["derived"] == ["acceptance.efficiency"]


def test_simulated_events_are_named_by_seed_and_settings_own_files_by_checksum(done):
    shutil.copy(done.path(f"results/simulated/{NAME}_2018.root"), done.path("mine.root"))
    samples = done.path("config/samples.csv")
    row = f"{NAME}_2018,{NAME},2018,data,simulated,"
    samples.write_text(samples.read_text().replace(row, f"{row}mine.root"))
    done.snakemake()
    said = check(done)
    simulated, mine = said["samples"][f"{NAME}_2017"], said["samples"][f"{NAME}_2018"]
    assert simulated["seed"] == 20250723 and simulated["settings"]["simulation"]["decays"]["pi_mumu"]["value"] == 4000
    assert simulated.keys() | {"file", "sha256"} == mine.keys() | {"seed", "settings"}
    assert mine["kind"] == "simulated" and mine["sha256"] == sha256(done.path("mine.root"))
    candidates = said["results"][f"searches/{NAME}/candidates/{NAME}_2018.npy"]
    assert candidates["inputs"] == [f"mine.root sha256:{mine['sha256']}"]
    assert str(done.folder) not in done.path("results/provenance.json").read_text()


def test_a_table_changed_by_hand_is_noticed(done):
    windows = done.path(f"results/searches/{NAME}/windows.csv")
    windows.write_text(windows.read_text().replace("# made_by", "# remark: mine\n# made_by"))
    done.snakemake("--touch")
    done.edit_yaml(SEARCH, published=None)  # something else is to be done
    failed = done.snakemake(check=False)
    assert failed.returncode != 0
    assert "was made from windows.csv sha256:" in failed.stderr
