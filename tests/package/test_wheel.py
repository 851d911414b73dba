"""The wheel in empty environments outside the checkout, on every Python that is here; `make test-wheel`."""

import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
COMPILED = ("numpy", "scipy", "matplotlib", "contourpy", "awkward-cpp", "pydantic-core", "pillow", "kiwisolver")
UV = [sys.executable, "-m", "uv"]
pytestmark = pytest.mark.wheel


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def uv():
    found = subprocess.run([*UV, "--version"], capture_output=True, check=False).returncode == 0
    return UV if found else [str(Path(sys.executable).parent / "uv")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    for name in ("one", "two"):
        run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / name, cwd=ROOT)
    one, two = (next((folder / name).glob("*.whl")) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes() and one.stat().st_size < 2e6
    return one


def interpreters():
    listed = run(*uv(), "python", "list", "--only-installed", "--output-format", "json")
    found = {}
    for entry in json.loads(listed):
        version = ".".join(entry["version"].split(".")[:2])
        if entry["implementation"] == "cpython" and version in VERSIONS:
            found.setdefault(version, entry["path"])
    for path in sorted(Path.home().glob(".pyenv/versions/3.*/bin/python")):
        found.setdefault(".".join(path.parts[-3].split(".")[:2]), str(path))
    return {version: path for version, path in found.items() if version in VERSIONS}


def environment(folder, version, wheel, extra):
    python = interpreters().get(version)
    if not python:
        pytest.skip(f"no Python {version} here")
    run(*uv(), "venv", "--python", python, folder / "venv")
    run(*uv(), "pip", "install", "--python", folder / "venv/bin/python", f"darkaon[{extra}] @ {wheel.as_uri()}")
    return folder / "venv/bin"


def test_it_holds_all_programs_and_data(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    scripts = {path.name for path in (ROOT / "scripts").glob("*.py") if not path.name.startswith("benchmark_")}
    assert {f"darkaon/programs/{name}" for name in scripts} == {n for n in names if n.startswith("darkaon/programs/")}
    for folder in ("config", "resources", "workflow", "profiles"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert f"darkaon/data/{path.relative_to(ROOT)}" in names, path
    assert {"darkaon/py.typed", "darkaon/data/Snakefile", "darkaon/report/templates/explorer.js"} <= names


@pytest.mark.parametrize("version", VERSIONS)
def test_the_first_picture_and_the_numbers_of_the_checkout(version, wheel, tmp_path):
    """Nothing but the wheel: a picture is drawn, and tables have the bytes of the checkout's."""
    programs = environment(tmp_path, version, wheel, "plot,pandas")
    limits = ["--limits", "na62_kpix_invisible_2016_22"]
    done = run(programs / "darkaon", "plot", "--model", "bc4", *limits, cwd=tmp_path)
    assert "bc4.png" in done and (tmp_path / "bc4.png").stat().st_size > 20_000
    run(programs / "darkaon", "exclude", "--model", "bc4", *limits, "--output", "wheel.csv", cwd=tmp_path)
    run(sys.executable, ROOT / "scripts/exclude.py", "--model", "bc4", *limits, "--output", "own.csv", cwd=tmp_path)
    assert (tmp_path / "wheel.csv").read_bytes() == (tmp_path / "own.csv").read_bytes()
    code = (
        "import time; t = time.perf_counter(); import darkaon; print(time.perf_counter() - t);"
        "assert float(darkaon.upper_limit(1, 0.5, 0.1)) - 3.513943 < 1e-6;"
        "assert len(darkaon.exclude('bc4', 'na62_kpix_mumu_2017_18').to_pandas()) > 100"
    )
    seconds = min(float(run(programs / "python", "-c", code, cwd=tmp_path)) for _ in range(2))
    print(f"Python {version}: import darkaon {1e3 * seconds:.0f} ms")


def higher(wheel, folder, number, changes):
    """The wheel as that of a higher version, with texts of its modules replaced."""
    version = wheel.name.split("-")[1]
    path = folder / f"darkaon-{number}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(path, "w") as new:
        for item in old.infolist():
            content = old.read(item)
            name = item.filename.replace(f"darkaon-{version}", f"darkaon-{number}")
            if name.endswith("METADATA"):
                content = content.replace(f"Version: {version}\n".encode(), f"Version: {number}\n".encode())
            for text, other in changes.get(item.filename, {}).items():
                assert text in content
                content = content.replace(text, other)
            if not name.endswith("RECORD"):
                new.writestr(name, content)
        new.writestr(f"darkaon-{number}.dist-info/RECORD", "")
    return path


def jobs_after(programs, wheel, project):
    """The rules that a dry run would do with another wheel in place."""
    run(
        *uv(), "pip", "install", "--python", programs / "python", "--no-deps", "--reinstall-package", "darkaon", wheel
    )
    listed = run(programs / "darkaon", "run", "--dry-run", cwd=project).partition("Job stats:")[0]
    return {line.split(":")[0].split()[0] for line in listed.splitlines() if ": " in line and "=" not in line}


def test_a_project_outside_the_checkout(wheel, tmp_path):
    """`darkaon new my && cd my && darkaon run` ends with the figure.

    A higher version alone reruns what names it, and one with other code what is made with that.
    """
    programs = environment(tmp_path, "3.12" if "3.12" in interpreters() else "3.11", wheel, "workflow")
    run(programs / "darkaon", "new", "my", cwd=tmp_path)
    start = time.perf_counter()
    run(programs / "darkaon", "run", "--cores", "2", cwd=tmp_path / "my")
    print(f"darkaon run: {time.perf_counter() - start:.0f} s")
    assert (tmp_path / "my/results/figures/example.png").stat().st_size > 20_000
    version = {"darkaon/version.py": {b'VERSION = "': b'VERSION = "99.'}}
    alone = jobs_after(programs, higher(wheel, tmp_path, "99.0.0", version), tmp_path / "my")
    earlier = {"count_windows", "compute_limits", "convert_limits", "import_published"}
    assert {"write_summary"} <= alone and not alone & {*earlier, "exclude", "plot_figure"}, alone
    other = version | {"darkaon/exclusion/intervals.py": {b"from __future__": b"# other code\nfrom __future__"}}
    changed = jobs_after(programs, higher(wheel, tmp_path, "99.0.1", other), tmp_path / "my")
    assert {"exclude", "plot_figure"} <= changed and not changed & earlier, changed


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("lock", ["requirements", "docs"])
def test_a_lock_can_be_installed(version, lock, tmp_path):
    """Every compiled package of the lock has a wheel for this Python; all others resolve."""
    only = [word for name in COMPILED for word in ("--only-binary", name)]
    files = ["-r", ROOT / f"envs/{lock}.lock", "--require-hashes"]
    run(*uv(), "pip", "install", "--dry-run", "--python-version", version, "--target", tmp_path, *only, *files)
