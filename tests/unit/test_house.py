"""The rooms of scripts/darkaon: what the contract of import-linter (`make lint`) cannot see."""

import ast
import doctest
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

from darkaon.config import figures
from darkaon.models import loading
from darkaon.workflow.dependencies import imported

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "scripts" / "darkaon"
MODULES = sorted(path for path in LIBRARY.rglob("*.py") if path.name != "__init__.py")
PROGRAMS = sorted((ROOT / "scripts").glob("*.py"))
SAME_NAME = {  # file name -> why it stands in several rooms
    "acceptance": "a slot, and what it is made into",
    "checks": "of arguments of the statistics, and of the files of config/",
    "combination": "windows combined in the signal, and in the coupling",
    "comparison": "of limits with published ones, and of regions with those of others",
    "counts": "a slot, and its windows",
    "headlines": "a slot, and their comparison",
    "lifetime": "a slot, the law of a search, the law between tabulated lifetimes, and a plot",
    "limits": "limits on events, limits on the branching ratio, and a plot",
    "masses": "a slot, and the columns of tables",
    "normalisation": "a slot, and what it is made into",
    "project": "what the Snakefile asks, and a folder of the user's own",
    "published": "a slot, and its tables",
    "references": "check values of statistics, and papers",
    "samples": "the list of event files, and simulated ones",
    "sources": "readers of event files, and what a run is made of",
    "spectrum": "a simulated one, and a plot",
    "windows": "a slot, and a plot",
}


def modules_by_name():
    """Modules that are loaded by name: kinds of figures, families of models."""
    kinds = [get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(get_args(figures.Figure)[0])]
    return [*(f"plots.{kind}" for kind in kinds), *(f"models.{family}" for family in loading.FAMILIES)]


def contracts():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def test_few_modules_lie_outside_the_rooms():
    assert len([path for path in LIBRARY.glob("*.py") if path.name != "__init__.py"]) <= 8


def test_file_names_that_occur_twice_have_a_reason():
    counts = Counter(path.stem for path in MODULES)
    assert {name for name, count in counts.items() if count > 1} == SAME_NAME.keys()


@pytest.mark.parametrize("path", [*MODULES, *PROGRAMS], ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_are_short(path):
    text = path.read_text()
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            said = node.body[0].end_lineno if ast.get_docstring(node) else node.lineno
            assert node.end_lineno - said < 70, node.name


def test_contributing_names_what_exists():
    """Every path in it is one of the repository, of scripts/ or of the library; results are made, not kept."""
    words = set(re.findall(r"`([\w./]+)`", (ROOT / "CONTRIBUTING.md").read_text()))
    paths = {word for word in words if "/" in word}
    assert len(paths) > 20
    assert not [p for p in paths if not any(list(at.glob(f"{p.rstrip('/')}*")) for at in (ROOT, LIBRARY))]


def test_files_are_opened_where_contributing_says():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    told = re.findall(r"`([\w/]+)`", re.search(r"files are opened in (.*?) alone", text, re.DOTALL)[1])
    opened = re.compile(r"\bopen\(|\b(read|write)_(text|bytes)\(|\bnp\.(load|save)\w*\(|\.i?glob\(|\.is_file\(")
    places = {path.relative_to(LIBRARY).with_suffix("") for path in MODULES if opened.search(path.read_text())}
    inside = {place for place in places if len(place.parts) > 1}
    assert not [str(p) for p in inside if not {p.parts[0], "/".join(p.parts[:2])} & set(told)]
    assert not [name for name in told if not any(str(p).startswith(f"{name}/") or str(p) == name for p in inside)]


def test_the_picture_of_the_rooms_is_the_contract():
    """CONTRIBUTING.md draws the layers from top to bottom; each row holds the rooms of one."""
    drawn = re.search(r"```mermaid\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)[1]
    rows = re.findall(r"L\d+\[(.*?)\]", drawn)
    layers = next(contract["layers"] for contract in contracts() if contract["type"] == "layers")
    assert [row.strip('"').split(" | ") for row in rows] == [layer.split(" | ") for layer in layers]
    assert drawn.count("-->") == len(layers) - 1


@pytest.mark.parametrize("name", modules_by_name())
def test_what_is_loaded_by_name_is_in_its_room(name):
    """import-linter does not see these imports; nobody but their loader may name them across rooms."""
    import_module(f"darkaon.{name}")
    room = name.partition(".")[0]
    for path in MODULES:
        if path.relative_to(LIBRARY).parts[0] != room and f"darkaon.{name}" in imported(path):
            assert path.relative_to(LIBRARY).parts[0] in ("simulation", "sensitivity", "interface"), path


def test_examples_in_docstrings_hold():
    with_examples = [path for path in MODULES if ">>> " in path.read_text()]
    assert with_examples
    for path in with_examples:
        module = import_module(".".join(("darkaon", *path.relative_to(LIBRARY).with_suffix("").parts)))
        tried = doctest.testmod(module)
        assert tried.attempted and not tried.failed, path


@pytest.mark.parametrize(
    "module", ["limit", "compute_limits", "convert_limits", "count_windows", "make_windows", "darkaon.plots.windows"]
)
def test_what_takes_longer_to_import_than_a_job_is_imported_where_it_is_used(module):
    """scipy.optimize and scipy.stats take a second, most jobs less."""
    command = f"import sys, {module}; print(*{{'scipy.optimize', 'scipy.stats', 'pandas'}} & sys.modules.keys())"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    done = subprocess.run(
        [sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
