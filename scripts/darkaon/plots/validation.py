"""The plots of the validation page."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from darkaon.plots.style import COLOURS, SEQUENCE, canvas
from darkaon.statistics.fit_order import MOST_SPURIOUS
from darkaon.tables.table import Table

METHODS = {
    "hybrid": "black",
    "known": "blue",
    "profile": "green",
    "asymptotic": "red",
    "on_off": "purple",
    "shape n_off": "red",
}


def _only(table: Table, **values: str | float) -> Table:
    for name, value in values.items():
        table = table.where(table[name] == value)
    return table


def _each(table: Table, name: str) -> list[tuple[Any, Table]]:
    """The values of a column, words in their order and numbers rising, each with its rows."""
    column = table[name]
    values = dict.fromkeys(column) if column.dtype.kind == "U" else np.unique(column)
    return [(value, _only(table, **{name: value})) for value in values]


def _page(table: Table, note: str) -> tuple[Figure, Axes]:
    figure = canvas([table.label], [note])
    return figure, figure.subplots()


def _panels(table: Table, name: str, note: str, scale: float) -> tuple[Figure, list[Axes], list[tuple[Any, Table]]]:
    """Panels below one another, one for each value of a column; and the values with their rows."""
    figure, rows = canvas([table.label], [note], scale=scale), _each(table, name)
    return figure, figure.subplots(len(rows), 1, sharex=True, squeeze=False)[:, 0].tolist(), rows


def coverage(table: Table) -> Figure:
    """Least coverage against the background: a line at a relative uncertainty of 0.2, a band over all."""
    note = "Least coverage for signals of 0-20 events, enumerated; bands: 0-50 % uncertainty."
    figure, axes = _page(table, note)
    for method, own in _each(table, "method"):
        b = np.unique(own["background"])
        values = own["coverage"].reshape(len(b), -1)
        line = _only(own, relative_uncertainty=0.2)
        axes.fill_between(b, values.min(axis=1), values.max(axis=1), color=COLOURS[METHODS[method]], alpha=0.2, lw=0)
        axes.plot(line["background"], line["coverage"], color=COLOURS[METHODS[method]], label=method)
    _level(axes, float(table.header["level"]))
    axes.set(xscale="log", xlabel="expected background", ylabel="least coverage", ylim=(0.7, 1.0))
    axes.legend()
    return figure


def coverage_curves(table: Table) -> Figure:
    """Coverage against the signal, one panel for each background."""
    note = "By enumeration; relative uncertainty of the background 0.2."
    figure, panels, backgrounds = _panels(table, "background", note, 1.7)
    for axes, (b, rows) in zip(panels, backgrounds, strict=True):
        for method, own in _each(rows, "method"):
            axes.plot(own["signal"], own["coverage"], color=COLOURS[METHODS[method]], lw=0.7, label=method)
        _level(axes, float(table.header["level"]))
        axes.set(ylabel="coverage", ylim=(0.7, 1.02), xlim=(0, rows["signal"].max()))
        axes.text(0.98, 0.32, f"b = {b:g}", transform=axes.transAxes, ha="right")
    panels[0].legend(ncol=4, loc="lower left", columnspacing=0.8)
    panels[-1].set_xlabel("signal")
    return figure


SHAPES = {"n_off": "black", "n_off + 1/2": "blue", "n_off + 1": "red"}


def sideband_coverage(table: Table) -> Figure:
    """Least coverage with the sideband fluctuating: lines over the background, one for each tau."""
    figure, axes = _page(table, "Window and sideband counts enumerated; lines: tau from 0.1 to 30.")
    for shape, colour in SHAPES.items():
        rows = _only(table, shape=shape)
        for index, (_, line) in enumerate(_each(rows, "tau")):
            label = f"shape {shape}" if index == 0 else None
            axes.plot(line["background"], line["coverage"], color=COLOURS[colour], lw=0.8, label=label)
    _level(axes, float(table.header["level"]))
    axes.set(xscale="log", xlabel="true background", ylabel="least coverage", ylim=(0.65, 1.0))
    axes.legend()
    return figure


def bands(table: Table) -> Figure:
    """What the bands of one and two sigma hold, case by case."""
    figure, axes = _page(table, "Lines: 68.27 and 95.45 %; crosses: pseudo-experiments.")
    for definition, colour in (("averaged", "black"), ("fixed", "red")):
        rows = _only(table, definition=definition)
        place = np.arange(len(rows))
        for name, marker in (("1", "o"), ("2", "s")):
            label = f"b {definition}, {name} sigma"
            axes.plot(place, rows[f"inside_{name}"], marker, color=COLOURS[colour], ms=3, label=label)
            axes.plot(place, rows[f"toys_{name}"], "x", color=COLOURS[colour], ms=4)
    for level in (0.6827, 0.9545):
        _level(axes, level)
    names = [
        f"{nuisance} {b:g}$\\pm${sigma:g}"
        for nuisance, b, sigma in zip(rows["nuisance"], rows["background"], rows["uncertainty"], strict=True)
    ]
    axes.set_xticks(place, names, rotation=60, ha="right", fontsize=5)
    axes.set(ylabel="part inside the band", ylim=(-0.3, 1.02))
    axes.legend(fontsize=6, ncol=2, loc="lower left")
    return figure


def leak(table: Table) -> Figure:
    """Coverage against the signal with and without the correction, a panel for each window."""
    toys = table.header["pseudo_experiments"]
    note = f"{toys} pseudo-experiments; lines: corrected, crosses: not. Dashed: a spectrum exp(0.2 P2)."
    figure, panels, windows = _panels(table, "window", note, 1.5)
    for axes, (window, rows) in zip(panels, windows, strict=True):
        for colour, (b, some) in zip(SEQUENCE, _each(rows, "background"), strict=False):
            for spectrum, line in (("flat", "-"), ("bent", "--")):
                own = _only(some, spectrum=spectrum)
                label = f"b = {b:g}, {spectrum}"
                axes.plot(own["strength"], own["coverage"], line, color=COLOURS[colour], lw=0.8, label=label)
                axes.plot(own["strength"], own["coverage_without"], "x", color=COLOURS[colour], ms=3)
        _level(axes, float(table.header["level"]))
        axes.set(ylabel="coverage", ylim=(-0.05, 1.05))
        axes.text(0.98, 0.32, window, transform=axes.transAxes, ha="right")
    panels[0].legend(ncol=2, loc="lower left", fontsize=6)
    panels[-1].set_xlabel(r"signal in the window / $\sqrt{b}$")
    return figure


def combination(table: Table) -> Figure:
    """Differences of the combination to what it must agree with, and what is asked."""
    figure, axes = _page(table, "Grey: the difference that is asked for. Points at 1e-12 agree better.")
    place = np.arange(len(table))
    axes.plot(place, table["asked"], "_", color=COLOURS["grey"], ms=6)
    for colour, check in zip(SEQUENCE, dict.fromkeys(table["check"]), strict=False):
        own = table["check"] == check
        difference = np.maximum(np.abs(table["difference"][own]), 1e-12)
        axes.plot(place[own], difference, "o", ms=3, color=COLOURS[colour], label=check)
    axes.set_xticks(place, [f"{case:.50}" for case in table["case"]], rotation=60, ha="right", fontsize=4)
    axes.set(yscale="log", ylabel="|value / reference - 1|", ylim=(5e-13, 1.0))
    axes.legend(ncol=2, fontsize=6, loc="upper left")
    return figure


FITS = {("flat", 1): "black", ("flat", 2): "blue", ("flat", 3): "green", ("bent", 2): "orange", ("bent", 1): "red"}
SIGNALS = {1.0: ":", 3.0: "--", 5.0: "-"}


def fit_coverage(table: Table) -> Figure:
    """Coverage of the fit over the background: a colour for each spectrum and order, a line for each signal."""
    toys = table.header["pseudo_experiments"]
    figure, axes = _page(table, f"{toys} pseudo-experiments; signals of 1 (dotted), 3 (dashed), 5 sqrt(b).")
    for (spectrum, order), colour in FITS.items():
        for strength, line in SIGNALS.items():
            own = _only(table, spectrum=spectrum, order=order, strength=strength)
            label = f"{spectrum} spectrum, order {order}" if line == "-" else None
            axes.errorbar(
                own["background"], own["coverage"], own["coverage_error"], ls=line, lw=0.8, color=COLOURS[colour],
                label=label,
            )  # fmt: skip
    _level(axes, float(table.header["level"]))
    axes.set(xscale="log", xlabel=r"background within $\pm1\sigma$", ylabel="coverage", ylim=(0.6, 1.01))
    axes.legend(fontsize=6)
    return figure


def p_values(table: Table) -> Figure:
    """How often p <= alpha, over alpha: at most 1 if a p-value is valid."""
    note = f"Exact over the counts of window and sideband (tau = {float(table.header['tau']):g}); at most 1 is valid."
    figure, panels, backgrounds = _panels(table, "background", note, 1.7)
    for axes, (b, rows) in zip(panels, backgrounds, strict=True):
        for method, own in _each(rows, "method"):
            ratio = own["rejection"] / own["alpha"]
            axes.plot(own["alpha"], ratio, color=COLOURS[METHODS[method]], lw=0.8, label=method)
        _level(axes, 1.0)
        axes.set(xscale="log", ylabel=r"$P(p\leq\alpha)/\alpha$", ylim=(0, 1.3))
        axes.text(0.02, 0.06, f"b = {b:g}", transform=axes.transAxes)
    panels[0].legend(ncol=3, loc="upper left", columnspacing=0.8)
    panels[-1].set_xlabel(r"$\alpha$")
    return figure


def references(table: Table) -> Figure:
    """Relative differences to numbers from elsewhere."""
    figure, axes = _page(table, "Points at 1e-7 agree better. References have four to six digits.")
    colours = METHODS | {"classical": "orange", "Z_Bi": "sky"}
    for method, own in _each(table, "method"):
        difference = np.maximum(np.abs(own["difference"]), 1e-7)
        axes.plot(own["n"], difference, "o", ms=3, color=COLOURS[colours[method]], label=method)
    _level(axes, 1e-3)
    axes.set(yscale="log", xlabel="counted events", ylabel="|value / reference - 1|", ylim=(5e-8, 0.2))
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(-0.3, 1000)
    axes.legend(ncol=3, columnspacing=0.8)
    return figure


def sidebands(table: Table) -> Figure:
    """Bias of the sideband fit, and the pulls of fits to pseudo-experiments."""
    toys = table.header["pseudo_experiments"]
    note = f"Lines: fit of the expectation itself. Points: mean and rms of the pulls in {toys} pseudo-experiments."
    figure = canvas([table.label], [note], scale=1.5)
    top, bottom = figure.subplots(2, 1, sharex=True)
    for colour, (order, own) in zip(SEQUENCE, _each(table, "order"), strict=False):
        pulled = own.where(~np.isnan(own["pull_mean"]))
        style: dict[str, Any] = {"color": COLOURS[colour], "ms": 2.5, "lw": 0.8}
        top.plot(own["mass_MeV"], own["bias"], **style, label=f"order {order:.0f}")
        error = pulled["pull_rms"] / np.sqrt(float(toys))
        top.errorbar(pulled["mass_MeV"], pulled["pull_mean"], error, fmt="o", **style)
        bottom.plot(pulled["mass_MeV"], pulled["pull_rms"], "o", **style)
    _level(top, 0.0)
    _level(bottom, 1.0)
    top.set(ylabel="bias / uncertainty", ylim=(-0.5, 0.5))
    top.legend(ncol=3)
    bottom.set(xlabel="mass hypothesis [MeV]", ylabel="rms of the pulls", ylim=(0.8, 1.2))
    return figure


def injection(table: Table) -> Figure:
    """Part of an injected signal that is found, and coverage of the limits."""
    note = (
        "Corrected for the leak of a signal into its sidebands; crosses: limits without. With polynomial systematic."
    )
    return _injected(table, note, (0.8, 1.1), "injected signal in the window")


def _injected(table: Table, note: str, found: tuple[float, float], axis: str) -> Figure:
    """The part that is found above, within the range `found`, coverage below."""
    figure = canvas([table.label], [note], scale=1.5)
    top, bottom = figure.subplots(2, 1, sharex=True)
    for colour, (mass, own) in zip(SEQUENCE, _each(table, "mass_MeV"), strict=False):
        some = own.where(own["strength"] > 0)
        style: dict[str, Any] = {"color": COLOURS[colour], "ms": 2.5, "lw": 0.8, "fmt": "o-"}
        part, error = (some[name] / some["injected"] for name in ("found", "found_error"))
        top.errorbar(some["strength"], part, error, **style)
        label = f"{mass:.0f} MeV" + (f", order {own['order'][0]:.0f}" if "order" in own.columns else "")
        bottom.errorbar(own["strength"], own["coverage"], own["coverage_error"], **style, label=label)
        if "coverage_without_leak" in own.columns:
            bottom.plot(own["strength"], own["coverage_without_leak"], "x", color=COLOURS[colour], ms=3)
    _level(top, 1.0)
    _level(bottom, float(table.header["level"]))
    top.set(ylabel="found / injected", ylim=found)
    bottom.set(xlabel=rf"{axis} / $\sqrt{{b}}$", ylabel="limit above signal", ylim=(0.8, 1.02))
    if len(table):
        bottom.legend(ncol=2)
    return figure


def spurious(table: Table) -> Figure:
    """Signal that fits make of the smooth spectrum, over mass, by the order of the polynomial."""
    figure, axes = _page(table, "Order 0: none will do, the window is counted.")
    for colour, (order, own) in zip(SEQUENCE, _each(table, "order"), strict=False):
        axes.plot(own["mass_MeV"], own["spurious"], "o", ms=2, color=COLOURS[colour], label=f"order {order:.0f}")
    for value in (-MOST_SPURIOUS, 0.0, MOST_SPURIOUS):
        _level(axes, value)
    axes.set(xlabel="mass hypothesis [MeV]", ylabel="spurious signal / uncertainty", ylim=(-0.5, 0.5))
    axes.legend(ncol=3)
    return figure


def fit_injection(table: Table) -> Figure:
    """Part of an injected signal that the fit finds, and coverage of its limits."""
    note = "Fit of signal and background; orders as chosen for each window."
    return _injected(table, note, (0.6, 1.4), r"injected signal within $\pm1\sigma$")


def global_significance(table: Table) -> Figure:
    """Global against local significance."""
    number = int(float(table.header["pseudo_experiments"]))
    note = f"{number} pseudo-experiments; lines: closed form at their spacing, for a fit an upper estimate."
    figure, axes = _page(table, note)
    for colour, (name, own) in zip(("black", "red", "blue"), _each(table, "background_uncertainty"), strict=False):
        order = np.argsort(own["local_significance"])
        z, p = own["local_significance"][order], own["p_global"][order]
        style: dict[str, Any] = {"color": COLOURS[colour], "ms": 3}
        axes.errorbar(z, p, own["p_global_error"][order], fmt="o", label=f"{name} uncertainty", **style)
        axes.plot(z, own["closed_form"][order], "--", **style, lw=0.8)
    axes.set(yscale="log", xlabel="local significance", ylabel="global p-value", ylim=(1e-3, 2))
    axes.legend()
    return figure


def scans(table: Table) -> Figure:
    """Global p-values of pseudo-experiments over the closed form, against the spacing of the hypotheses."""
    number = int(float(table.header["pseudo_experiments"]))
    note = f"{number} pseudo-experiments of a flat scan over 297 sigma, b = 150 in +-1 sigma."
    figure, axes = _page(table, note)
    for colour, (z, own) in zip(SEQUENCE, _each(table, "z"), strict=False):
        ratio, error = (own[name] / own["closed_form"] for name in ("p_global", "p_global_error"))
        axes.errorbar(own["step_sigma"], ratio, error, fmt="o-", ms=3, color=COLOURS[colour], label=f"z = {z:g}")
    for value in (0.8, 1.0, 1.2):
        _level(axes, value)
    axes.set(xscale="log", xlabel="step [sigma]", ylabel="pseudo-experiments / closed form", ylim=(0.7, 1.3))
    axes.legend()
    return figure


def _level(axes: Axes, value: float) -> None:
    axes.axhline(value, color=COLOURS["grey"], lw=0.6, ls=":")
