"""A real browser, and the pages of a small run.

`apt-get install chromium chromium-driver` and the packages selenium and axe-playwright-python; without them these
tests skip, in CI (variable CI) that is an error.
"""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

import compute_limits
import convert_limits
import count_windows
import exclude
import import_published
import tabulate_model
import write_explorer
from darkaon.paths import root

SEARCHES = ("na62_kpix_invisible", "na62_kpix_mumu", "na62_pi0_invisible", "e949_kpix", "na482_kpix_mumu")
MODELS = ("bc2", "bc4", "bc4_inv")


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Tables of published limits and of one search with own ones, as in a run's results."""
    results = tmp_path_factory.mktemp("browser") / "results"
    tables = []
    for name in SEARCHES:
        search = ["--search", str(root() / f"config/searches/{name}.yaml")]
        table = results / "searches" / name / "published_limits.csv"
        import_published.main([*search, "--name", name, "--output", str(table)])
        tables.append(f"{name}={table}")
    own = results / "searches/na62_pi0_invisible"
    search = ["--search", str(root() / "config/searches/na62_pi0_invisible.yaml")]
    windows, acceptance = ["--windows", f"{own}/windows.csv"], ["--acceptance", f"{own}/acceptance.csv"]
    count_windows.main([*search, "--name", "na62_pi0_invisible", *windows, *acceptance])
    compute_limits.main([*search, *windows, *acceptance, "--output", f"{own}/event_limits.csv"])
    events = ["--event-limits", f"{own}/event_limits.csv"]
    convert_limits.main([*search, *events, *acceptance, "--output", f"{own}/branching_limits.csv"])
    tables.append(f"na62_pi0_invisible={own}/branching_limits.csv")
    for name in MODELS:
        model = results / "models" / name
        paths = [table.partition("=")[2] for table in tables]
        contours = ["--contours", f"{model}/contours.csv", "--output", f"{model}/exclusion.csv"]
        exclude.main(["--model", name, "--limits", *paths, "--theory", *contours])
        tabulate_model.main(["--model", name, "--output", f"{model}/predictions.csv"])
    return results, tables


def write(folder, output):
    results, tables = folder
    write_explorer.main(
        ["--planes", *(f"{name}={results}/models/{name}" for name in MODELS), "--limits", *tables,
         "--searches", *(str(root() / f"config/searches/{name}.yaml") for name in SEARCHES),
         "--figures", str(root() / "config/figures.yaml"), "--output", str(output)]
    )  # fmt: skip


@pytest.fixture(scope="session")
def page(folder) -> Path:
    output = folder[0] / "explorer.html"
    write(folder, output)
    return output


@pytest.fixture(scope="session")
def start(tmp_path_factory):
    """A function that opens a browser of some width."""
    missing = [what for what in ("chromium", "chromedriver") if not shutil.which(what)]
    missing += [what for what in ("selenium", "axe_playwright_python") if not find_spec(what)]
    if missing and os.environ.get("CI"):
        pytest.fail(f"{', '.join(missing)} is missing")
    if missing:
        pytest.skip(f"{', '.join(missing)} is missing")
    from selenium import webdriver

    opened = []

    def browser(width=1440, height=900, downloads="", dark=False, mobile=False):
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", f"--window-size={width},{height}"):
            options.add_argument(flag)
        if dark:
            options.add_argument("--force-dark-mode")
            options.add_argument("--blink-settings=preferredColorScheme=0")
        options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
        if mobile:
            metrics = {"width": width, "height": height, "pixelRatio": 2}
            options.add_experimental_option("mobileEmulation", {"deviceMetrics": metrics})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        opened.append(webdriver.Chrome(options=options, service=service))
        return opened[-1]

    yield browser
    for each in opened:
        each.quit()


@pytest.fixture(scope="session")
def axe():
    """The source of axe-core."""
    return (Path(find_spec("axe_playwright_python").origin).parent / "axe.min.js").read_text(encoding="utf-8")
