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


RAISED = str.maketrans("0123456789+-", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b")
TEX = {
    r"\\(?:rightarrow|to)": "\N{RIGHTWARDS ARROW}",
    r"\\pi": "\N{GREEK SMALL LETTER PI}",
    r"\\mu": "\N{GREEK SMALL LETTER MU}",
    r"\\nu": "\N{GREEK SMALL LETTER NU}",
    r"\\gamma": "\N{GREEK SMALL LETTER GAMMA}",
    r"\\theta": "\N{GREEK SMALL LETTER THETA}",
    r"\\(?:var)?epsilon": "\N{GREEK SMALL LETTER EPSILON}",
    r"\\Lambda": "\N{GREEK CAPITAL LETTER LAMDA}",
    r"\\chi": "\N{GREEK SMALL LETTER CHI}",
    r"\\times": "\N{MULTIPLICATION SIGN}",
    r"\\pm": "\N{PLUS-MINUS SIGN}",
    r"\\ell": "l",
    r"\\ ": " ",
}


def plain_tex(text: str) -> str:
    """Mathtext as plain text: Greek letters, raised signs and digits, no braces."""
    for command, letter in TEX.items():
        text = re.sub(
            command + r"(?![a-zA-Z])\s?" if command[-1].isalpha() or command[-1] == ")" else command, letter, text
        )
    text = re.sub(r"\^(?:\{([0-9+-]+)\}|([0-9+-]))", lambda found: (found[1] or found[2]).translate(RAISED), text)
    return re.sub(r"\s+", " ", re.sub(r"\\(?:rm|mathrm|bar) ?|[${}_^\\]", "", text)).strip()


def plain(text: str) -> str:
    """Text with arrows and Greek letters in place of '->', 'pi', 'Lambda'."""
    for word, letter in LETTERS.items():
        text = re.sub(word, letter, text)
    return text
