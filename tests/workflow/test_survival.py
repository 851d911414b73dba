"""Runs that are killed, with their jobs or Snakemake alone, and go on: the same bytes, and nothing left over."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uproot

from .conftest import ROOT, Checkout, small

pytestmark = pytest.mark.workflow
BIN = Path(sys.executable).parent
MAKE = ["make", "-o", "setup", f"BIN={BIN}", "CORES=2"]  # the environment is there already
SNAKEMAKE = [str(BIN / "snakemake"), "--cores", "2"]
IMPORTED = "results/searches/e949_kpix/published_limits.csv"
PARTIAL = "results/searches/e949_kpix/.published_limits.partial.csv"
PUBLISHED = "resources/published/e949_kpix_invisible_fine.csv"


def prepared(folder: Path) -> Checkout:
    project = small(folder)
    shutil.copy2(ROOT / "Makefile", folder)
    project.edit_yaml("config/config.yaml", toys=1000)
    return project


@pytest.fixture
def project(tmp_path: Path) -> Checkout:
    return prepared(tmp_path / "project")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a run makes that nobody kills, with the slices that it would remove."""
    project = prepared(tmp_path_factory.mktemp("undisturbed") / "project")
    project.snakemake("--notemp")
    return {name: content(project, name) for name in names(project)}


def names(project: Checkout) -> set[str]:
    """Every file of the results but the logs, the two locks and the plan of the run."""
    folder = project.path("results")
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {name for name in found if not name.startswith("logs/")} - {".run.lock", ".jobs.lock", ".plan.json"}


def content(project: Checkout, name: str) -> bytes:
    """The bytes of a file; of a ROOT file, which is never twice the same, those of its arrays."""
    path = project.path("results") / name
    if path.suffix != ".root":
        return path.read_bytes()
    with uproot.open(path) as file:
        trees = [file[key].arrays(library="np") for key in file.keys(cycle=False, filter_classname="TTree")]
        return b"".join(array.tobytes() for tree in trees for array in tree.values())


@contextmanager
def started(project: Checkout, command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A run in a process group of its own, killed at the end if it is still there; what it says is in `said`."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "SNAKEMAKE", "MAKE"))}
    with project.path("said").open("w") as said:
        process = subprocess.Popen(
            command, cwd=project.folder, stdout=said, stderr=said, env=environment, start_new_session=True
        )
    try:
        yield process
    finally:
        kill(process, alone=False)


def kill(process: subprocess.Popen[str], *, alone: bool) -> None:
    """SIGKILL of the first process alone, or of all that it started as well."""
    if process.poll() is None:
        (os.kill if alone else os.killpg)(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(process: subprocess.Popen[str], reached: Callable[[], bool]) -> None:
    while not reached():
        assert process.poll() is None, "the run ended before it was to be killed"
        time.sleep(0.005)


@pytest.mark.survival
@pytest.mark.parametrize("seed", range(4))
def test_five_kills_and_the_bytes_of_an_undisturbed_run(project, undisturbed, seed):
    """Five moments spread over the run: at so many files, and up to 0.3 s more; Snakemake alone in some."""
    rng = random.Random(seed)
    final = {name for name in undisturbed if "/slices/" not in name}
    for share in sorted(rng.uniform(0, 0.8) for _ in range(5)):
        alone = rng.random() < 0.4
        with started(project, SNAKEMAKE if alone else MAKE) as process:
            wait_until(process, lambda: len(final & names(project)) >= share * len(final))  # noqa: B023
            time.sleep(rng.uniform(0, 0.3))
            assert process.poll() is None, "the run ended before it was to be killed"
            kill(process, alone=alone)
        print(f"\nkilled at {len(final & names(project))} of {len(final)} files", "(Snakemake alone)" * alone, end="")
        found = [name for name in names(project) if not Path(name).name.startswith(".")]
        assert [name for name in found if content(project, name) != undisturbed[name]] == []
    with started(project, MAKE) as process:
        assert process.wait(600) == 0, project.path("said").read_text()
    assert names(project) == final
    assert [name for name in final if content(project, name) != undisturbed[name]] == []
    assert project.jobs() == set()
    print("\ngone on: the same bytes")


@pytest.fixture
def held(project: Checkout) -> Iterator[Checkout]:
    """The imported table is written, but renamed only when a file `go` is there."""
    path = project.path("scripts/darkaon/tables/table.py")
    wait = f"while str(path) == '{IMPORTED}' and not Path('go').exists():\n            __import__('time').sleep(0.02)"
    text = path.read_text().replace("        temporary.replace(", f"        {wait}\n        temporary.replace(")
    assert wait in text
    path.write_text(text)
    yield project
    project.path("go").touch()  # jobs that a failed test left end, too


@pytest.mark.parametrize("alone", [True, False])
def test_killed_before_the_renaming_and_the_input_changed_since(held, alone):
    """A job that lives on may neither mix its bytes with the new ones nor be the last to write."""
    command = [*SNAKEMAKE, IMPORTED]
    with started(held, command) as process:
        wait_until(process, held.path(PARTIAL).exists)
        kill(process, alone=alone)
    assert not held.path(IMPORTED).exists()
    table = held.path(PUBLISHED)
    table.write_text(table.read_text().replace("inf,0,", "inf,0,1", 1))
    with started(held, command) as process:
        if alone:
            wait_until(process, lambda: "waiting for the last jobs" in held.path("said").read_text())
        held.path("go").touch()
        assert process.wait(60) == 0
    assert not held.path(PARTIAL).exists()
    direct = (
        "scripts/import_published.py --search config/searches/e949_kpix.yaml --name e949_kpix --output direct.csv"
    )
    subprocess.run([sys.executable, *direct.split()], cwd=held.folder, check=True, stdout=subprocess.DEVNULL)
    assert held.path(IMPORTED).read_bytes() == held.path("direct.csv").read_bytes()


def test_two_runs_at_a_time(held):
    with started(held, [*SNAKEMAKE, IMPORTED]) as process:
        wait_until(process, held.path(PARTIAL).exists)
        other = held.snakemake(IMPORTED, check=False)
        held.snakemake("--config", "results=apart", "--", IMPORTED.replace("results", "apart"))
        held.path("go").touch()
        assert process.wait(60) == 0
    assert other.returncode != 0
    assert "results: another Snakemake is writing here" in other.stderr
    assert "Traceback" not in other.stderr
    assert held.path(IMPORTED).read_bytes() == held.path(IMPORTED.replace("results", "apart")).read_bytes()
