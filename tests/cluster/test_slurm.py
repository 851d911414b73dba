"""The small analysis on a real SLURM of one node."""

import pytest

from .conftest import check_rules, run, same, small, tables
from .slurm import jobs, one_node

pytestmark = pytest.mark.cluster


def test_slurm_gives_the_bytes_of_a_local_run(tmp_path):
    local, remote = small(tmp_path / "local"), small(tmp_path / "slurm")
    with one_node() as folder:
        said = run(remote, name="slurm")
        ran = jobs()
        assert ran, said + (folder / "slurmctld.log").read_text()
    local.snakemake()
    print("\njobs that SLURM ran:")
    for number, state, comment in ran:
        print(f"  {number:>3} {state.lower()} {comment}")
    assert {state for _, state, _ in ran} == {"COMPLETED"}
    check_rules(comment.split("_wildcards")[0].removeprefix("rule_") for *_, comment in ran)
    print(f"the same bytes as the local run: {same(tables(remote), tables(local))}")
