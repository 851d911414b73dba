"""Pages for a browser: one HTML file each, readable on paper and on a telephone."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from darkaon.tables.table import Table

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>darkaon: {title}</title><style>
body {{ font: 16px/1.5 sans-serif; max-width: {width}em; margin: 2em auto; padding: 0 1em; color: #222; }}
img {{ width: 34em; max-width: 100%; display: block; }}
table {{ border-collapse: collapse; font-size: 80%; }}
td, th {{ padding: 0.1em 0.6em; text-align: right; border-bottom: 1px solid #ddd; }}
{style}</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""


def page(title: str, body: Iterable[str], style: str = "", width: int = 56) -> str:
    """A page.

    Args:
        title: plain text.
        body: pieces of HTML.
        style: CSS that it needs beside that of all pages.
        width: of the text, in em.
    """
    return PAGE.format(title=escape(title), body="\n".join(body), style=style, width=width)


def table(columns: Table) -> str:
    """A table of ours as HTML, numbers with five digits."""
    heads = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in columns.columns)
    cells = [[number(value) for value in column.tolist()] for column in columns.columns.values()]
    rows = (
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in zip(*cells, strict=True)
    )
    return f"<table><tr>{heads}</tr>{''.join(rows)}</table>"


def number(value: str | float, digits: int = 5) -> str:
    """A cell: text as it is, a number with so many digits, nothing for NaN."""
    text = value if isinstance(value, str) else f"{value:.{digits}g}"
    return "" if text == "nan" else text
