import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import darkaon
from darkaon.workflow.dependencies import (
    declared_slots,
    imported,
    interpreter_first,
    library,
    packages,
    pattern,
    slots,
)

ROOT = Path(__file__).parents[3]
SCRIPTS = sorted(p.stem for p in (ROOT / "scripts").glob("*.py"))


@pytest.fixture(autouse=True)
def at_root(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("script", SCRIPTS)
def test_library_is_what_python_imports(script):
    """The imports read from the text are at least those that happen."""
    code = (
        f"import sys; sys.path.insert(0, 'scripts'); import {script}\n"
        "print(*(m.__file__ for n, m in sys.modules.items() if n.startswith('darkaon') and m.__file__), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    imported = {str(Path(f).relative_to(ROOT)) for f in done.stdout.split() if not f.endswith("__init__.py")}
    assert imported <= set(library(script))


def test_packages_are_those_that_a_script_and_its_modules_import():
    drawing, gathering = packages("plot_figure"), packages("gather_limits")
    assert {"python", "numpy", "matplotlib", "pyyaml"} <= drawing.keys()
    assert gathering.keys() == {"python", "numpy"}  # darkaon itself: by its files


def test_package_files_are_empty():
    """An import of a package must not import what a rule does not see."""
    for file in (ROOT / "scripts/darkaon").rglob("__init__.py"):
        assert file.parent.name == "darkaon" or file.read_text() == "", file


def test_nothing_that_makes_results_needs_the_lazy_names():
    """Rerun lists do not follow `darkaon/__init__.py`: it may load nothing."""
    init = ROOT / "scripts/darkaon/__init__.py"
    assert not [name for name in imported(init) if name.startswith("darkaon")]
    lazy = {f"darkaon.{name}" for name in darkaon.__all__}
    for file in (ROOT / "scripts").rglob("*.py"):
        assert not imported(file) & {"darkaon", *lazy}, file


def test_no_lazy_name_is_a_module():
    """The import of a module of that name would replace it."""
    modules = {path.stem for path in (ROOT / "scripts/darkaon").iterdir()}
    assert not modules & set(darkaon.__all__)


def test_modules_loaded_by_name_are_followed():
    files = library("exclude", "darkaon.models.dark_photon")
    assert "scripts/darkaon/models/dark_photon.py" in files
    assert "scripts/darkaon/models/rates.py" in files


def test_models_know_nothing_of_statistics_and_nobody_knows_scripts():
    for file in (ROOT / "scripts/darkaon").rglob("*.py"):
        text = file.read_text()
        if file.parent.name == "models":
            assert "darkaon.statistics" not in text, file
            assert "darkaon.simulation" not in text, file
        if file.parent.name == "statistics":
            assert "darkaon.models" not in text, file
        for script in SCRIPTS:
            assert script not in imported(file), file


def test_slots_are_the_declared_ones_as_json(tmp_path):
    assert "window" in declared_slots("make_windows")
    path = tmp_path / "x.yaml"
    path.write_text("window: {kind: symmetric}\nstatistics: {level: 0.9}\n")
    assert slots(path, "make_windows") == '{"window": {"kind": "symmetric"}}'
    assert slots(path, "compute_limits") == '{"statistics": {"level": 0.9}}'
    assert slots(path, "gather_limits") == "{}"


def test_a_pattern_of_nothing_matches_nothing():
    assert not re.fullmatch(pattern([]), "")
    assert re.fullmatch(pattern(["a", "b"]), "b")


def test_interpreter_comes_first(monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin")
    interpreter_first()
    interpreter_first()
    assert os.environ["PATH"].split(os.pathsep) == [str(Path(sys.executable).parent), "/usr/bin"]


def test_a_pattern_matches_its_names_alone():
    names = ["k+x", "k.x", "a"]
    assert [name for name in (*names, "kkx", "k-x", "kx") if re.fullmatch(pattern(names), name)] == names
