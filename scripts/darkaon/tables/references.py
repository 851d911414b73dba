"""Which papers a result stands on: arXiv numbers in its settings and in the headers of what it was made from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from darkaon.tables.blocks import Candidates
from darkaon.tables.table import Table

NUMBER = r"(?:(?:hep-(?:ex|lat|ph|th)|nucl-(?:ex|th)|astro-ph)/\d{7}|\d{2}(?:0[1-9]|1[0-2])\.\d{4,5})(?!\d)"
CITED = re.compile(rf"arXiv:\s?({NUMBER})")
KEYS = ("arxiv", "references")  # of settings and headers, whose values are numbers without 'arXiv:'


def numbers_in(text: str) -> set[str]:
    """The numbers in a text that follow 'arXiv:'."""
    return set(CITED.findall(text))


def listed(text: str) -> set[str]:
    """The entries of a header line or of a list as text: 'a, b c'."""
    return {word for word in re.split(r"[,\s]+", text) if word}


def of_settings(settings: Any, key: str = "") -> set[str]:
    """The references in settings: those under `arxiv` and `references`, and the numbers in texts such as sources."""
    if isinstance(settings, Mapping):
        return set().union(*(of_settings(value, str(name)) for name, value in settings.items()))
    if isinstance(settings, list | tuple):
        return set().union(*(of_settings(value, key) for value in settings))
    if not isinstance(settings, str):
        return set()
    return listed(settings) if key in KEYS else numbers_in(settings)


def of_table(table: Table | Candidates) -> set[str]:
    """The references of a table: its lines `references` and `arxiv`; of one from outside, also those in its notes."""
    found = set().union(*(listed(table.header.get(key, "")) for key in KEYS))
    if "made_by" in table.header or not isinstance(table, Table):
        return found
    notes = (*table.comments, *(text for key, text in table.header.items() if key not in KEYS))
    return found.union(*map(numbers_in, notes))


def merged(settings: Any, tables: Iterable[Table | Candidates], papers: Iterable[str] = (), *more: str) -> list[str]:
    """The references of a result, sorted: of settings, tables and papers, and those that further texts cite."""
    return sorted(of_settings(settings).union(papers, *map(of_table, tables), *map(numbers_in, more)))
