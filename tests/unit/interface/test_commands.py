"""The command `darkaon`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def darkaon(folder, *arguments, check=True):
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    done = subprocess.run(
        [sys.executable, "-m", "darkaon.interface.commands", *arguments], cwd=folder, env=environment,
        capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert not check or done.returncode == 0, done.stderr
    return done


def test_the_first_picture(tmp_path):
    done = darkaon(tmp_path, "plot", "--model", "bc4", "--limits", "na62_kpix_invisible_2016_22")
    assert done.stdout.startswith("bc4.png: BC4, dark scalar") and (tmp_path / "bc4.png").stat().st_size > 20_000


def test_commands_of_scripts(tmp_path):
    assert (
        "3.51394"
        in darkaon(tmp_path, "limit", "--observed", "1", "--background", "0.5", "--uncertainty", "0.1").stdout
    )
    limits = ["--limits", "na62_kpix_invisible_2016_22"]
    assert "from 4.13e-09 at 211.111 MeV" in darkaon(tmp_path, "exclude", "--model", "bc4", *limits).stdout
    assert "branching_ratio_per_coupling2" in darkaon(tmp_path, "tables", "--model", "bc4").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plott"], "darkaon: error: 'plott' is no command; did you mean 'plot'?; choose from limit, "),
        (["run"], "has no config/config.yaml; make a project by `darkaon new FOLDER`"),
        (["new", "."], "error: .: is there and not empty; name a folder that is not there"),
        (["plot", "--model", "bc44", "--limits", "x"], "did you mean 'bc4'"),
        (["references", "bc44.png"], "error: bc44.png: is not there"),
    ],
)
def test_a_fault_is_one_sentence(tmp_path, arguments, message):
    (tmp_path / "file").touch()
    done = darkaon(tmp_path, *arguments, check=False)
    assert done.returncode == 1 and message in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_a_profile_names_the_extra_that_it_needs(tmp_path):
    darkaon(tmp_path, "new", "my")
    done = darkaon(tmp_path / "my", "run", "--profile", "slurm", "--dry-run", check=False)
    assert "plugin_slurm is not installed; pip install 'darkaon[slurm]'" in done.stderr


@pytest.mark.parametrize("own", [False, True])
def test_a_profile_is_the_projects_own_or_comes_with_darkaon(tmp_path, monkeypatch, own):
    from darkaon.interface import commands

    folder = tmp_path if own else ROOT
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").touch()
    (folder / "profiles/slurm").mkdir(parents=True, exist_ok=True)
    started = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(commands, "find_spec", lambda name: name)
    monkeypatch.setattr(commands.os, "execv", lambda _, command: started.extend(command))
    commands.run_project(["--profile", "slurm"])
    assert Path(started[started.index("--profile") + 1]).resolve() == folder / "profiles/slurm"
    assert "--cores" not in started


def test_a_pipe_that_is_closed_is_no_fault(tmp_path):
    command = f"{sys.executable} -m darkaon.interface.commands tables --model bc4 | head -1"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "# format: darkaon table 1\n" and done.stderr == ""


def test_help_and_version(tmp_path):
    from darkaon.version import VERSION

    assert darkaon(tmp_path, "--version").stdout == f"darkaon {VERSION}\n"
    assert "darkaon new my" in darkaon(tmp_path).stdout
