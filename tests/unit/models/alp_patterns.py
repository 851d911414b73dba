"""Patterns of couplings and tables of check values that several tests of axion-like particles share."""

import csv
from math import pi
from pathlib import Path

DATA = Path(__file__).parents[2] / "data" / "alp"
PATTERNS = {
    "BC9-WW": {"c_WW": 1.0},
    "BC9-BB": {"c_BB": 1.0},
    "BC10": {"q": -0.5, "l": -0.5, "u": 0.5, "d": 0.5, "e": 0.5},
    "BC11": {"c_GG": 16 * pi**2},
    "TOP": {"u": (0.0, 0.0, 1.0)},
    "KSVZ": {"c_GG": 0.5},
    "DFSZ-tanb1": {"c_GG": -0.5, "c_BB": -4 / 3, "u": 1 / 6, "d": 1 / 6, "e": 1 / 6},
    "DFSZ-tanb10": {"c_GG": -0.5, "c_BB": -4 / 3, "u": 1 / 303, "d": 100 / 303, "e": 100 / 303},
}


def rows(name):
    """The rows of a table in tests/data/alp, as dictionaries of text."""
    lines = (DATA / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))
