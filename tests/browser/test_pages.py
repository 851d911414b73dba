"""The pages beside the explorer in a real browser: what axe finds, their width on a phone, columns that sort."""

import pytest

import collect_references
import compare_headlines
import compare_published
import write_summary
from darkaon.paths import root
from darkaon.report.pages import render

from .conftest import MODELS
from .test_explorer import violations

OWN, OTHERS = "na62_pi0_invisible", ("e949_kpix", "na482_kpix_mumu")


@pytest.fixture(scope="module")
def pages(folder):
    """Summary and references of the small run, and a page of validation."""
    results, tables = folder
    models = [f"{name}={results}/models/{name}/exclusion.csv" for name in MODELS]
    common = ["--folder", str(results / "searches"), "--models", *models]
    searches = ["--searches", *(str(root() / f"config/searches/{name}.yaml") for name in (OWN, *OTHERS))]
    headlines = str(results / "headlines.csv")
    compare_headlines.main(["--searches", searches[1], *common, "--output", headlines])
    own = results / "searches" / OWN
    compared = {"own": "branching_limits", "acceptance": "acceptance", "published": "published_limits"}
    tables_of = [word for name, table in compared.items() for word in (f"--{name}", f"{own}/{table}.csv")]
    compare_published.main([*tables_of, "--output", f"{own}/comparison.csv"])
    write_summary.main([*searches, *common, "--headlines", headlines, "--explorer", "--references",
                        "--table", f"{results}/summary.csv", "--page", f"{results}/summary.html"])  # fmt: skip
    paths = [text.partition("=")[2] for text in (*tables, *models)]
    collect_references.main(["--results", *paths, "--bib", f"{results}/references.bib",
                             "--page", f"{results}/references.html"])  # fmt: skip
    wide = {"names": [f"column_{i}" for i in range(30)], "rows": [[float(i) for i in range(30)]]}
    section = {"name": "some_table", "path": "some_table.csv", "text": "What it shows.", "verdict": "", "picture": ""}
    sections = [section | {"table": wide}, section | {"name": "another", "table": None}]
    parts = [{"name": "engine", "title": "Limit engine", "sections": sections}]
    text = render("validation.html", parts=parts, version="1.0", newest="July 2025")
    (results / "validation.html").write_text(text, encoding="utf-8")
    return results


@pytest.mark.parametrize("name", ["summary", "references", "validation"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_and_a_phone_scrolls_only_downwards(start, pages, axe, name, dark):
    for mobile in (False, True):
        browser = start(400 if mobile else 1440, 850, dark=dark, mobile=mobile)
        browser.get((pages / f"{name}.html").as_uri())
        assert violations(browser.execute_script, axe) == []
        assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")


def test_a_column_sorts_both_ways_with_empty_cells_last(start, pages):
    browser = start()
    browser.get((pages / "summary.html").as_uri())
    script = (
        "const head = document.querySelectorAll('th')[arguments[0]]; head.firstChild.click();"
        "return [head.ariaSort, document.querySelectorAll('[aria-sort]').length,"
        " [...document.querySelector('tbody').rows].map(row => row.id)]"
    )
    order = [OWN, *OTHERS]
    names = sorted(order)
    assert browser.execute_script(script, 0) == ["ascending", 1, names]
    assert browser.execute_script(script, 0) == ["descending", 1, names[::-1]]
    for way in ("ascending", "descending"):  # two searches have no expected limit
        assert browser.execute_script(script, 3)[:2] == [way, 1]
        assert browser.execute_script("return document.querySelector('tbody').rows[0].id") == OWN
    values = [
        [float(cell) for cell in browser.execute_script(
            "document.querySelectorAll('th')[5].firstChild.click();"
            "return [...document.querySelector('tbody').rows].map(row => row.cells[5].dataset.value)")]
        for _ in range(2)
    ]  # fmt: skip
    assert values[0] == sorted(values[0]) and values[1] == values[0][::-1] and len(set(values[0])) == 3
