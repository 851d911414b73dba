"""Pages for a browser from the files in `templates/`: one HTML file each, readable on paper and on a telephone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from darkaon.report.greek import plain

TEMPLATES = Path(__file__).with_name("templates")


def number(value: str | float, digits: int = 5) -> str:
    """A cell: text as it is, a number with so many digits, nothing for NaN."""
    text = value if isinstance(value, str) else f"{value:.{digits}g}"
    return "" if text == "nan" else text


def lifetime(value: float) -> str:
    """A lifetime [ns] in words."""
    return "stable" if value == float("inf") else f"{value:g} ns"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"plain": plain, "number": number, "lifetime": lifetime}
    return environment


def render(template: str, **content: object) -> str:
    """The page of a template; all texts are escaped, and what a template asks for has to be there.

    Args:
        template: its name below `templates/`, as 'summary.html'.
        content: what it shows.
    """
    return _environment().get_template(template).render(**content)
