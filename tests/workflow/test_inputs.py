"""Inputs that change behind Snakemake's back: older dates, edits in mid-run, results deleted, samples gone."""

import os
import shutil

import pytest
import yaml

from .conftest import SEARCH
from .test_reruns import AFTER_DATA, NAME

pytestmark = pytest.mark.workflow
FOLDER = f"results/searches/{NAME}"


def older(path):
    """A date before that of all results, as cp -p, rsync or tar leave it."""
    os.utime(path, (978307200, 978307200))


def test_a_file_with_an_older_date_is_noticed_by_its_content(done):
    table = done.path("resources/published/e949_kpix_invisible_fine.csv")
    before = table.read_text()
    older(table)
    assert done.jobs() == set()
    table.write_text(before.replace("e-10\n", "e-11\n", 1))
    older(table)
    assert "import_published e949_kpix" in done.jobs()
    table.write_text(before)
    assert done.jobs() == set()


def test_an_event_file_with_an_older_date(done):
    mine, other = (done.path(f"results/simulated/{NAME}_{period}.root") for period in (2018, 2017))
    shutil.copy(mine, done.path("mine.root"))
    samples = done.path("config/samples.csv")
    row = f"{NAME}_2018,{NAME},2018,data,simulated,"
    samples.write_text(samples.read_text().replace(row, f"{row}mine.root"))
    done.snakemake()
    assert done.jobs() == set()
    shutil.copy(other, done.path("mine.root"))
    older(done.path("mine.root"))
    assert done.jobs() == {f"select_events {NAME} {NAME}_2018", *AFTER_DATA}


def test_a_yaml_edited_in_mid_run_ends_under_no_other_label(done):
    """The windows are made, then the level changes and is put back: limits of 90 % or none."""
    before = done.path(f"{FOLDER}/event_limits.csv").read_bytes()
    hook = (
        "\nfrom pathlib import Path\nhere = Path('config/searches/na62_kpix_mumu.yaml')\n"
        "if __name__ == '__main__' and Path('edit').exists():\n"
        "    here.write_text(here.read_text().replace('level: 0.9\\n', 'level: 0.95\\n'))\n"
    )
    done.append("scripts/make_windows.py", hook)
    done.append("edit", "")
    original = done.path(SEARCH).read_text()
    stopped = done.snakemake(check=False)
    assert done.path(SEARCH).read_text() != original
    assert stopped.returncode != 0
    said = stopped.stdout + stopped.stderr
    assert f"{SEARCH}: statistics: was changed while the run lasts; start the run again" in said
    done.path("edit").unlink()
    done.path(SEARCH).write_text(original)
    done.snakemake()
    assert done.path(f"{FOLDER}/event_limits.csv").read_bytes() == before
    assert "# level: 0.9\n" in done.path(f"{FOLDER}/branching_limits.csv").read_text()


def test_results_deleted_by_hand_are_made_again(done):
    paths = [done.path(f"{FOLDER}/{name}.csv") for name in ("windows", "acceptance", "event_limits")]
    paths.append(done.path(f"{FOLDER}/candidates/{NAME}_2017.npy"))
    before = [path.read_bytes() for path in paths]
    for path in paths:
        path.unlink()
    jobs = done.jobs()
    assert {f"make_windows {NAME}", f"gather_limits {NAME}", f"select_events {NAME} {NAME}_2017"} <= jobs
    done.snakemake()
    assert [path.read_bytes() for path in paths] == before
    assert done.jobs() == set()


def test_what_is_gone_or_blinded_does_not_stay(done):
    gone = done.path(f"{FOLDER}/candidates/gone.npy")
    shutil.copy(done.path(f"{FOLDER}/candidates/{NAME}_2017.npy"), gone)
    mine = done.path(f"{FOLDER}/notes.txt")
    mine.write_text("not of the workflow")
    shown = done.path(f"{FOLDER}/global_significance.csv")
    opened = done.path(f"{FOLDER}/pyhf/workspace.json")
    other = done.path("results/sets/other")
    other.mkdir(parents=True)
    (other / "summary.csv").write_text("open\n")
    assert shown.is_file() and opened.is_file()
    content = yaml.safe_load(done.path(SEARCH).read_text())
    done.edit_yaml(SEARCH, blind=True, background=content["background"] | {"half_width_sigma": 12.0})
    run = done.snakemake(check=False)
    said = run.stdout + run.stderr
    assert not gone.exists() and f"{gone.relative_to(done.folder)}: removed" in said
    assert not opened.exists() and mine.exists()
