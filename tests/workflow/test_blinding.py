"""A whole blinded run: no file made after the event files knows of events inside the blinded ranges."""

import csv
import json
import shutil

import numpy as np
import pytest
import uproot
import yaml
from matplotlib.image import imread

from darkaon.config.search import load_search
from darkaon.events.branches import read_events
from darkaon.events.selection import Selection
from darkaon.tables.table import read_table

from .conftest import ROOT, Checkout, copy

pytestmark = pytest.mark.workflow
# search -> blinded masses, data sample that is planted in, and the sample whose events are planted
BLIND = {
    "na62_kpix_invisible": ([[195.0, 225.0]], "na62_kpix_invisible_2018", "na62_kpix_invisible_signal"),
    "na62_kpix_mumu": ([[245.0, 255.0]], "na62_kpix_mumu_2018", "na62_kpix_mumu_2018"),
}
VARIANT = "na62_kpix_invisible_2016_18"
SAMPLES = [(search, data) for search, (_, data, _) in BLIND.items()]
FIGURES = ("fig1a", "fig2a", "fig4a", "fig5b", "fig9d")
PLANTED = 300
READERS = {  # of every kind of file that a run makes
    ".csv": lambda path: list(csv.reader(line for line in path.open() if not line.startswith("#"))),
    ".npy": lambda path: np.load(path).tolist(),
    ".json": lambda path: json.loads(path.read_text()),
    ".log": lambda path: path.read_text(),
    ".html": lambda path: path.read_text(),
    ".bib": lambda path: path.read_text(),
    ".png": lambda path: imread(path).tobytes(),
    ".pdf": lambda path: path.read_bytes(),
}


def small(folder):
    project = copy(ROOT, folder)
    searches = [*BLIND, VARIANT]
    project.edit_yaml("config/config.yaml", searches=searches, models=["bc4"], chunks=1, toys=100)
    samples = {"simulation__signal__decays": 3000}
    invisible, mumu = (f"config/searches/{name}.yaml" for name in BLIND)
    project.edit_yaml(invisible, simulation__background__decays=10000, masses__step=8.0, **samples)
    changes = {"masses__count": 30, "background__half_width_sigma": 12.0}
    project.edit_yaml(mumu, simulation__decays__pi_mumu__value=4000, **changes, **samples)
    figures = project.path("config/figures.yaml")
    content = yaml.safe_load(figures.read_text())
    content["figures"] = {name: content["figures"][name] for name in FIGURES}
    figures.write_text(yaml.safe_dump(content))
    for name, (ranges, _, _) in BLIND.items():
        lifetimes = [0, 1] if "mumu" in name else [1, float("inf")]
        project.edit_yaml(f"config/searches/{name}.yaml", blind=ranges, lifetime__values_ns=lifetimes)
    return project


def run(project):
    """Everything after the event files, made anew."""
    for part in ("searches", "models", "figures", "logs"):
        shutil.rmtree(project.path(f"results/{part}"), ignore_errors=True)
    project.snakemake()
    results = project.path("results")
    return {str(path.relative_to(results)): path for path in sorted(results.rglob("*")) if _after_select(path)}


def read(files, name):
    """What a file says, as text: so that an empty cell is equal to another."""
    return repr(READERS[files[name].suffix](files[name]))


def _after_select(path):
    return (
        path.is_file()
        and not path.name.startswith(".")
        and path.suffix != ".root"
        and not path.parent.name.startswith("simulate_")
    )


def observables(search, path):
    """The observable of all events of a file, in the order of the file."""
    source = str(ROOT / f"config/searches/{search}.yaml")
    slots = load_search(source, ("events", "regions", "observable"))
    selection = Selection(slots.events, slots.observable, source, slots.regions)
    return np.concatenate([selection.observe(c.columns) for c in read_events(path, slots.events, selection.needs)])


def inside(values, ranges):
    values = np.asarray(values)[:, None]
    return np.any((values >= ranges["low"]) & (values < ranges["high"]), axis=1)


def plant(project, search, data, source):
    """Put events into the blinded ranges of a data file."""
    target, pool = (project.path(f"results/simulated/{name}.root") for name in (data, source))
    with uproot.open(target) as file, uproot.open(pool) as other:
        own, more = file["events"].arrays(library="np"), other["events"].arrays(library="np")
    ranges = read_table(project.path(f"results/searches/{search}/blinding.csv"))
    found = np.resize(np.flatnonzero(inside(observables(search, pool), ranges)), PLANTED)
    assert len(set(found)) > 10
    with uproot.recreate(target) as file:
        file.mktree("events", {name: values.dtype for name, values in own.items()})
        taken = {name: more[name][found] if name in more else np.resize(own[name], PLANTED) for name in own}
        file["events"].extend({name: np.concatenate([own[name], taken[name]]) for name in own})


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The files of three runs: blinded, blinded with events planted, the same unblinded."""
    folder = tmp_path_factory.mktemp("blinding")
    project = small(folder / "none")
    runs = {"none": run(project)}
    for name in ("planted", "open"):
        shutil.copytree(folder / "none", folder / name, symlinks=True)
        other = Checkout(folder / name)
        for search, (_, data, source) in BLIND.items():
            plant(other, search, data, source)
            if name == "open":
                other.edit_yaml(f"config/searches/{search}.yaml", blind=False)
        runs[name] = run(other)
    return runs


def test_no_file_knows_of_what_is_blinded(runs):
    """Every file by its own reader, and to the byte."""
    none, planted = runs["none"], runs["planted"]
    assert none.keys() == planted.keys() and len(none) > 80
    for part in ("searches", "models", "figures", "logs"):
        assert any(name.startswith(part) for name in planted)
    for name, path in planted.items():
        assert read(planted, name) == read(none, name), name
        assert path.read_bytes() == none[name].read_bytes(), name


def test_nothing_inside_a_blinded_range_is_kept_or_counted(runs):
    for search in BLIND:
        files = {name.removeprefix(f"searches/{search}/"): path for name, path in runs["planted"].items()}
        ranges = read_table(files["blinding.csv"])
        for name, path in files.items():
            if name.startswith("candidates/") and path.suffix == ".npy" and search in str(path):
                found = np.load(path)
                data = "x_mass_MeV" not in found.dtype.names and "component" not in found.dtype.names
                assert not data or not inside(found["observable"], ranges).any(), name


def test_unblinded_they_are_seen_in_every_stage(runs):
    seen = [name for name in runs["open"] if read(runs["open"], name) != read(runs["none"], name)]
    mumu, invisible = "searches/na62_kpix_mumu", "searches/na62_kpix_invisible"
    expected = {
        *(f"{s}/{table}.csv" for s in (mumu, invisible) for table in ("windows", "event_limits", "branching_limits")),
        *(f"{s}/methods.csv" for s in (mumu, invisible)),
        *(f"{s}/pyhf/patchset.json" for s in (mumu, invisible)),
        *(f"searches/{s}/candidates/{data}.{kind}" for s, data in SAMPLES for kind in ("npy", "csv")),
        *(f"logs/select_events/{s}.{data}.log" for s, data in SAMPLES),
        f"{mumu}/global_significance.csv",
        f"{invisible}/spectrum_0.002.csv",
        f"searches/{VARIANT}/branching_limits.csv",
        *(f"models/bc4/{table}.csv" for table in ("exclusion", "contours", "union", "combination")),
        *(f"figures/{figure}.png" for figure in ("fig1a", "fig2a", "fig4a", "fig5b")),
    }
    assert expected <= set(seen), expected - set(seen)
