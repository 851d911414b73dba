"""Each format that events come in, by a file made in it: the same quantities as from a flat tree."""

import gzip
import re
import threading
from decimal import Decimal
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot

from darkaon.config.slots.events import Events
from darkaon.errors import InputError
from darkaon.events.branches import read_events
from darkaon.events.root import together
from darkaon.events.sources import Span
from trees import TRACKS, branch_map, events, layout, write_csv, write_root

NEEDS = ("vertex_z", "beam_momentum", *TRACKS)


def read(path, slot=None, needs=NEEDS, **options):
    parts = list(read_events(path, slot or layout(), needs, **options))
    return {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns}


def same(a, b):
    for name in NEEDS:
        np.testing.assert_array_equal(a[name], b[name])


@pytest.fixture
def raw():
    return events(200)


@pytest.fixture
def flat(tmp_path, raw):
    return read(write_root(tmp_path / "flat.root", raw))


def test_parquet_feather_and_compressed_csv(tmp_path, raw, flat):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import feather, parquet

    table = pa.table(raw)
    parquet.write_table(table, tmp_path / "a.parquet", row_group_size=70)
    feather.write_feather(table, tmp_path / "a.feather", chunksize=60)
    text = write_csv(tmp_path / "a.csv", raw).read_bytes()
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text))
    with pa.output_stream(str(tmp_path / "a.csv.zst"), compression="zstd") as stream:
        stream.write(text)
    for suffix in ("parquet", "feather", "csv.gz", "csv.zst"):
        same(read(tmp_path / f"a.{suffix}"), flat)
        same(read(tmp_path / f"a.{suffix}", size=33), flat)


def test_arrays_and_text_in_parquet(tmp_path, raw):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    lists = [[1.0, 2.0], [], None, [3.0]]
    parquet.write_table(
        pa.table({"t": lists, "kind": ["a", "b", "a", "b"], "n": pa.array([1, None, 3, 4]), "deep": [[[1]]] * 4}),
        tmp_path / "a.parquet",
    )
    branches = {name: {"name": name} for name in ("t", "kind", "n", "deep")}
    slot = Events.model_validate({"branches": branches, "selection": [{"name": "c", "expression": "count(t) > 0"}]})
    (chunk,) = read_events(tmp_path / "a.parquet", slot, ("n",), exact=("t", "kind"))
    assert chunk.columns["t"].counts.tolist() == [2, 0, 0, 1] and chunk.columns["kind"].tolist() == list("abab")
    np.testing.assert_array_equal(chunk.columns["n"], [1, np.nan, 3, 4])
    with pytest.raises(InputError, match="column 'deep' holds no numbers but list<"):
        list(read_events(tmp_path / "a.parquet", slot, (), exact=("deep",)))


def _write(kind, path, table):
    from pyarrow import feather, parquet

    (parquet.write_table if kind == "parquet" else feather.write_feather)(table, path)


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_numbers_by_another_name_and_records(tmp_path, kind):
    """Categories of pandas, decimals of databases, records as Awkward writes them."""
    pa = pytest.importorskip("pyarrow")
    tracks = [[{"p": 1.5, "at": {"x": 7}}], [], None, [{"p": 2.5, "at": {"x": 8}}, {"p": 3.5, "at": {"x": 9}}]]
    columns = {
        "run": pa.array([8123, 8124, 8123, 8124]).dictionary_encode(),
        "m": pa.array([Decimal("1.25"), None, Decimal("2.50"), Decimal("0.75")]),
        "vertex": pa.array([{"z": 1.0}, {"z": 2.0}, None, {"z": 4.0}]),
        "trk": pa.array(tracks),
        "flag": pa.array([True, None, False, True]),
    }
    _write(kind, tmp_path / "a", pa.table(columns))
    path = (tmp_path / "a").rename(tmp_path / f"a.{kind}")
    names = {"run": "run", "m": "m", "z": "vertex.z", "p": "trk.p", "x": "trk.at.x", "flag": "flag", "whole": "trk"}
    branches = {own: {"name": name} for own, name in names.items()}
    slot = Events.model_validate({"branches": branches, "selection": [{"name": "c", "expression": "m > 0"}]})
    (chunk,) = read_events(path, slot, ("run", "m", "z"), exact=("p", "x"))
    np.testing.assert_array_equal(chunk.columns["run"], [8123, 8124, 8123, 8124])
    np.testing.assert_array_equal(chunk.columns["m"], [1.25, np.nan, 2.5, 0.75])
    np.testing.assert_array_equal(chunk.columns["z"], [1, 2, np.nan, 4])
    assert chunk.columns["p"].counts.tolist() == chunk.columns["x"].counts.tolist() == [1, 0, 0, 2]
    assert chunk.columns["p"].values.tolist() == [1.5, 2.5, 3.5] and chunk.columns["x"].values.tolist() == [7, 8, 9]
    with pytest.raises(InputError, match="column 'flag' is neither true nor false in an event"):
        list(read_events(path, slot, ("flag",)))
    with pytest.raises(InputError, match=r"column 'trk' holds no numbers but .*struct"):
        list(read_events(path, slot, (), exact=("whole",)))


