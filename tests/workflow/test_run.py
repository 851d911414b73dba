"""Whole runs: what is made, and what a fault leaves."""

import os
import pty
import re
import shutil
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest

from .conftest import SEARCH

pytestmark = pytest.mark.workflow
SEARCH_RESULTS = "results/searches/na62_kpix_mumu"


def tables(project):
    folder = project.path("results")
    kinds = (".csv", ".json", ".npy", ".pdf", ".png")
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("[!.]*") if p.suffix in kinds}


def test_everything_is_made_and_labelled(finished):
    made = tables(finished)
    for name in ("windows", "event_limits", "acceptance", "branching_limits", "comparison"):
        assert b"label: simulated" in made[f"searches/na62_kpix_mumu/{name}.csv"][:200]
    assert b"label: published" in made["searches/e949_kpix/published_limits.csv"]
    assert b"simulated,observed" in made["models/bc4/exclusion.csv"]
    assert b"published,observed" in made["models/bc4/exclusion.csv"]
    assert not [name for name in made if "partial" in name or "slices" in name]
    assert str(finished.folder).encode() not in b"".join(made.values())


def test_every_log_says_what_was_made(finished):
    logs = {str(p.relative_to(finished.folder)): p.read_text() for p in finished.path("results/logs").rglob("*.log")}
    assert len(logs) > 20
    for name, text in logs.items():
        assert re.search(r"\d|\w+: ", text), name
        assert "arning" not in text and "Traceback" not in text, name


def test_bytes_do_not_depend_on_chunks_and_cores(finished, checkout):
    checkout.snakemake("--cores", "1", "--config", "chunks=7")
    assert tables(checkout) == tables(finished)


def test_one_search_by_name_and_apart(done):
    done.snakemake("--config", "searches=[na62_kpix_mumu]", "results=elsewhere", "--", "na62_kpix_mumu")
    apart = done.path("elsewhere/searches/na62_kpix_mumu/event_limits.csv")
    assert apart.read_bytes() == done.path(f"{SEARCH_RESULTS}/event_limits.csv").read_bytes()
    assert not done.path("elsewhere/models").exists()


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("config/config.yaml", {"searches": ["na62_kpix_mumo"]}, "searches: 'na62_kpix_mumo' has no file"),
        ("config/config.yaml", {"sed": 1}, "config/config.yaml: sed: unknown key; did you mean 'seed'"),
        (SEARCH, {"window__kind": "symetric"}, f"{SEARCH}: window.kind: 'symetric' is none of"),
        (SEARCH, {"resolution__path": "nowhere.csv"}, "there is no file nowhere.csv"),
        ("config/models/bc4.yaml", {"family": "dark_scaler"}, "family"),
    ],
)
def test_a_fault_of_the_configuration_is_one_sentence(checkout, file, change, message):
    checkout.edit_yaml(file, **change)
    failed = checkout.snakemake(check=False)
    assert failed.returncode != 0
    assert message in failed.stderr
    assert "Traceback" not in failed.stderr
    assert "SystemExit" not in failed.stderr
    assert not checkout.path("results").exists()


def test_a_broken_file_is_named_and_the_others_are_kept(done):
    broken = done.path("broken.root")
    shutil.copy(done.path("results/simulated/na62_kpix_mumu_2018.root"), broken)
    with broken.open("r+b") as stream:
        stream.truncate(broken.stat().st_size // 2)
    samples = done.path("config/samples.csv")
    good = "good,na62_kpix_mumu,2018,data,simulated,results/simulated/na62_kpix_mumu_2017.root\n"
    samples.write_text(samples.read_text() + "extra,na62_kpix_mumu,2018,data,simulated,broken.root\n" + good)
    failed = done.snakemake(check=False)
    assert failed.returncode != 0
    *rest, header, sentence, log = failed.stderr.rstrip().splitlines()
    assert re.fullmatch(r"1 of \d+ jobs failed, 1 done, their results kept:", header)
    assert sentence.startswith("select_events.py: error: broken.root: the ROOT file is cut short")
    assert log == "    (log: results/logs/select_events/na62_kpix_mumu.extra.log)"
    assert len(rest) < 8, failed.stderr  # no wall: how many jobs, which is done, which failed
    (full,) = sorted(done.path(".snakemake/log").iterdir())[-1:]
    assert "Error in rule select_events" in full.read_text()
    for name in ("na62_kpix_mumu_2017", "na62_kpix_mumu_2018", "good"):
        assert done.path(f"{SEARCH_RESULTS}/candidates/{name}.npy").exists()
    assert not list(done.path("results").rglob("*extra*.npy")) + list(done.path("results").rglob("*partial*"))


def test_a_job_that_is_killed_and_one_that_falls_over_are_named(done):
    killed = done.path("scripts/compare_published.py")
    killed.write_text("import os\nos.kill(os.getpid(), 9)\n")
    done.path("scripts/exclude.py").write_text("{}['no such key']\n")
    failed = done.snakemake(check=False)
    assert failed.returncode != 0
    told = failed.stderr[failed.stderr.index("jobs failed") :]
    name, log = "compare_published na62_kpix_mumu", "results/logs/compare_published/na62_kpix_mumu.log"
    assert f"{name}: killed (SIGKILL): out of memory, or stopped from outside\n    (log: {log})" in told
    assert "exclude bc4: KeyError: 'no such key'\n    (log: results/logs/exclude/bc4.log)" in told
    assert "Traceback" not in failed.stderr


def test_one_live_line_on_a_terminal(done):
    """A run in a terminal of 100 columns, as `script` would show it."""
    done.append("resources/published/e949_kpix_invisible_fine.csv", "# a remark\n")
    process, terminal = pty.fork()
    if process == 0:
        termios.tcsetwinsize(0, (24, 100))
        os.chdir(done.folder)
        os.execv(Path(sys.executable).parent / "snakemake", ["snakemake", "--cores", "1", "e949_kpix"])
    shown = b""
    with suppress(OSError):  # how Linux tells that the other end is closed
        while text := os.read(terminal, 4096):
            shown += text
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    live = [line.rstrip() for line in shown.decode().replace("\n", "\r").split("\r") if " jobs |" in line]
    assert live[0].startswith("0/2 jobs |")
    assert any(line.endswith("left, import_published e949_kpix") for line in live)
    assert live[-1].startswith("2/2 jobs |")
    assert max(map(len, live)) <= 100
    assert shown.count(b"\n") == 2  # the profile's line, which Snakemake prints itself, and the live one


def test_a_mass_range_outside_the_spectrum(done):
    done.edit_yaml(SEARCH, background__spectrum=[230.0, 354.0])
    failed = done.snakemake(check=False)
    assert failed.returncode != 0
    assert "leaves the spectrum 230 to 354; change masses, or background.spectrum" in failed.stderr
    assert not done.path(f"{SEARCH_RESULTS}/windows.csv").exists()


def test_a_published_table_at_fault(done):
    path = done.path("resources/published/e949_kpix_invisible_fine.csv")
    path.write_text(path.read_text() + "inf,500,-1e-11\n")
    failed = done.snakemake(check=False)
    assert failed.returncode != 0
    assert "upper_limit is -1e-11: must be above 0; correct the row or remove it" in failed.stderr
