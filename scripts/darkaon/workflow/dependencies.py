"""What a script is made of: its modules, its packages, the slots of a search that it reads; all found in its text."""

from __future__ import annotations

import ast
import json
import os
import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from darkaon.config.search import read_search
from darkaon.config.slots.events import plain_expressions
from darkaon.paths import PACKAGE, programs
from darkaon.workflow.environment import MODULES, versions

SCRIPTS = programs()
BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")  # of statements that hold others


def interpreter_first() -> None:
    """Make plain `python` in a job the interpreter that runs Snakemake, whatever shell started it."""
    folder = str(Path(sys.executable).parent)
    if os.environ.get("PATH", "").split(os.pathsep)[0] != folder:
        os.environ["PATH"] = os.pathsep.join([folder, os.environ.get("PATH", "")])


@cache
def imported(module: Path) -> frozenset[str]:
    """The names of all modules that a file imports, read from its text."""
    names: set[str] = set()
    todo: list[ast.AST] = [ast.parse(module.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            continue  # not imported when a job runs
        todo += (inner for field in BLOCKS for inner in getattr(node, field, ()))
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(names)


def module_file(name: str) -> Path:
    """The file of a module such as 'darkaon.models.alp'."""
    return PACKAGE.parent.joinpath(*name.split(".")).with_suffix(".py")


@cache
def _imports(module: Path) -> frozenset[Path]:
    """The files of the darkaon modules that a file imports."""
    names = imported(module)
    files = (module_file(name) for name in names if name.startswith("darkaon"))
    return frozenset(file for file in files if file.is_file())


def library(script: str, *modules: str) -> list[str]:
    """The darkaon modules that a script imports, directly or through others, and `modules` that it loads by name."""
    found: set[Path] = set()
    todo = [SCRIPTS / f"{script}.py", *map(module_file, modules)]
    extra = set(todo[1:])
    while todo:
        for file in _imports(todo.pop()) - found:
            found.add(file)
            todo.append(file)
    return sorted(near(file) for file in found | extra)


def packages(script: str) -> dict[str, str]:
    """Versions of Python and the packages that a script and its modules import.

    As a param they make its rule run again in another environment: every result was then made with the versions that
    stand in provenance.json.
    """
    files = [SCRIPTS / f"{script}.py", *map(Path, library(script))]
    names = {name.partition(".")[0] for file in files for name in imported(file)}
    names -= {"darkaon"}  # its own changes are those of its files
    return {name: own for name, own in versions().items() if name == "python" or MODULES.get(name, name) in names}


def code_files() -> dict[str, Path]:
    """Every file of scripts and library, by the name that it has in a checkout's `scripts`."""
    scripts = {file.name: file for file in SCRIPTS.glob("*.py")}
    modules = (file for file in PACKAGE.rglob("*") if file.suffix in (".py", ".html", ".js", ".css"))
    own = (file for file in modules if file.relative_to(PACKAGE).parts[0] not in ("data", "programs"))
    return scripts | {f"darkaon/{file.relative_to(PACKAGE).as_posix()}": file for file in own}


def near(path: Path) -> str:
    """A path as it is written from here, if it lies below: a moved checkout is then still the same inputs."""
    here = Path.cwd()  # already without links
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def script_path(name: str) -> str:
    """The script of a rule, to be run as `python {input.script}`."""
    return near(SCRIPTS / f"{name}.py")


@cache
def declared_slots(script: str) -> tuple[str, ...]:
    """The slots of a search's YAML that a script reads: its SLOTS, read from its text."""
    for node in ast.parse((SCRIPTS / f"{script}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "SLOTS" for t in node.targets):
            return tuple(ast.literal_eval(node.value))
    return ()


@cache
def content_of(path: str) -> dict[str, Any]:
    """A search's YAML, read once for all its jobs; forgotten when a `Project` is made."""
    return read_search(path)


def slots(path: str | Path, script: str) -> str:
    """The slots that `script` reads from the YAML at `path`, as JSON: the param that makes its rule rerun."""
    content = content_of(str(path))
    if "events" in content:
        content = content | {"events": plain_expressions(content["events"])}
    return json.dumps({s: content[s] for s in declared_slots(script) if s in content}, sort_keys=True, default=str)


def pattern(names: Iterable[str]) -> str:
    """A wildcard constraint that matches these names and nothing else; nothing at all, if there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"
