"""Event files as they come: merged, in a folder of several, of several formats, one of them twice."""

import gzip
import shutil

import numpy as np
import pytest
import uproot

from darkaon.config.event_files import batch
from darkaon.tables.table import read_table

from .test_reruns import NAME

pytestmark = pytest.mark.workflow
FOLDER = f"results/searches/{NAME}"
LIMITS = f"{FOLDER}/branching_limits.csv"
TRACK = {"momentum": 25.0, "slope_x": 0.002, "slope_y": 0.001}
EVENT = {"vtx_z": 120.0, **{f"beam_{name}": value for name, value in {**TRACK, "momentum": 75.0}.items()}}
EVENT |= {f"track{k}_{name}": value for k in (1, 2, 3) for name, value in TRACK.items()}


def own_path(done, sample, path):
    """Give a sample files of its own in place of the simulated ones."""
    table = done.path("config/samples.csv")
    lines = [
        f"{line}{path}" if line.startswith(f"{NAME}_{sample},") and line.endswith("simulated,") else line
        for line in table.read_text().splitlines()
    ]
    table.write_text("\n".join(lines) + "\n")


def write(path, *trees):
    """A ROOT file of trees, each a name and the columns of its parts, one after the other as by a merge."""
    path.parent.mkdir(exist_ok=True)
    with uproot.recreate(path) as file:
        for name, parts in trees:
            tree = file.mktree(name, {key: values.dtype for key, values in parts[0].items()})
            for part in parts:
                tree.extend(part)


def same(a, b, *names):
    for name in names:
        np.testing.assert_allclose(a[name], b[name], rtol=1e-9)


def test_a_merged_signal_file_and_its_parts_have_the_limits_of_the_whole(done):
    with uproot.open(done.path(f"results/simulated/{NAME}_signal.root")) as file:
        events, generated = (file[name].arrays(library="np") for name in ("events", "generated"))
    half = np.random.default_rng(1).random(len(events["x_mass_MeV"])) < 0.5
    parts = [({name: v[rows] for name, v in events.items()}, rows) for rows in (half, ~half)]
    decays = generated["decays"]
    counts = [{**generated, "decays": part} for part in (decays // 2, decays - decays // 2)]
    for (columns, _), count, name in zip(parts, counts, "ab", strict=True):
        write(done.path(f"halves/{name}.root"), ("events", [columns]), ("generated", [count]))
    write(done.path("merged.root"), ("events", [columns for columns, _ in parts]), ("generated", counts))
    files = [f"{FOLDER}/acceptance.csv", LIMITS]
    acceptance, limits = (read_table(done.path(name)) for name in files)
    own_path(done, "signal", "halves")
    for path in ("halves", "merged.root"):
        samples = done.path("config/samples.csv")
        samples.write_text(samples.read_text().replace("halves", path))
        assert f"compute_acceptance {NAME}" in done.jobs(*files)
        done.snakemake(*files)
        same(read_table(done.path(files[0])), acceptance, "acceptance", "acceptance_error")
        same(read_table(done.path(files[1])), limits, "observed", "expected")


def test_data_in_a_folder_of_several_formats(done):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    with uproot.open(done.path(f"results/simulated/{NAME}_2018.root")) as file:
        events = file["events"].arrays(library="np")
    thirds = np.array_split(np.arange(len(events["run"])), 3)
    root, columnar, text = ({name: v[rows] for name, v in events.items()} for rows in thirds)
    write(done.path("mine/a.root"), ("events", [root]))
    parquet.write_table(pa.table(columnar), done.path("mine/b.parquet"))
    names = [name for name in text if name != "is_simulation"]
    rows = zip(*(text[name].tolist() for name in names), strict=True)
    lines = [",".join(names), *(",".join(map(repr, row)) for row in rows)]
    done.path("mine/c.csv.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    candidates = done.path(f"{FOLDER}/candidates/{NAME}_2018.npy")
    before, limits = candidates.read_bytes(), read_table(done.path(LIMITS))
    own_path(done, "2018", "mine")
    done.snakemake(LIMITS)
    assert candidates.read_bytes() == before
    same(read_table(done.path(LIMITS)), limits, "observed", "expected")
    cutflow = candidates.with_suffix(".csv").read_text()
    assert all(f"# inputs: {name} sha256:" in cutflow for name in ("a.root", "b.parquet", "c.csv.gz"))


@pytest.mark.parametrize("twice", ["link.root", "copy.root"])
def test_a_duplicated_data_file_stops_the_run(done, twice):
    """By a link, or a copy with its checksum; other ways to one path: `tests/unit/events/test_cases.py`."""
    shutil.copy(done.path(f"results/simulated/{NAME}_2018.root"), done.path("mine.root"))
    done.path("link.root").symlink_to(done.path("mine.root"))
    shutil.copy(done.path("mine.root"), done.path("copy.root"))
    own_path(done, "2018", "mine.root")
    own_path(done, "2017", twice)
    before = done.path(LIMITS).read_bytes()
    stopped = done.snakemake(LIMITS, check=False)
    said = stopped.stdout + stopped.stderr
    assert stopped.returncode != 0 and "counted twice" in said and "Traceback" not in said
    assert not done.path(LIMITS).exists() or done.path(LIMITS).read_bytes() == before


def test_a_new_file_of_many_is_read_with_its_batch_alone(checkout):
    events = {name: np.full(10, value, dtype=np.float32) for name, value in EVENT.items()}
    for number in range(129):
        write(checkout.path(f"mine/{number}.root"), ("events", [{**events, "run": np.full(10, number)}]))
    own_path(checkout, "2018", "mine")
    candidates = [f"{FOLDER}/candidates/{NAME}_2018.{batch}of2.npy" for batch in (0, 1)]
    checkout.snakemake(*candidates)
    cutflows = [read_table(checkout.path(path).with_suffix(".csv"), text=["cut"]) for path in candidates]
    assert sum(cutflow["events"][0] for cutflow in cutflows) == 1290
    write(checkout.path("mine/new.root"), ("events", [events]))
    assert checkout.jobs(*candidates) == {f"select_events {NAME} {NAME}_2018.{batch('new.root', 1)}of2"}
