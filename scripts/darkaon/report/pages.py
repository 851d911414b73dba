"""Pages for a browser from the files in `templates/`: one HTML file each, readable on paper and on a telephone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from darkaon.report.greek import plain
from darkaon.tables.masses import lifetime_text

TEMPLATES = Path(__file__).with_name("templates")


def number(value: str | float, digits: int = 5) -> str:
    """A cell: text as it is, a number with so many digits, nothing for NaN."""
    text = value if isinstance(value, str) else f"{value:.{digits}g}"
    return "" if text == "nan" else text


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
    environment.filters |= {"plain": plain, "number": number, "lifetime": lifetime_text}
    return environment


def render(template: str, **content: object) -> str:
    """The page of a file below `templates/`; all texts are escaped, and what a template asks for has to be there."""
    return _environment().get_template(template).render(**content)
