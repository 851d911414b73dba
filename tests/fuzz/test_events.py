"""Fuzzing small ROOT files: what is selected is what numpy selects, or the file is refused."""

from __future__ import annotations

import functools

import numpy as np
import uproot
import yaml
from hypothesis import given
from hypothesis import strategies as st

import select_events
from trees import events, layout

from .harness import contents, fuzz, run

SIZE = 60
VALUES = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -1.0, 1e30, 140.0, 170.0])
TYPES = ["float32", "float64", "int32", "int64", "uint8", "bool"]


@functools.cache
def plain():
    """Branches of a few events, as float64 that float32 holds too."""
    return {name: values.astype(float) for name, values in events(SIZE).items()}


@functools.cache
def search():
    """The YAML of the search."""
    slots = {"events": layout().model_dump(mode="json", exclude_none=True), "observable": "dimuon_mass"}
    return yaml.safe_dump({"title": "t", "input": "events", **slots})


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("value"), st.integers(0, 11), st.integers(0, SIZE - 1), VALUES),
        st.tuples(st.just("type"), st.integers(0, 11), st.sampled_from(TYPES)),
        st.tuples(st.just("scale"), st.integers(0, 11), st.sampled_from([1e-3, 10, 1e3])),
        st.tuples(st.just("short"), st.integers(0, 11), st.sampled_from([0, 1, 5])),
        st.tuples(st.just("drop"), st.integers(0, 11)),
        st.tuples(st.just("rename"), st.integers(0, 11)),
    ),
    max_size=2,
)


def changed(changes):
    """Branches with a value, a type or a name changed."""
    columns = dict(plain())
    for what, which, *how in changes:
        name = sorted(columns)[which % len(columns)]
        values = columns[name]
        if what == "value" and len(values):
            columns[name] = values.astype(float)
            columns[name][how[0] % len(values)] = how[1]
        elif what == "type" and np.all(np.isfinite(values) & (np.abs(values.astype(float)) < 1e9)):
            columns[name] = values.astype(how[0])
        elif what == "scale":
            columns[name] = values.astype(float) * how[0]
        elif what == "short":
            columns = {key: values[: how[0]] for key, values in columns.items()}
        elif what in ("drop", "rename"):
            columns.pop(name)
            if what == "rename":
                columns[f"{name}x"] = values
    return columns


def select(folder, path):
    (folder / "s.yaml").write_text(search())
    outputs = [folder / "out" / "s.npy", folder / "out" / "s.csv"]
    options = ["--search", folder / "s.yaml", "--sample", "s", "--label", "simulated", "--input", path,
               "--output", outputs[0], "--cutflow", outputs[1]]  # fmt: skip
    said = run(select_events.main, options, *outputs)
    return said, None if said else np.load(outputs[0])["observable"]


def expected(columns):
    """The di-muon masses [MeV] of the events that pass both cuts, by numpy alone."""
    p = {
        k: [columns[f"track{k}_{part}"].astype(float) for part in ("momentum", "slope_x", "slope_y")]
        for k in (1, 2, 3)
    }
    masses = {1: 139.57039e-3, 2: 105.6583755e-3, 3: 105.6583755e-3}

    def invariant(tracks):
        total = np.zeros((4, len(columns["vtx_z"])))
        for k in tracks:
            size, x, y = p[k]
            along = size / np.sqrt(1 + x**2 + y**2)
            total += np.stack([np.sqrt(size**2 + masses[k] ** 2), along * x, along * y, along])
        return 1000 * np.sqrt(np.maximum(total[0] ** 2 - (total[1:] ** 2).sum(axis=0), 0))

    kaon, vertex = invariant((1, 2, 3)), columns["vtx_z"].astype(float)
    return invariant((2, 3))[(vertex >= 105) & (vertex < 165) & (kaon >= 484) & (kaon < 503)]


@fuzz
@given(changes=CHANGES)
def test_root_files(tmp_path_factory, changes):
    columns = changed(changes)
    folder = tmp_path_factory.mktemp("root")
    path = folder / "events.root"
    with uproot.recreate(path) as file:
        file.mktree("events", {name: values.dtype for name, values in columns.items()})
        file["events"].extend(columns)
    said, found = select(folder, path)
    if not said:
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(np.sort(found), np.sort(expected(columns)), rtol=1e-5)


@functools.cache
def good(folder):
    """The bytes of a good file."""
    path = folder / "good.root"
    with uproot.recreate(path, compression=None) as file:
        file.mktree("events", {name: values.dtype for name, values in plain().items()})
        file["events"].extend(plain())
    return path.read_bytes()


@fuzz
@given(data=st.data())
def test_damaged_root_files(tmp_path_factory, data):
    """ROOT has no checksums without compression: a changed number is read as it is, but nothing else may happen."""
    folder = tmp_path_factory.mktemp("damaged")
    path = folder / "events.root"
    path.write_bytes(data.draw(contents(good(tmp_path_factory.getbasetemp()))))
    select(folder, path)
