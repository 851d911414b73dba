from pathlib import Path

import pytest
import yaml

from darkaon.config.figures_file import FiguresFile, load_figure, load_figures
from darkaon.config.schema import validate
from darkaon.errors import InputError

SHIPPED = Path(__file__).parents[3] / "config" / "figures.yaml"
ISSUE = ["2b", "3", "4a", "4b", "5a", "5b", "6a", "6b", "7a", "7b", "8a", "8b", "9a", "9b", "9c", "9d"]
ISSUE += ["10a", "10b", "10c", "10d", "11a", "11b", "11c"]


def write(folder, **figures):
    path = folder / "figures.yaml"
    path.write_text(yaml.safe_dump({"searches": {"s": {"name": "S", "colour": "red"}}, "figures": figures}))
    return path


def entry(**changes):
    return {"kind": "windows", "title": "t", "caption": "c", "search": "s", "limits_label": "N"} | changes


def test_the_shipped_figures_hold_what_the_paper_shows():
    figures = load_figures(SHIPPED)
    assert set(ISSUE) <= {figure.paper for figure in figures.values()}
    for figure in figures.values():
        assert (SHIPPED.parents[1] / "scripts" / "darkaon" / "plots" / f"{figure.kind}.py").is_file()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "window"}, "figures.f.kind: 'window' is none of .*; did you mean 'windows'?"),
        ({"titel": "t"}, "figures.f.titel: unknown key; did you mean 'title'?"),
        ({"search": None}, "figures.f.search: None must be text"),
        ({"x_range": [3, 1]}, "figures.f: x_range: .*the lower end comes first"),
        ({"display": {"s": {"name": "x", "colour": "rde"}}}, "colour: 'rde' is none of .*; did you mean 'red'?"),
    ],
)
def test_a_fault_names_file_key_and_remedy(tmp_path, changes, message):
    with pytest.raises(InputError, match=message) as error:
        load_figures(write(tmp_path, f=entry(**changes)))
    assert str(error.value).startswith(str(tmp_path / "figures.yaml"))


def test_an_unknown_figure(tmp_path):
    with pytest.raises(InputError, match=r"there is no 'fig1'; did you mean 'fig11'?"):
        load_figure(write(tmp_path, fig11=entry()), "fig1")


def test_names_of_searches_are_filled_in_where_they_are_shown(tmp_path):
    limits = {"kind": "limits", "title": "t", "caption": "c", "search": "z", "lifetimes_ns": [0]}
    plane = {"kind": "exclusion", "title": "t", "caption": "c", "model": "m", "x_range": [0, 1], "y_range": [1, 2]}
    path = write(tmp_path, a=plane, b=limits | {"beside": ["s"]}, c=limits, d=entry(), e=plane | {"searches": ["z"]})
    figures = load_figures(path)
    assert figures["a"].shown("s").colour == figures["b"].shown("s").colour == "red"
    assert figures["a"].shown("z").name == "z"
    assert not any(figures[name].display for name in "cde")  # so an edit of 's' redraws none of them


def test_text_tells_every_edit(tmp_path):
    limits = {"title": "t", "caption": "c", "search": "s", "kind": "limits"}
    path = write(tmp_path, a=limits | {"lifetimes_ns": [1]}, b=limits | {"lifetimes_ns": [float("inf")]})
    a, b = load_figures(path).values()
    assert a.text() != b.text() and a.text() == load_figures(path)["a"].text()


@pytest.mark.parametrize("low", [0, -1])
def test_a_logarithmic_axis_begins_above_0(low):
    limits = {"title": "t", "caption": "c", "search": "s", "kind": "limits", "lifetimes_ns": [1], "y_range": [low, 1]}
    with pytest.raises(InputError, match=r"y_range: .*: the axis is logarithmic; begin above 0"):
        validate(FiguresFile, {"figures": {"a": limits}}, "figures.yaml")
    curve = {"title": "t", "caption": "c", "search": "s", "kind": "curve", "table": "windows", "column": "background"}
    assert validate(FiguresFile, {"figures": {"a": curve | {"y_range": [low, 1]}}}, "figures.yaml")
    with pytest.raises(InputError, match="the axis is logarithmic"):
        validate(FiguresFile, {"figures": {"a": curve | {"y_range": [low, 1], "log": True}}}, "figures.yaml")
