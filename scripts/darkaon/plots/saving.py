"""Figures as files, with what they were made of: their bytes repeat."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure

from darkaon.errors import InputError
from darkaon.tables.table import atomic_path

KINDS: dict[str, tuple[str, dict[str, Any]]] = {  # the key of the provenance; nothing of the time or the version
    ".pdf": ("Keywords", {"CreationDate": None, "Creator": None, "Producer": None}),
    ".png": ("Description", {"Software": None}),
}


def check_kinds(paths: Iterable[Path], argument: str = "") -> None:
    """Refuse a name that is not of a picture.

    Raises:
        InputError: neither .png nor .pdf.
    """
    for path in paths:
        if path.suffix not in KINDS:
            raise InputError(f"{argument}{path}: its name must end in {' or '.join(KINDS)}", remedy="rename it")


def save(figure: Figure, paths: Iterable[Path], header: Mapping[str, str]) -> None:
    """Write the figure with its provenance, laid out once, drawn once for each file (`savefig` does both twice)."""
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it warns of dates in matplotlib's own fonts
    for path in sorted(paths, key=lambda path: path.suffix, reverse=True):  # .png first: .pdf sets 72 dots per inch
        key, metadata = KINDS[path.suffix]
        metadata = {**metadata, key: json.dumps(dict(header))}
        with atomic_path(path) as temporary:
            if path.suffix == ".png":
                FigureCanvasAgg(figure).print_png(temporary, metadata=metadata)
            else:
                FigureCanvasPdf(figure).print_pdf(temporary, metadata=metadata)
        figure.set_layout_engine("none")
