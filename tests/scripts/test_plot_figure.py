import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import yaml
from matplotlib import image

from darkaon.config.figures import Figure
from darkaon.errors import InputError
from plot_figure import main
from plotting import write_tables

SCRIPT = Path(__file__).parents[2] / "scripts" / "plot_figure.py"
SEARCH = {"title": "a search", "caption": "c", "search": "s"}
MODEL = {"title": "a model", "caption": "c", "model": "m"}
RANGES = {"x_range": [0, 350], "y_range": [1e-10, 1e-2]}
FIGURES = {
    "spectrum": (SEARCH | {"bin_width": 5}, ["windows", "candidates.a", "cutflow.a"]),
    "stack": (SEARCH | {"bin_width": 5, "names": {"upstream": "upstream"}}, ["spectrum_5"]),
    "curve": (SEARCH | {"table": "acceptance", "column": "acceptance", "lifetimes_ns": [0]}, ["acceptance"]),
    "windows": (SEARCH | {"limits_label": "N"}, ["windows", "event_limits"]),
    "significance": (SEARCH, ["p_values"]),
    "methods": (SEARCH, ["methods"]),
    "limits": (SEARCH | {"lifetimes_ns": [0]}, ["own", "published"]),
    "plane": (SEARCH | {"colour_label": "B"}, ["branching_limits"]),
    "production": (MODEL | {"processes": ["K+ -> pi+ X"]}, ["predictions"]),
    "lifetime": (MODEL | RANGES, ["predictions"]),
    "path": (MODEL | {"energy_GeV": 50, "couplings": [{"value": 1e-3, "label": "g"}]}, ["predictions"]),
    "exclusion": (MODEL | RANGES, ["contours"]),
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return write_tables(tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "figures.yaml"
    path.write_text(
        yaml.safe_dump({"figures": {kind: {"kind": kind} | entry for kind, (entry, _) in FIGURES.items()}})
    )
    return path


def arguments(figures, tables, kind, outputs, names=None):
    shown = [f"{name}={tables[name]}" for name in names or FIGURES[kind][1]]
    return ["--figure", kind, "--figures", str(figures), "--tables", *shown, "--output", *map(str, outputs)]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", FIGURES)
def test_bytes_repeat(tmp_path, figures, tables, kind, caplog):
    files = [[tmp_path / run / f"{kind}.{suffix}" for suffix in ("pdf", "png")] for run in "ab"]
    for outputs in files:
        main(arguments(figures, tables, kind, outputs))
    (pdf, png), (pdf_again, png_again) = files
    assert pdf.read_bytes() == pdf_again.read_bytes() and png.read_bytes() == png_again.read_bytes()
    assert pdf.read_bytes().startswith(b"%PDF") and b"CreationDate" not in pdf.read_bytes()
    assert png.read_bytes().startswith(b"\x89PNG") and not caplog.records
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [f"{kind}.pdf", f"{kind}.png"]


@pytest.mark.parametrize(
    ("kind", "label", "notes"),
    [
        ("spectrum", "simulated", "tuned: simulation"),
        ("stack", "simulated", "tuned: simulation"),
        ("curve", "simulated", "tuned: simulation"),
        ("windows", "simulated", "tuned: simulation"),
        ("significance", "simulated", "tuned: simulation"),
        ("methods", "simulated", "tuned: simulation"),
        ("limits", "simulated + published", "tuned: simulation"),
        ("plane", "simulated", "tuned: simulation"),
        ("production", "calculated", "form factors recalled"),
        ("lifetime", "calculated", "S → π π left out"),
        ("exclusion", "simulated + published", "form factors recalled\ntuned: simulation"),
    ],
)
def test_every_figure_says_what_its_data_are_and_what_is_not_read(
    tmp_path, figures, tables, monkeypatch, kind, label, notes
):
    words = []
    monkeypatch.setattr(
        "darkaon.plots.saving.save",
        lambda figure, paths, carried: words.extend(text.get_text() for text in figure.texts),
    )
    main(arguments(figures, tables, kind, [tmp_path / "a.png"]))
    assert words[1] == label
    assert words[2] == notes


def test_these_are_all_kinds():
    kinds = [get_args(model.model_fields["kind"].annotation)[0] for model in get_args(get_args(Figure)[0])]
    assert sorted(kinds) == sorted(FIGURES)


def test_as_a_program(tmp_path, figures, tables):
    outputs = [tmp_path / "a.png"]
    done = subprocess.run(
        [sys.executable, SCRIPT, *arguments(figures, tables, "production", outputs)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "") and outputs[0].is_file()
    assert done.stdout == "production, a model: predictions; calculated\n"


def refused(match, tmp_path, *arguments_):
    output = tmp_path / "out" / "a.png"
    with pytest.raises(InputError, match=match):
        main(arguments(*arguments_[:3], [output], *arguments_[3:]))
    assert not list(tmp_path.glob("out/*"))


def test_a_missing_table(tmp_path, figures, tables):
    refused("figures.windows: shows the table 'event_limits'", tmp_path, figures, tables, "windows", ["windows"])
    gone = tables | {"windows": tmp_path / "gone.csv"}
    refused("gone.csv: no such file", tmp_path, figures, gone, "windows")
    refused("gone.csv: no file of candidates|gone.csv: no such", tmp_path, figures, gone, "spectrum")
    no_npy = tables | {"candidates.a": tmp_path / "gone.npy"}
    refused("gone.npy: no such file; make it with select_events.py", tmp_path, figures, no_npy, "spectrum")


def test_a_table_of_another_kind(tmp_path, figures, tables):
    wrong = tables | {"own": tables["published"]}
    refused("column 'expected_m2' is missing", tmp_path, figures, wrong, "limits")


def test_a_table_without_a_label(tmp_path, figures, tables):
    path = tmp_path / "windows.csv"
    path.write_text(tables["windows"].read_text().replace("# label: simulated\n", ""))
    refused(f"{path}: '# label:' is missing", tmp_path, figures, tables | {"windows": path}, "windows")


def test_what_is_no_mathtext(tmp_path, tables):
    path = tmp_path / "figures.yaml"
    entry = {"kind": "windows", "y_label": r"$\nonsense$"} | FIGURES["windows"][0]
    path.write_text(yaml.safe_dump({"figures": {"windows": entry}}))
    refused(r"y_label: '.*nonsense\$' is not mathtext", tmp_path, path, tables, "windows")


def test_both_formats_hold_the_same_as_savefig_writes(tmp_path, figures, tables, monkeypatch):
    both, alone = [tmp_path / f"a.{suffix}" for suffix in ("pdf", "png")], tmp_path / "b.png"
    main(arguments(figures, tables, "limits", both))
    monkeypatch.setattr("darkaon.plots.saving.save", lambda figure, paths, carried: figure.savefig(paths[0]))
    main(arguments(figures, tables, "limits", [alone]))
    assert np.array_equal(image.imread(both[1]), image.imread(alone))
    assert b"/MediaBox [ 0 0 243." in both[0].read_bytes()  # 8.6 cm


def test_arguments(tmp_path, figures, tables):
    refused("there is no 'window'; did you mean 'windows'", tmp_path, figures, tables, "window", ["windows"])
    with pytest.raises(InputError, match=r"a.svg: its name must end in .pdf or .png"):
        main(arguments(figures, tables, "windows", [tmp_path / "a.svg"]))
    with pytest.raises(InputError, match="'x' is not NAME=VALUE"):
        main(["--figure", "windows", "--figures", str(figures), "--tables", "x", "--output", "a.png"])
