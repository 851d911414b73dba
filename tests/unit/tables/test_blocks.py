"""Candidates in blocks: the bytes depend on the order of events alone, and counting needs one block."""

import numpy as np
import pytest

from darkaon.errors import InputError
from darkaon.tables import blocks
from darkaon.tables.blocks import Candidates, Writer, below


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 64)


def write(path, columns, size):
    writer = Writer(path, ["observable", *[f"f{k}" for k in range(1, len(columns))]] if len(columns) != 2
                    else ["observable", "weight"])  # fmt: skip
    for start in range(0, len(columns[0]), size):
        writer.add([values[start : start + size] for values in columns])
    writer.close()
    return path


@pytest.fixture
def columns():
    rng = np.random.default_rng(1)
    return [rng.integers(-5, 5, 1000) * 0.5, rng.uniform(-1, 1, 1000)]


@pytest.mark.parametrize("fields", [1, 2])
def test_bytes_do_not_depend_on_how_many_come_at_a_time(tmp_path, columns, fields):
    made = [write(tmp_path / f"{size}.npy", columns[:fields], size).read_bytes() for size in (1, 63, 64, 65, 1000)]
    assert len(set(made)) == 1


@pytest.mark.parametrize("fields", [1, 2, 3])
def test_each_block_is_sorted_in_the_order_of_the_file(tmp_path, columns, fields):
    columns = [*columns, np.arange(1000.0)][:fields]
    found = np.load(write(tmp_path / "a.npy", columns, 100))
    assert len(found) == 1000 and found.dtype.names[0] == "observable"
    for start in range(0, 1000, 64):
        rows = np.stack(columns, axis=1)[start : start + 64]
        expected = rows[np.lexsort(rows.T[::-1])]
        np.testing.assert_array_equal(
            np.stack([found[n][start : start + 64] for n in found.dtype.names], axis=1), expected
        )


def test_minus_zero_has_the_bytes_of_zero(tmp_path):
    a, b = (write(tmp_path / name, [np.array([zero, 1.0])], 2) for name, zero in (("a.npy", 0.0), ("b.npy", -0.0)))
    assert a.read_bytes() == b.read_bytes()


def test_counts_are_those_of_all_sorted(tmp_path, columns):
    files = [write(tmp_path / f"{k}.npy", [v[k::2] for v in columns], 100) for k in (0, 1)]
    edges = np.random.default_rng(2).uniform(-3, 3, (7, 11))
    edges[0, :3] = -2.5, 0.0, np.inf
    found = Candidates(files)
    ordered = np.sort(columns[0])
    np.testing.assert_array_equal(found.below(edges), np.searchsorted(ordered, edges))
    np.testing.assert_array_equal(below(ordered, edges), below(found, edges))
    inside = columns[0][None, None] < edges[..., None]
    first, second = found.weight_below(edges)
    np.testing.assert_allclose(first, (inside * columns[1]).sum(axis=-1), atol=1e-12)
    np.testing.assert_allclose(second, (inside * columns[1] ** 2).sum(axis=-1), atol=1e-12)
    assert len(found) == 1000 and found.ends() == (-2.5, 2.0) and len(found.load()) == 1000


def test_without_weights_sums_are_numbers(tmp_path, columns):
    first, second = Candidates([write(tmp_path / "a.npy", columns[:1], 10)]).weight_below([0.0, 9.0])
    assert first.tolist() == second.tolist() == [np.sum(columns[0] < 0), 1000]


def test_nothing(tmp_path):
    found = Candidates([write(tmp_path / "a.npy", [np.empty(0)], 1)])
    assert len(found) == 0 and found.below([1.0]).tolist() == [0] and np.isnan(found.ends()).all()
    assert len(found.load()) == 0 and len(Candidates([]).load()) == 0


def test_faults(tmp_path, columns):
    with pytest.raises(InputError, match=r"none.npy: no such file"):
        Candidates([tmp_path / "none.npy"])
    (tmp_path / "a.npy").write_text("no")
    with pytest.raises(InputError, match=r"NumPy file of candidates"):
        Candidates([tmp_path / "a.npy"])
    np.save(tmp_path / "b.npy", np.ones(3))
    with pytest.raises(InputError, match="has no field observable"):
        Candidates([tmp_path / "b.npy"])
    path = write(tmp_path / "c.npy", columns, 100)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(InputError, match="cut short"):
        Candidates([path])


@pytest.mark.parametrize("weighted", [0, 1])
def test_candidates_without_a_weight_count_1_beside_those_with_one(tmp_path, columns, weighted):
    files = [write(tmp_path / f"{k}.npy", columns[: 1 + (k == weighted)], 100) for k in (0, 1)]
    found = Candidates(files)
    below_0 = columns[0] < 0
    first, second = found.weight_below([0.0])
    assert first[0] == pytest.approx(below_0.sum() + columns[1][below_0].sum())
    assert second[0] == pytest.approx(below_0.sum() + (columns[1][below_0] ** 2).sum())
    assert found.names == ("observable", "weight")
    assert found.load()["weight"].sum() == pytest.approx(1000 + columns[1].sum())
