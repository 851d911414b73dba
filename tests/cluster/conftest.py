"""The small analysis of the workflow tests, on a batch system and on this machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from ..workflow import conftest as workflow
from ..workflow.conftest import ROOT, Checkout

ON_NODES = {"simulate_events", "simulate_signal", "select_events", "compute_limits", "exclude"}
LOCAL = {"all", "gather_limits", "convert_limits", "compare_published", "plot_figure"}


def small(folder: Path) -> Checkout:
    """The small analysis, with few toys: their number changes nothing here."""
    project = workflow.small(folder)
    project.edit_yaml("config/config.yaml", toys=200)
    return project


def run(project: Checkout, *command: str, name: str, check: bool = True, **variables: str) -> str:
    """Run Snakemake with profiles/`name`, in the environment that `make name` sets up; gives what it says."""
    python = ROOT / f".venv-{name}" / "bin" / "python"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "SNAKEMAKE"))}
    done = subprocess.run(
        [str(python), *(command or ("-m", "snakemake")), "--profile", f"profiles/{name}"],
        cwd=project.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment | variables,
        timeout=900,
        check=False,
    )
    assert not check or done.returncode == 0, done.stdout
    return done.stdout


def tables(project: Checkout) -> dict[str, bytes]:
    """Every CSV, JSON and array of a run, but its plan, which tells what there was to do."""
    folder = project.path("results")
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".csv", ".json", ".npy") and path.name != ".plan.json"
    }


def same(one: dict[str, bytes], other: dict[str, bytes]) -> str:
    """Assert that two runs made the same files, and say how many."""
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
    kinds = [Path(name).suffix[1:] for name in one]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))


def check_rules(ran: Iterable[str]) -> None:
    """Assert that what takes time ran on the batch system, and what collects and draws did not."""
    rules = set(ran)
    assert rules >= ON_NODES
    assert not rules & LOCAL
