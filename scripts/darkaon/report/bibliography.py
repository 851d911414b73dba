"""The bibliography: entries of resources/references.bib as they stand there, and as a list to be read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from darkaon.paths import find
from darkaon.report.greek import plain_tex

BIBLIOGRAPHY = "resources/references.bib"


@cache
def entries(path: str = BIBLIOGRAPHY) -> dict[str, str]:
    """Key -> entry, as it stands in a BibTeX file whose entries end with a brace on a line of its own."""
    text = find(path).read_text(encoding="utf-8")
    found = re.findall(r"^@\w+\{([^,]+),\n.*?^\}$", text, re.MULTILINE | re.DOTALL)
    whole = re.findall(r"^@\w+\{[^,]+,\n.*?^\}$", text, re.MULTILINE | re.DOTALL)
    return dict(zip(found, whole, strict=True))


def entry(key: str, path: str = BIBLIOGRAPHY) -> str:
    """The entry of a key; for an arXiv number that the file does not have, one that says so."""
    unknown = (
        f"@misc{{{key},\n  eprint = {{{key}}},\n  archivePrefix = {{arXiv}},\n"
        "  note = {only the number is known here},\n}"
    )
    return entries(path).get(key, unknown)


def bibtex(keys: Iterable[str], path: str = BIBLIOGRAPHY) -> str:
    """The entries of some keys, sorted, verbatim."""
    return "\n".join(f"{entry(key, path)}\n" for key in sorted(set(keys)))


def fields(text: str) -> dict[str, str]:
    """The fields of an entry: name -> text without the outer braces."""
    pairs = re.findall(r"^\s*(\w+) = \{(.*)\},?$", text, re.MULTILINE)
    return {name: value.removeprefix("{").removesuffix("}") if name == "author" else value for name, value in pairs}


def readable(key: str, path: str = BIBLIOGRAPHY) -> str:
    """An entry in one line of plain text: authors, title, journal, arXiv number, and what is not known of it."""
    found = fields(entry(key, path))
    journal = " ".join(found[part] for part in ("journal", "volume") if part in found)
    where = f"{journal} ({found['year']}) {found.get('pages', '')}".rstrip() if journal else ""
    authors = found.get("author", "").replace(" and others", " et al.").replace(" and ", ", ")
    parts = [authors, plain_tex(found.get("title", "")), where, f"arXiv:{key}"]
    note = found.get("note", "")
    return ", ".join(part for part in parts if part) + (f" ({note})" if note.startswith("only") else "")
