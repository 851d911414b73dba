"""The papers behind a result: found in settings and headers, handed on, each with an entry."""

import re
import subprocess
from pathlib import Path

import pytest

from darkaon.report.bibliography import bibtex, entries, entry, fields, readable
from darkaon.tables import provenance
from darkaon.tables.references import NUMBER, merged, of_settings, of_table
from darkaon.tables.table import Table

ROOT = Path(__file__).parents[3]
SETTINGS = {
    "reference": {"arxiv": "2507.17286"},
    "references": ["hep-ph/9808289"],
    "efficiency": {"value": 1234.56789, "source": "arXiv:2209.05076, table 1; not 2001.12345"},
}


def test_numbers_in_settings():
    assert of_settings(SETTINGS) == {"2507.17286", "hep-ph/9808289", "2209.05076"}


def test_a_raw_table_names_papers_in_its_notes_and_ours_in_its_line():
    raw = Table({}, {"arxiv": "0903.0030", "source": "arXiv:2011.11329"}, ("as drawn in arXiv:2303.01521",))
    assert of_table(raw) == {"0903.0030", "2011.11329", "2303.01521"}
    ours = Table({}, {"made_by": "x", "references": "0903.0030, 2507.17286", "settings": "arXiv:2011.11329"})
    assert of_table(ours) == {"0903.0030", "2507.17286"}


def test_references_are_handed_on_like_statuses():
    first = provenance.header("one", label="published", settings=SETTINGS)
    second = provenance.header("two", label="published", tables=[Table({}, first)], papers=["2011.11329"])
    assert second["references"] == "2011.11329, 2209.05076, 2507.17286, hep-ph/9808289"
    assert "references" not in provenance.header("three", label="measured")
    assert merged({}, [], (), "arXiv:0903.0030") == ["0903.0030"]


def numbers_in_the_sources():
    """Every arXiv number in config, resources and scripts, but for the bibliography itself."""
    listed = subprocess.run(
        ["git", "ls-files", "config", "resources", "scripts"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    number = re.compile(rf"(?<![\w.]){NUMBER}(?![\w]|\.\d)")
    found = set()
    for name in listed:
        if name != "resources/references.bib" and (ROOT / name).is_file():
            text = (ROOT / name).read_text(encoding="utf-8")
            if name.endswith(".csv"):  # what a table holds are masses and limits
                text = "\n".join(line for line in text.splitlines() if line.startswith("#"))
            found |= set(number.findall(text))
    return found


def test_every_number_has_an_entry_and_no_entry_is_unused():
    assert numbers_in_the_sources() == set(entries(str(ROOT / "resources/references.bib")))


def test_entries_are_valid_bibtex_and_copied_verbatim():
    pybtex = pytest.importorskip("pybtex.database")
    path = ROOT / "resources/references.bib"
    parsed = pybtex.parse_file(path)
    assert list(parsed.entries) == list(entries(str(path))) == sorted(parsed.entries)
    for key, own in parsed.entries.items():
        assert own.fields["eprint"] == key and own.fields["note"].startswith(("cited: ", "only the number"))
        assert fields(entry(key, str(path)))["doi"] == f"10.48550/arXiv.{key}"
    text = bibtex(["2507.17286", "0903.0030"], str(path))
    assert text.index("0903.0030") < text.index("2507.17286") and entry("0903.0030", str(path)) in path.read_text()


def test_an_entry_to_be_read():
    path = str(ROOT / "resources/references.bib")
    assert readable("2209.05076", path) == (
        "NA62 collaboration, A measurement of the K⁺ →π⁺ μ⁺ μ⁻ decay, JHEP 11 (2022) 011, arXiv:2209.05076"
    )
    assert readable("1804.99999", path) == "arXiv:1804.99999 (only the number is known here)"


def test_the_notice_of_every_licence_stands_beside_the_tables():
    notices = (ROOT / "resources/LICENCES.md").read_text(encoding="utf-8")
    line = re.compile(
        r"^\| .*?(alpaca|foresee|neutrino|kaonphysics|alpinist|grendel).* \| (\S+) \| Copyright", re.I | re.M
    )
    holders = {name.lower(): licence for name, licence in line.findall(notices)}
    seen = set()
    for path in sorted((ROOT / "resources").rglob("*.csv")):
        header = "".join(line for line in path.read_text(encoding="utf-8").splitlines(True) if line.startswith("#"))
        licence = re.search(r"\b(MIT|BSD-3-Clause)\b", header)
        if licence:
            source = re.search("|".join(holders), header.partition("digitised")[2], re.IGNORECASE)
            assert source and holders[source[0].lower()] == licence[0], path
            seen.add(source[0].lower())
        else:
            assert "# licence: " in header or not {"published", "contours"} & set(path.parts), path
    assert seen == set(holders) and "Permission is hereby granted" in notices and "Neither the name" in notices
