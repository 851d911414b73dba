"""Expected background that is not simulated: histograms from files, and control samples with a transfer factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from darkaon.config.slots.background import Components, ControlComponent, HistogramComponent, OtherComponent
from darkaon.errors import InputError, in_row, refuse
from darkaon.tables.blocks import Candidates
from darkaon.tables.table import read_table
from darkaon.typing import Array
from darkaon.windows.grid import Expected, count_between

CORRECT = "correct the histogram"


def other_background(
    name: str, component: OtherComponent, controls: Mapping[str, Sequence[str]], low: Array, high: Array
) -> Expected:
    """The background of one such component in windows low <= observable < high, shapes (W,).

    `controls` names the files of candidates of the control sample of each component.

    Raises:
        InputError: a fault of the histogram, or windows beyond it; no control sample.
    """
    if isinstance(component, HistogramComponent):
        return _from_histogram(component, low, high)
    paths = controls.get(name, ())
    if not paths:
        raise InputError(
            f"background.others: {name!r} needs a sample with role 'control' and {name!r} for a period",
            remedy="add it to config/samples.csv",
        )
    return _from_control(component, Candidates(paths), low, high)


def _from_control(component: ControlComponent, events: Candidates, low: Array, high: Array) -> Expected:
    number = count_between(events, low, high).astype(float)
    transfer = component.transfer
    statistical = transfer.value * np.sqrt(np.maximum(number, 1.0))  # of none the error of one
    return Expected(transfer.value * number, statistical, transfer.uncertainty * number)


def _from_histogram(component: HistogramComponent, low: Array, high: Array) -> Expected:
    edges, events, errors = read_histogram(component.path, component.histogram)
    beyond = (low < edges[0]) | (high > edges[-1])
    covers = f"{component.path}: covers {edges[0]:g} to {edges[-1]:g}, and a window is"
    remedy = "extend the histogram, or change masses"
    refuse(beyond, lambda at: f"{covers} {low[at]:g} to {high[at]:g}", remedy=remedy)
    overlap = np.minimum(high[:, None], edges[1:]) - np.maximum(low[:, None], edges[:-1])
    part = np.clip(overlap / np.diff(edges), 0.0, 1.0)  # of each bin in each window
    scale = component.scale
    background = scale.value * np.einsum("wb,b->w", part, events)
    variance = np.einsum("wb,b->w", part * part, errors * errors)
    return Expected(background, scale.value * np.sqrt(variance), background * scale.uncertainty / scale.value)


def read_histogram(path: str, name: str | None) -> tuple[Array, Array, Array]:
    """Edges (B + 1,), contents and errors (B,) of a histogram.

    Raises:
        InputError: no such file or histogram; bins that do not follow one another; contents below 0, or errors.
    """
    if Path(path).suffix.lower() == ".root":
        edges, events, errors = _read_root(path, name)
    else:
        table = read_table(path, required=("low", "high", "events"))
        edges, events = np.append(table["low"], table["high"][-1:]), table["events"]
        errors = table.columns.get("error", np.sqrt(np.maximum(events, 0.0)))
        apart = np.flatnonzero(table["low"][1:] != table["high"][:-1])
        if not len(table) or apart.size:
            row = int(apart[0]) + 2 if apart.size else 1
            raise InputError(f"{path}: row {row}: bins must follow one another without a gap", remedy=CORRECT)
    refuse(~(np.diff(edges) > 0), in_row(path, "low", edges, "edges must rise"), remedy=CORRECT)
    refuse(~(events >= 0), in_row(path, "events", events, "it must be 0 or more"), remedy=CORRECT)
    refuse(~(errors >= 0), in_row(path, "error", errors, "it must be 0 or more"), remedy=CORRECT)
    return edges, events, errors


def _read_root(path: str, name: str | None) -> tuple[Array, Array, Array]:
    from darkaon.events.root import open_root, readable

    with open_root(path) as file:
        known = [key for key, kind in file.classnames(cycle=False).items() if kind.startswith("TH1")]
        if name not in known:
            raise InputError(
                f"{path}: there is no histogram {name!r} (it holds {', '.join(known) or 'no TH1'})",
                remedy="set 'histogram' to one of these",
            )
        with readable(path):
            found = file[name]
            return (np.asarray(found.axis().edges(), dtype=float), np.asarray(found.values(), dtype=float),
                    np.asarray(found.errors(), dtype=float))  # fmt: skip


def histograms(background: object) -> list[str]:
    """The files of histograms in the slot `background`."""
    others = background.others.values() if isinstance(background, Components) else ()
    return [other.path for other in others if isinstance(other, HistogramComponent)]


def added(parts: Sequence[Expected]) -> Expected:
    """The sum of backgrounds; their uncertainties are independent.

    Raises:
        InputError: a window without any expected background.
    """
    background = np.sum([part.background for part in parts], axis=0)
    refuse(
        ~(background > 0),
        lambda at: f"background.others: window {at + 1} expects no background at all",
        remedy="take wider windows, or other masses",
    )
    return Expected(
        background,
        np.sqrt(np.sum([part.statistical**2 for part in parts], axis=0)),
        np.sqrt(np.sum([part.systematic**2 for part in parts], axis=0)),
    )
