"""One style for all figures: one column wide, colour-blind safe, with what the data are said on each."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser
from matplotlib.ticker import NullFormatter

from darkaon.errors import InputError
from darkaon.greek import plain
from darkaon.tables.blocks import Candidates
from darkaon.tables.gaps import gaps
from darkaon.tables.provenance import header_statuses
from darkaon.tables.table import Table

WIDTH, HEIGHT = 8.6 / 2.54, 6.6 / 2.54  # inches: one column of a two-column page
NOTE_LINE = 0.125  # inches
SHORT = 28  # letters that have room beside the title
COLOURS = {  # Okabe and Ito, distinct for every kind of colour vision
    "black": "#000000",
    "blue": "#0072B2",
    "green": "#009E73",
    "grey": "#6E6E6E",
    "orange": "#E69F00",
    "purple": "#AA4499",
    "red": "#D55E00",
    "sky": "#56B4E9",
}
SEQUENCE = ("black", "red", "blue", "green", "orange", "purple", "sky")
BAND_1, BAND_2 = "#7FB8D8", "#CFE5F1"  # expected limits, +-1 and +-2 sigma
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 7,
    "mathtext.fontset": "dejavusans",
    "axes.linewidth": 0.6,
    "axes.labelsize": 7.5,
    "axes.titlesize": 7,
    "axes.titlepad": 4,
    "axes.labelpad": 2.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.minor.visible": True,
    "ytick.minor.visible": True,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.major.size": 3.5,
    "ytick.major.size": 3.5,
    "xtick.minor.size": 2,
    "ytick.minor.size": 2,
    "lines.linewidth": 1.0,
    "patch.linewidth": 0.8,
    "hatch.linewidth": 0.3,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "legend.labelspacing": 0.25,
    "legend.borderaxespad": 0.6,
    "pdf.fonttype": 3,  # 42 costs half a second a figure more
    "savefig.dpi": 300,
    "figure.dpi": 300,
}

NOTES = ("notes", "decay_notes")


@contextmanager
def styled() -> Iterator[None]:
    """The style, whatever a user's matplotlibrc says."""
    rc: dict[Any, Any] = {k: v for k, v in matplotlib.rcParamsDefault.items() if k not in ("backend", "toolbar")}
    with matplotlib.rc_context(rc | STYLE):
        yield


def canvas(labels: Iterable[str], notes: Iterable[str] = (), title: str = "", scale: float = 1.0) -> Figure:
    """An empty figure with its title, what its data are (above) and notes (below).

    Args:
        labels: measured, simulated, published, calculated: all that is drawn.
        notes: sentences, in small print.
        title: short, above on the left.
        scale: of the height.
    """
    lines = [line for note in notes for line in textwrap.wrap(plain(note), 64)]
    foot = NOTE_LINE * len(lines) + (0.04 if lines else 0)
    words = textwrap.wrap(label_text(labels).replace(" counts", "\N{NO-BREAK SPACE}counts"), 50)
    below = NOTE_LINE * len(words) if len("".join(words)) > SHORT else 0.0  # lines of their own, below the title
    height = HEIGHT * scale + foot + below
    figure = Figure(figsize=(WIDTH, height))
    figure.set_layout_engine(
        "constrained", rect=(0, foot / height, 1, 1 - (foot + 0.17 + below) / height), w_pad=0.03, h_pad=0.03
    )
    top = 1 - 0.05 / height
    figure.text(0.012, top, title, va="top", ha="left")
    place = 0.988, top - (NOTE_LINE / height if below else 0)
    figure.text(*place, "\n".join(words), va="top", ha="right", weight="bold", linespacing=1.15)
    figure.text(0.012, 0.04 / height, "\n".join(lines), va="bottom", ha="left", color="0.35", linespacing=1.15)
    return figure


def check_mathtext(spec: Any, source: str) -> None:
    """Refuse what cannot be set.

    Raises:
        InputError: a title, label or name that is not mathtext.
    """
    texts = {key: getattr(spec, key, "") for key in ("title", "x_label", "y_label", "colour_label")}
    texts |= {f"name of {search}": display.name for search, display in spec.display.items()}
    texts |= {f"couplings, label at {at.value:g}": at.label for at in getattr(spec, "couplings", ())}
    parser = MathTextParser("path")
    for key, text in texts.items():
        try:
            parser.parse(text)
        except ValueError as error:
            reason = str(error).strip().splitlines()[-1]
            raise InputError(
                f"{source}: {key}: {text!r} is not mathtext: {reason}", remedy="correct the formula between the $"
            ) from None


def label_text(labels: Iterable[str]) -> str:
    """What the data are, by their labels: 'simulated + published counts'; a projection's factor is left out."""
    order = ("measured", "simulated", "published", "published counts", "calculated")
    words = {word.strip().partition(" x")[0] for label in labels for word in label.split(",") if word.strip()}
    return " + ".join(sorted(words, key=lambda word: (order.index(word) if word in order else len(order), word)))


def notes_of(tables: Mapping[str, Table | Candidates], keys: Sequence[str] = NOTES) -> list[str]:
    """What a reader must know of the inputs: choices of the model (`keys` of headers), fractions, unsure numbers."""
    choices = {t.header[key] for t in tables.values() for key in keys if t.header.get(key, "none") != "none"}
    parts = {t.header["data_fraction"] for t in tables.values() if "data_fraction" in t.header}
    choices |= {f"simulated part of the data: {part}" for part in parts}
    found: dict[str, set[str]] = {}
    for table in tables.values():
        for status, names in header_statuses(table).items():
            if status in ("tuned", "recalled"):
                groups = {".".join(name.replace("_", " ").split(".")[:2]) for name in names}
                found.setdefault(status, set()).update(groups)
    return [*sorted(choices), *(f"{s}: {', '.join(sorted(found[s]))}" for s in ("tuned", "recalled") if s in found)]


def finish(axes: Axes, spec: Any) -> None:
    """Labels and ranges of the axes."""
    axes.set_xlabel(spec.x_label)
    axes.set_ylabel(spec.y_label)
    if spec.x_range:
        axes.set_xlim(spec.x_range)
    if spec.y_range:
        axes.set_ylim(spec.y_range)
    low, high = axes.get_ylim()
    if axes.get_yscale() == "log" and np.floor(np.log10(high)) > np.ceil(np.log10(low)):  # two powers of ten or more
        axes.yaxis.set_minor_formatter(NullFormatter())


def with_gaps(mass: np.ndarray, *columns: np.ndarray) -> tuple[np.ndarray, ...]:
    """Columns with a NaN wherever the mass jumps, so that no line crosses a range without values."""
    cuts = np.flatnonzero(gaps(mass)) + 1
    return tuple(np.insert(values.astype(float), cuts, np.nan) for values in (mass, *columns))


def lifetime_text(lifetime_ns: float) -> str:
    """A lifetime hypothesis in words."""
    if np.isinf(lifetime_ns):
        return "stable"
    return r"$\tau_X=0$" if lifetime_ns == 0 else f"{lifetime_ns:g} ns"
