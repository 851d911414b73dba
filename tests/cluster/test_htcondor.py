"""The small analysis through the HTCondor plugin, with a stand-in for the scheduler."""

import json
from pathlib import Path

import pytest

from .conftest import check_rules, run, same, small, tables

pytestmark = pytest.mark.cluster
STAND_IN = Path(__file__).with_name("schedd.py")
COVERED = """\
covered: the plugin, our profile, HTCondor's Submit and its translation into a job, its JobEventLog reader,
  exit status, jobs in an empty environment on a shared file system
not covered: a pool. Matchmaking, queues, transfer of files, held, evicted and removed jobs, credentials"""


def submit(project, check=True):
    said = run(project, str(STAND_IN), name="htcondor", check=check, CONDOR_CONFIG="/dev/null")
    return said, [json.loads(line) for line in project.path("jobs.jsonl").read_text().splitlines()]


def test_htcondor_gives_the_bytes_of_a_local_run(tmp_path):
    local, remote = small(tmp_path / "local"), small(tmp_path / "htcondor")
    _, ran = submit(remote)
    local.snakemake()
    print("\njobs that the stand-in ran:")
    for job in ran:
        print("  {ClusterId:>3} {JobBatchName}, {RequestCpus} CPU, {RequestMemory} MB, {JobFlavour}".format(**job))
    assert {job["status"] for job in ran} == {0}
    check_rules(job["JobBatchName"].rsplit("-", 1)[0] for job in ran)
    assert {(job["RequestMemory"], job["JobFlavour"]) for job in ran} == {(2000, "longlunch")}
    print(f"the same bytes as the local run: {same(tables(remote), tables(local))}")
    print(COVERED)


def test_a_job_that_fails_fails_the_run_in_its_own_words(tmp_path):
    project = small(tmp_path / "htcondor")
    project.path("broken.root").write_bytes(b"not a ROOT file")
    project.append("config/samples.csv", "broken,na62_kpix_mumu,2018,data,simulated,broken.root\n")
    said, ran = submit(project, check=False)
    assert 1 in {job["status"] for job in ran}
    assert "broken.root" in said
    assert not project.path("results/searches/na62_kpix_mumu/windows.csv").exists()
