"""The figures that come along: no text on text, key or frame, whatever the numbers; and what their words may say."""

from importlib import import_module
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from darkaon.config.figures import Exclusion, Limits
from darkaon.config.figures_file import load_figures
from darkaon.plots.boxes import overlaps
from darkaon.plots.names import Name, place
from darkaon.plots.outline import sides
from darkaon.plots.style import canvas, styled, what
from darkaon.report.summary import DATA
from darkaon.tables.blocks import Candidates
from darkaon.tables.table import Table, read_table
from darkaon.typing import Limit
from plotting import BAND, SIMULATED, methods, p_values, predictions, two_masses, windows
from plotting import limits as limits_of

ROOT = Path(__file__).parents[3]
FIGURES = load_figures(ROOT / "config" / "figures.yaml")
EXCLUSIONS = [name for name, figure in FIGURES.items() if isinstance(figure, Exclusion)]
LIMITS = [name for name, figure in FIGURES.items() if isinstance(figure, Limits)]
LABELS = tuple(DATA)


def contours(spec):
    """Published regions and own expected edges of every search that the figure can show, side by side."""
    searches = list(spec.searches or spec.display)[:8]
    (x0, x1), (y0, y1) = spec.x_range, np.log(spec.y_range)
    rows = []
    for number, search in enumerate(searches):
        left = x0 + (x1 - x0) * (0.05 + 0.8 * number / len(searches))
        mass = np.linspace(left, left + 0.25 * (x1 - x0), 20)
        low = np.exp(y0 + (y1 - y0) * (0.4 + 0.05 * np.sin(np.arange(20.0) + number)))
        high = np.full(20, np.exp(y0 + (y1 - y0) * (0.6 + 0.04 * number)))
        path = zip([*mass, *mass[::-1], mass[0]], [*low, *high[::-1], low[0]], strict=True)
        own = [kind for kind in spec.own if number % 2]
        for label, kind in [("published", "observed"), *(("simulated", kind) for kind in own)]:
            rows += [(search, label, kind, 0.0, m, c) for m, c in path]
            path = zip([*mass, *mass[::-1], mass[0]], [*(0.8 * low), *high[::-1], 0.8 * low[0]], strict=True)
    names = ("search", "label", "kind", "polygon", "mass_MeV", "coupling")
    columns = {name: np.array(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
    return Table(columns, {"label": "published, simulated", "other_levels": f"{searches[0]} 0.95"})


def shown(spec, searches):
    return {spec.shown(search).name for search in searches}


def limits(spec, label):
    mass = np.linspace(*(spec.x_range or (210.0, 350.0)), 60)
    tau = np.repeat(spec.lifetimes_ns, 60)
    base = np.tile(1e-9 * (1 + 0.3 * np.sin(mass)), len(spec.lifetimes_ns)) * (1 + np.minimum(tau, 100))
    columns = {"lifetime_ns": tau, "mass_MeV": np.tile(mass, len(spec.lifetimes_ns)), "observed": base}
    factors = zip(BAND, (0.5, 0.7, 1, 1.4, 2), strict=True) if label != "published" else ()
    return Table(columns | {name: base * factor for name, factor in factors}, {"label": label})


def drawn(name, tables, labels):
    spec = FIGURES[name]
    with styled():
        notes = ["Some choice of the model that a reader has to know", "tuned: background, simulation"]
        page = canvas(labels, notes, spec.title, wide=spec.wide)
        import_module(f"darkaon.plots.{spec.kind}").draw(page, tables, spec)
        page.draw_without_rendering()
        return page, overlaps(page)


@pytest.mark.parametrize("name", EXCLUSIONS)
def test_no_text_overlaps_in_a_plane(name):
    spec = FIGURES[name]
    regions = {f"region.{key}": read_table(ROOT / region.path) for key, region in spec.drawn.items()}
    ours = contours(spec)
    page, found = drawn(name, {"contours": ours, **regions}, ["published", "simulated"])
    assert found == []
    names = {text.get_text().partition(" (")[0] for text in page.axes[0].texts}
    twice = set(ours["search"])  # the same data as published limits that are drawn: named once
    for region in spec.drawn.values():
        word = region.name.partition(" (")[0]
        assert not word or (word in names) == (region.search not in twice or word in shown(spec, twice)), region


@pytest.mark.parametrize("name", LIMITS)
def test_no_text_overlaps_in_limits(name):
    spec = FIGURES[name]
    tables = {"own": limits(spec, "simulated"), "published": limits(spec, "published")}
    tables |= {search: limits(spec, "simulated") for search in spec.beside}
    assert drawn(name, tables, ["published", "simulated"])[1] == []


def others(spec, folder):
    """Tables for a figure that is neither a plane nor limits, of the numbers of the other tests of figures."""
    if spec.kind == "spectrum":
        low, high = spec.x_range or (0, 100)
        values = np.random.default_rng(1).uniform(low, high, 3000)
        np.save(folder / "a.npy", np.rec.fromarrays([np.sort(values)], names="observable").view(np.ndarray))
        table = windows()
        for name in ("mass_MeV", "low", "high"):
            table[name] = np.linspace(low, high, len(table[name]) + 2)[1:-1]  # the range that is shaded
        return {"candidates.a": Candidates([folder / "a.npy"]), "windows": Table(table, SIMULATED)}
    if spec.kind == "stack":
        edges = np.arange(*(spec.x_range or (0.0, 10 * spec.bin_width)), spec.bin_width)
        columns = {"low": edges[:-1], "high": edges[1:], "n_observed": np.full(len(edges) - 1, 3.0)}
        columns |= {name: np.full(len(edges) - 1, 1.0) for name in spec.names}
        return {f"spectrum_{spec.bin_width:g}": Table(columns, SIMULATED)}
    if spec.kind == "curve":
        lifetimes = spec.lifetimes_ns or (0.0,)
        columns = limits_of(lifetimes)
        for name in filter(None, (spec.column, spec.error)):
            columns[name] = 0.05 + 0 * columns["mass_MeV"]
        return {spec.table: Table(columns, SIMULATED)}
    if spec.kind == "plane":
        return {"branching_limits": Table(two_masses(), SIMULATED)}
    if spec.kind in ("production", "lifetime", "path"):
        columns = predictions()
        names = getattr(spec, "processes", (getattr(spec, "process", ""),))
        parts = [np.flatnonzero(np.array(columns["process"]) == "K+ -> pi+ X")] * len(names)
        rows = {
            name: np.concatenate([np.asarray(column)[part] for part in parts]) for name, column in columns.items()
        }
        rows["process"] = np.repeat(names, len(parts[0]))
        header = {"coupling": "g", "coupling2": "g^2", "reference": "1e-3", "coupling_power": "2"}
        return {"predictions": Table(rows, header)}
    windowed, events = Table(windows(), SIMULATED), Table(limits_of((0.0,)), SIMULATED)
    return {
        "windows": {"windows": windowed, "event_limits": events},
        "significance": {"p_values": Table(p_values(), SIMULATED)},
        "methods": {"methods": Table(methods(), SIMULATED)},
    }[spec.kind]


@pytest.mark.parametrize("name", sorted(set(FIGURES) - {*EXCLUSIONS, *LIMITS}))
def test_no_text_overlaps_in_the_other_figures(name, tmp_path):
    assert drawn(name, others(FIGURES[name], tmp_path), ["simulated"])[1] == []


def test_overlaps_are_found():
    with styled():
        page = canvas(["simulated"], title="title")
        axes = page.subplots()
        axes.text(0.5, 0.5, "one", transform=axes.transAxes)
        axes.text(0.51, 0.5, "two", transform=axes.transAxes)
        axes.text(0.97, 0.3, "beyond the frame", transform=axes.transAxes, gid="name")
        page.draw_without_rendering()
        found = overlaps(page)
    assert "'one' and 'two'" in found and "'beyond the frame' and the frame" in found


def test_names_of_areas_that_coincide_are_apart():
    square = np.array([[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8], [0.2, 0.2]])
    with styled():
        page = canvas([])
        axes = page.subplots()
        place(page, axes, [Name(f"name {n}", "#4a47fc", (square,)) for n in range(12)])
        page.draw_without_rendering()
        assert len([t for t in axes.texts if t.get_text()]) == 12 and overlaps(page) == []


def test_a_region_has_no_side_where_masses_end_or_its_frame_is():
    box = np.array([[1.0, 1e-5], [2, 2e-5], [3, 1e-5], [3, 1.0], [1, 1.0], [1, 1e-5]])
    (edge,) = sides([box], above=1.0)
    assert edge.tolist() == box[:3].tolist()
    low, high = sides([box])
    assert len(low) == 3 and high.tolist() == [[3, 1], [1, 1]]


@pytest.mark.parametrize("kind", get_args(Limit))
@pytest.mark.parametrize("label", LABELS)
def test_only_real_data_are_called_observed_or_published(kind, label):
    words = what(kind, label)
    assert ("observed" in words) == (kind == "observed" and label in ("published", "measured", "published counts"))
    if label in ("assumed counts", "simulated", "recast"):
        assert "published" not in words
    if label == "interpolated":
        assert words == "interpolated between published points"


def test_limits_without_a_label_have_no_comma():
    assert what("expected", "") == "expected" and what("observed", "published") == "observed, published"
