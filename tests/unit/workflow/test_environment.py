import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from darkaon.version import VERSION
from darkaon.workflow.dependencies import imported, library
from darkaon.workflow.environment import MODULES, OPTIONAL, PACKAGES, versions

ROOT = Path(__file__).parents[3]
NOT_FROM_OUTSIDE = {"darkaon", *sys.stdlib_module_names, *(file.stem for file in (ROOT / "scripts").glob("*.py"))}


def test_every_package_that_makes_results_has_its_version(monkeypatch):
    monkeypatch.chdir(ROOT)
    scripts = [file for file in (ROOT / "scripts").glob("*.py") if not file.stem.startswith("benchmark_")]
    files = {Path(module).resolve() for script in scripts for module in library(script.stem)} | {*scripts}
    found = {name.partition(".")[0] for file in files for name in imported(file)} - NOT_FROM_OUTSIDE
    assert found >= set(OPTIONAL)
    found -= set(OPTIONAL)
    assert {MODULES.get(name, name) for name in PACKAGES} == found | {"snakemake"}
    distributions = packages_distributions()
    assert {distributions[name][0].lower() for name in found | {"snakemake"}} == set(PACKAGES)


def test_the_version_is_the_one_that_is_cited():
    cited = re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert versions()["darkaon"] == VERSION == cited[1]
