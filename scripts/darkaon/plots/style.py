"""One style for all figures: one column wide, colour-blind safe, with what the data are said on each."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, LogFormatterSciNotation, LogLocator, NullFormatter
from matplotlib.transforms import ScaledTranslation, Transform
from numpy.typing import ArrayLike
from scipy.special import gammaincinv

from darkaon.errors import InputError
from darkaon.plots.boxes import renderer_of
from darkaon.report.greek import plain
from darkaon.tables.blocks import Candidates
from darkaon.tables.gaps import gaps
from darkaon.tables.masses import lifetime_text
from darkaon.tables.provenance import header_statuses
from darkaon.tables.table import Table
from darkaon.typing import Array

WIDTH, HEIGHT = 8.6 / 2.54, 6.6 / 2.54  # inches: one column of a two-column page
WIDE, HIGH = 17.8 / 2.54, 10.5 / 2.54  # both columns
KEY_ROOM = 0.04  # inches about the key
HEAD, FOOT = 0.17, 0.04  # inches above the axes, below the notes
NOTE_LINE = 0.125  # inches
COLOURS = {  # CAM02-UCS distance of any two at least 20.9, for every kind of colour vision; contrast on white 3.1
    "black": "#000000",
    "blue": "#4a47fc",
    "green": "#04a681",
    "grey": "#434443",
    "orange": "#db7100",
    "purple": "#6c0879",
    "red": "#a43500",
    "sky": "#948bbc",
}
SEQUENCE = ("black", "red", "blue", "green", "orange", "purple", "sky")
TICKS = {  # on both axes
    "labelsize": 7, "direction": "in", "major.size": 3.5, "major.width": 0.6, "minor.size": 2, "minor.width": 0.4,
    "minor.visible": True,
}  # fmt: skip
BAND_1, BAND_2 = "#7FB8D8", "#CFE5F1"  # expected limits, +-1 and +-2 sigma
STYLE: dict[str, Any] = {f"{axis}tick.{name}": value for axis in "xy" for name, value in TICKS.items()} | {
    "font.family": "DejaVu Sans",
    "font.size": 7,
    "mathtext.fontset": "dejavusans",
    "axes.linewidth": 0.6,
    "axes.labelsize": 7.5,
    "axes.titlesize": 7,
    "axes.titlepad": 4,
    "axes.labelpad": 2.5,
    "xtick.top": True,
    "ytick.right": True,
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

NOTES = ("notes", "decay_notes", "lifetime_note")
NARROW = 0.006  # of the height of the frame: a band that is not seen
ENOUGH = 3  # powers of ten on an axis, below which numbers between have names, too
SLOTS = {  # of a search's YAML, in words
    "acceptance": "acceptance", "background": "background", "counts": "counts", "lifetime": "lifetime law",
    "delay_ns": "lifetime law", "kappa_m_per_GeV": "lifetime law", "tau0_ns": "lifetime law",
    "normalisation": "normalisation", "periods": "sensitivity and background of periods", "resolution": "resolution",
    "simulation": "simulation", "statistics": "statistics", "window": "window",
}  # fmt: skip


@contextmanager
def styled() -> Iterator[None]:
    """The style, whatever a user's matplotlibrc says."""
    rc: dict[Any, Any] = {k: v for k, v in matplotlib.rcParamsDefault.items() if k not in ("backend", "toolbar")}
    with matplotlib.rc_context(rc | STYLE):
        yield


class Page(Figure):
    """A figure whose title, notes and key take room of their own, in inches, outside its axes."""

    def __init__(self, width: float, height: float, head: float, foot: float) -> None:
        """A page of `width` times `height` inches, with `head` and `foot` for words."""
        super().__init__(figsize=(width, height))
        self.head, self.foot, self.under = head, foot, foot
        self.grow(0.0)

    def grow(self, inches: float) -> None:
        """Make the page higher for a key above the foot; the axes keep their size."""
        width, height = self.get_size_inches()
        height += inches
        self.set_size_inches(width, height)
        self.under = self.foot + inches
        rect = (0, self.under / height, 1, 1 - (self.under + self.head) / height)
        self.set_layout_engine("constrained", rect=rect, w_pad=0.03, h_pad=0.03)

    def words(self, x: float, y: float, text: str, **style: Any) -> Text:
        """Words at a part of the width and inches from the top (y < 0) or the bottom."""
        place = self.transFigure + ScaledTranslation(0, y, self.dpi_scale_trans)
        return self.text(x, 1.0 if y < 0 else 0.0, text, transform=place, **style)


def canvas(
    labels: Iterable[str], notes: Iterable[str] = (), title: str = "", scale: float = 1.0, wide: bool = False
) -> Page:
    """An empty figure with its title, what its data are (above) and notes in small print (below).

    `scale` is a factor on the height; a `wide` one is over both columns.
    """
    times = 2 if wide else 1
    lines = [line for note in notes for line in textwrap.wrap(plain(note), 64 * times)]
    foot = NOTE_LINE * len(lines) + (FOOT if lines else 0)
    words = textwrap.wrap(label_text(labels).replace(" counts", "\N{NO-BREAK SPACE}counts"), 50 * times)
    room = 0.90 * (WIDE if wide else WIDTH) - _width(title) - _width("\n".join(words), "bold")
    below = NOTE_LINE * len(words) if words and room < 0 else 0.0  # lines of their own, below the title
    height = (HIGH if wide else HEIGHT) * scale + foot + below
    page = Page(WIDE if wide else WIDTH, height, HEAD + below, foot)
    page.words(0.012, -0.05, title, va="top", ha="left")
    top = -0.05 - (NOTE_LINE if below else 0)
    page.words(0.988, top, "\n".join(words), va="top", ha="right", weight="bold", linespacing=1.15)
    page.words(0.012, FOOT, "\n".join(lines), va="bottom", ha="left", color="0.35", linespacing=1.15)
    return page


