"""A whole project on a small configuration, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "scripts", "workflow", "config", "resources", "profiles", "envs")
SEARCH = "config/searches/na62_kpix_mumu.yaml"


class Checkout:
    """A copy of the project in which things may be changed and Snakemake run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        return self.folder / name

    def edit_yaml(self, name: str, **changes: object) -> None:
        content = yaml.safe_load(self.path(name).read_text())
        for key, value in changes.items():
            *parents, last = key.split("__")
            place = content
            for part in parents:
                place = place[part]
            place[last] = value
        self.path(name).write_text(yaml.safe_dump(content))

    def append(self, name: str, text: str) -> None:
        with self.path(name).open("a") as stream:
            stream.write(text)

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "snakemake"), "--cores", "2", *arguments]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "SNAKEMAKE"))}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # each job would compile the library again
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, env=environment, timeout=600, check=False
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def jobs(self, *arguments: str) -> set[str]:
        """The jobs that a dry run would do, as 'rule' or 'rule wildcards', without those that only collect."""
        listed = self.snakemake("--dry-run", *arguments).stdout.partition("Job stats:")[0]
        found = {line.partition(": ")[0] for line in listed.splitlines() if ": " in line}
        return {job for job in found if job not in ("all", "figures")}


def copy(source: Path, target: Path) -> Checkout:
    for part in PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, target / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / part, target / part)
    return Checkout(target)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A small configuration, nothing made yet."""
    return small(tmp_path / "project")


def small(folder: Path) -> Checkout:
    project = copy(ROOT, folder)
    project.edit_yaml(
        SEARCH,
        simulation__decays__pi_mumu__value=4000,
        simulation__signal__decays=4000,
        masses__count=24,
        background__half_width_sigma=12.0,
    )
    figures = project.path("config/figures.yaml")
    content = yaml.safe_load(figures.read_text())
    content["figures"] = {name: content["figures"][name] for name in ("fig6a", "fig9d")}
    figures.write_text(yaml.safe_dump(content))
    project.edit_yaml("config/config.yaml", searches=["na62_kpix_mumu", "e949_kpix"], models=["bc2", "bc4"], chunks=2)
    return project


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """The small configuration after a full run; not to be changed."""
    project = small(tmp_path_factory.mktemp("finished") / "project")
    project.snakemake()
    return project


@pytest.fixture
def done(finished: Checkout, tmp_path: Path) -> Checkout:
    """A copy of the finished project, to be changed."""
    shutil.copytree(finished.folder, tmp_path / "project", symlinks=True)
    return Checkout(tmp_path / "project")
