"""Formulae in plain text as they are read: arrows and Greek letters."""

from __future__ import annotations

import re

LETTERS = {
    "->": "\N{RIGHTWARDS ARROW}",
    r"\bpi0\b": "\N{GREEK SMALL LETTER PI}\N{SUPERSCRIPT ZERO}",
    r"\bpi\b": "\N{GREEK SMALL LETTER PI}",
    r"\bgamma\b": "\N{GREEK SMALL LETTER GAMMA}",
    r"\bmu\b": "\N{GREEK SMALL LETTER MU}",
    r"\bLambda\b": "\N{GREEK CAPITAL LETTER LAMDA}",
}


def plain(text: str) -> str:
    """Text with arrows and Greek letters in place of '->', 'pi', 'Lambda'."""
    for word, letter in LETTERS.items():
        text = re.sub(word, letter, text)
    return text
