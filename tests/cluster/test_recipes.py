"""Container, conda and REANA: the lock and no pins of their own, and all that a run needs."""

import re

import yaml

from ..workflow.conftest import PARTS, ROOT

NEEDED = set(PARTS)


def test_conda_installs_the_lock():
    recipe = yaml.safe_load((ROOT / "envs/environment.yaml").read_text())
    *programs, pip = recipe["dependencies"]
    assert [program.split("=")[0] for program in programs] == ["python", "pip"]
    assert pip == {"pip": ["--requirement requirements.lock"]}  # beside the recipe, where conda runs pip


def test_the_container_installs_the_lock_and_has_all_parts():
    recipe = (ROOT / "envs/Containerfile").read_text()
    assert "pip install --no-cache-dir --require-hashes -r envs/requirements.lock" in recipe
    copied = dict(re.findall(r"^COPY (\S+) (\S+)$", recipe, re.MULTILINE))
    assert set(copied) == NEEDED
    assert all(target in (part, "./") for part, target in copied.items())


def test_reana_takes_all_parts_along():
    inputs = yaml.safe_load((ROOT / "reana.yaml").read_text())["inputs"]
    assert {*inputs["files"], *inputs["directories"]} == NEEDED