def _width(text: str, weight: str = "normal") -> float:
    """Inches that a text takes."""
    figure = Figure()
    box = figure.text(0, 0, text, weight=weight).get_window_extent(renderer_of(figure)) if text else None
    return float(box.width / figure.dpi) if box else 0.0


def key(figure: Figure, handles: Sequence[Any]) -> None:
    """The key of artists with labels, below the axes, in as many columns as have room; the figure grows by it."""
    if not handles:
        return
    labels = [str(handle.get_label()) for handle in handles]
    for columns in range(min(len(handles), 6), 0, -1):
        legend = figure.legend(
            handles, labels, loc="lower left", ncols=columns, columnspacing=1.2, borderaxespad=0,
            bbox_to_anchor=(0.012, 0.0), bbox_transform=_above(figure),
        )  # fmt: skip
        if columns == 1 or legend.get_window_extent(renderer_of(figure)).width < 0.97 * figure.bbox.width:
            break
        legend.remove()
    if isinstance(figure, Page):
        figure.grow(legend.get_window_extent(renderer_of(figure)).height / figure.dpi + KEY_ROOM)


def _above(figure: Figure) -> Transform:
    """A part of the width, from the end of the notes."""
    foot = figure.foot if isinstance(figure, Page) else 0.0
    return figure.transFigure + ScaledTranslation(0, foot + KEY_ROOM / 2, figure.dpi_scale_trans)


def colour_map(
    axes: Axes, x: Array, y: Array, values: Array, ends: tuple[float, float], levels: ArrayLike, label: str
) -> QuadContourSet:
    """Colours of `values`, shape (y, x), on a logarithmic scale, with its bar; the contours at powers of ten."""
    style: dict[str, Any] = {"cmap": "viridis", "shading": "nearest", "rasterized": True}
    image = axes.pcolormesh(x, y, values, norm=LogNorm(*ends), **style)
    lines = axes.contour(x, y, np.log10(values), levels, colors="white", linewidths=0.4, linestyles="solid")
    axes.figure.colorbar(image, ax=axes, pad=0.02, aspect=25).set_label(label)
    return lines


def garwood(counts: Array) -> tuple[Array, Array]:
    """The central 68.3 % interval of the Poisson mean, as lengths below and above the count; F. Garwood (1936)."""
    tail = 0.158655
    low = np.where(counts > 0, gammaincinv(np.maximum(counts, 1), tail), 0.0)
    high = gammaincinv(counts + 1, 1 - tail)
    return counts - low, high - counts


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


def what(kind: str, label: str) -> str:
    """What limits of a kind (observed, expected, ...) are in words, by the label of their data.

    Only what was observed in published or measured data is called so.
    """
    kind = kind.replace("expected_", "expected ")
    if label == "interpolated":
        return "interpolated between published points"
    if label == "recast":
        return "recast by theorists"
    if label == "assumed counts" and kind == "observed":
        return label
    if kind == "observed" and label == "simulated":
        return "from simulated data"
    return f"{kind}, {label}" if label else kind


def label_text(labels: Iterable[str]) -> str:
    """What the data are, by their labels: 'simulated + published counts'; a projection's factor is left out."""
    order = ("measured", "simulated", "published", "published counts", "assumed counts", "interpolated", "calculated")
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
                found.setdefault(status, set()).update(_in_words(name) for name in names)
    return [*sorted(choices), *(f"{s}: {', '.join(sorted(found[s]))}" for s in ("tuned", "recalled") if s in found)]


def _in_words(name: str) -> str:
    """A number's place in a YAML as words; other names as they are."""
    slot, _, rest = name.partition(".")
    return SLOTS.get(slot, slot.replace("_", " ")) if rest or slot in SLOTS else name


def finish(axes: Axes, spec: Any) -> None:
    """Labels and ranges of the axes."""
    axes.set_xlabel(spec.in_unit(spec.x_label))
    axes.set_ylabel(spec.in_unit(spec.y_label))
    for axis, label in ((axes.xaxis, spec.x_label), (axes.yaxis, spec.y_label)):
        if "[MeV]" in label and spec.mass_unit == "GeV":
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 1000:g}"))
    if spec.x_range:
        axes.set_xlim(spec.x_range)
    if spec.y_range:
        axes.set_ylim(spec.y_range)
    low, high = axes.get_ylim()
    if axes.get_yscale() == "log":
        powers = np.floor(np.log10(high)) - np.ceil(np.log10(low)) + 1
        if powers < ENOUGH:
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if powers > 0 else (1, 1.5, 2, 3, 5, 7)))
            axes.yaxis.set_major_formatter(LogFormatterSciNotation(minor_thresholds=(np.inf, np.inf)))
        axes.yaxis.set_minor_formatter(NullFormatter())


def with_gaps(mass: np.ndarray, *columns: np.ndarray, least_MeV: float = 0.0) -> tuple[np.ndarray, ...]:
    """Columns with a NaN wherever the mass jumps, by `least_MeV` or more: no line crosses a range without values."""
    cuts = np.flatnonzero(gaps(mass, least_MeV)) + 1
    return tuple(np.insert(values.astype(float), cuts, np.nan) for values in (mass, *columns))


def lifetime_name(lifetime_ns: float) -> str:
    """A lifetime hypothesis in the words of a figure."""
    return r"$\tau_X=0$" if lifetime_ns == 0 else lifetime_text(lifetime_ns)
