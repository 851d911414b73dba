"""The benchmark of a whole run: what it lays out, and that it measures."""

import sys

import numpy as np
import pytest
import yaml

from benchmark_workflow import copy_project, enlarge, main, measured
from darkaon.config.search import load_search
from darkaon.errors import InputError
from darkaon.events.branches import read_events


def test_the_enlarged_project_holds_the_same_events_in_many_files(tmp_path):
    copy_project(tmp_path / "project")
    enlarge(tmp_path / "project", masses=500, lifetimes=4, files=20)
    search = load_search(tmp_path / "project/config/searches/na62_kpix_mumu.yaml")
    assert search.masses.count == 500 and len(search.lifetime.values_ns) == 4
    rows = (tmp_path / "project/config/samples.csv").read_text().split()
    files = [tmp_path / "project" / row.rpartition(",")[2] for row in rows if ",data," in row]
    assert len(files) == 20 and all(",simulated," in row for row in rows[1:])
    events = sum(len(chunk) for file in files for chunk in read_events(file, search.events, ["run"]))
    assert events == pytest.approx(27679 / 0.96, rel=0.1)  # some fail the selection
    assert set(yaml.safe_load((tmp_path / "project/config/config.yaml").read_text())["searches"]) == {
        "na62_kpix_mumu"
    }


def test_what_a_command_used(tmp_path):
    """A second of CPU time in a job, however fast the machine is; the parent only waits."""
    work = "import time\nx = bytearray(200_000_000)\nwhile time.process_time() < 1.0: pass"
    burn = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {work!r}])"
    used = measured([sys.executable, "-c", burn], tmp_path)
    assert used.wall_s > 0.5 and used.jobs_s > 0.5
    assert used.largest_MB > 100 and used.together_MB >= used.largest_MB
    assert np.isfinite(used.wall_s)


def test_faults(tmp_path):
    with pytest.raises(InputError, match=r"--folder: .* exists"):
        main(["--folder", str(tmp_path)])
    with pytest.raises(InputError, match="the run failed; see"):
        measured([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)