def test_without_pyarrow_one_sentence(tmp_path, monkeypatch):
    import builtins

    plain = builtins.__import__

    def without(name, *rest):
        if name.partition(".")[0] == "pyarrow":
            raise ImportError(name)
        return plain(name, *rest)

    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"a.parquet: reading .parquet needs the package pyarrow"):
        read(tmp_path / "a.parquet")


@pytest.mark.parametrize("suffix", ["parquet", "feather"])
def test_damaged(tmp_path, suffix):
    pytest.importorskip("pyarrow")
    (tmp_path / f"a.{suffix}").write_bytes((b"PAR1" if suffix == "parquet" else b"ARROW1") + bytes(40))
    with pytest.raises(InputError, match=f"a.{suffix}: cannot be read as {suffix}"):
        read(tmp_path / f"a.{suffix}")
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / f"none.{suffix}")


def test_a_branch_is_found_by_the_last_part_of_its_path(tmp_path, raw, flat):
    renamed = {("trk/" + name if name in TRACKS else name): values for name, values in raw.items()}
    with uproot.recreate(tmp_path / "a.root") as file:
        file.mkrntuple("events", renamed)
    same(read(tmp_path / "a.root"), flat)
    with uproot.recreate(tmp_path / "b.root") as file:
        file.mkrntuple("events", renamed | {"other/track1_slope_x": raw["vtx_z"]})
    with pytest.raises(InputError, match=r"several branches 'track1_slope_x' \(other/.*trk/"):
        read(tmp_path / "b.root")


def test_fields_of_records_in_an_rntuple(tmp_path, raw, flat):
    parts = {
        part: np.stack([raw[f"track{k}_{part}"] for k in (1, 2, 3)], axis=1)
        for part in ("momentum", "slope_x", "slope_y")
    }
    tracks = ak.zip({part: ak.Array(values.tolist()) for part, values in parts.items()})
    content = {name: values for name, values in raw.items() if name not in TRACKS} | {
        "Trk": ak.values_astype(tracks, "float32")
    }
    with uproot.recreate(tmp_path / "a.root") as file:
        file.mkrntuple("events", content)
    by_index = {f"track{k}_{p}": {"name": f"Trk.{p}", "index": k - 1} for k in (1, 2, 3) for p in parts}
    same(read(tmp_path / "a.root", layout(branch_map(**by_index))), flat)


def test_a_range_of_entries(tmp_path, raw):
    path = write_root(tmp_path / "a.root", raw)
    whole = read(path)
    parts = [read(path, span=Span(first, first + 77)) for first in (0, 77, 154)]
    for name in NEEDS:
        np.testing.assert_array_equal(whole[name], np.concatenate([part[name] for part in parts]))
    assert list(read_events(path, layout(), NEEDS, span=Span(900, 1000))) == []
    with pytest.raises(InputError, match="only a ROOT file"):
        read(write_csv(tmp_path / "a.csv", raw), span=Span(0, 3))


def test_parts_end_where_baskets_end():
    assert together([0, 8, 16, 24], 0, 24, 17) == [0, 16, 24]
    assert together([0, 8, 16, 24], 5, 20, 11) == [5, 16, 20]
    assert together([0, 24], 0, 24, 10) == [0, 10, 20, 24]
    assert together([0], 0, 0, 10) == [0]


class Ranges(SimpleHTTPRequestHandler):
    """Serves ranges of bytes, as Python's own handler does not."""

    ranges = True

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self._serve(head=True)

    def do_GET(self):
        self._serve()

    def _serve(self, head=False):
        path = Path(self.directory) / self.path.strip("/").partition("?")[0]
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")) if self.ranges else None
        first = int(asked[1]) if asked else 0
        last = min(int(asked[2] or len(content) - 1), len(content) - 1) if asked else len(content) - 1
        self.send_response(206 if asked else 200)
        if self.ranges:
            self.send_header("Accept-Ranges", "bytes")
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        if not head:
            self.wfile.write(content[first : last + 1])


@pytest.fixture
def server(tmp_path):
    pytest.importorskip("aiohttp")
    serving = ThreadingHTTPServer(("127.0.0.1", 0), partial(Ranges, directory=str(tmp_path)))
    thread = threading.Thread(target=serving.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    thread.join()


def test_a_file_over_http(server, flat):
    same(read(f"{server}/flat.root"), flat)
    with pytest.raises(InputError, match=r"none.root: (cannot be read over the network|no such file)"):
        read(f"{server}/none.root")
    with pytest.raises(InputError, match="only ROOT files are read over the network"):
        read(f"{server}/flat.csv")


def test_a_remote_file_is_known_by_its_size(server, flat, tmp_path):
    from darkaon.tables.checksums import identity

    size = (tmp_path / "flat.root").stat().st_size
    assert identity(f"{server}/flat.root").startswith(f"flat.root size:{size} modified:")
    assert identity(tmp_path / "flat.root").startswith(f"flat.root size:{size} modified_ns:")
