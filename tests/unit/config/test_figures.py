from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from darkaon.config.figures import load_figure, load_figures
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


@pytest.fixture
def project(tmp_path):
    for kind, names in (("searches", ("s", "other")), ("models", ("m",))):
        (tmp_path / kind).mkdir()
        for name in names:
            (tmp_path / kind / f"{name}.yaml").touch()
    return SimpleNamespace(
        results="r",
        set_results="r/sets/s",
        run=SimpleNamespace(figures="figures.yaml", models=("m",)),
        searches={"s": SimpleNamespace(door="events", published=True)},
        search_path=lambda name: str(tmp_path / "searches" / f"{name}.yaml"),
        model_path=lambda name: str(tmp_path / "models" / f"{name}.yaml"),
        samples_of=lambda search, role: [SimpleNamespace(sample="a"), SimpleNamespace(sample="b")],
        limits_for=lambda model: {"s": ["r/searches/s/branching_limits.csv"]},
    )


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


def test_inputs_of_each_kind(tmp_path, project):
    base = {"title": "t", "caption": "c"}
    figures = load_figures(
        write(
            tmp_path,
            spectrum=base | {"kind": "spectrum", "search": "s", "bin_width": 1},
            curve=base | {"kind": "curve", "search": "s", "table": "acceptance", "column": "ses"},
            windows=entry(),
            limits=base | {"kind": "limits", "search": "s", "lifetimes_ns": [0], "beside": ["other"]},
            map=base | {"kind": "lifetime", "model": "m", "y_range": [1, 2]},
            plane=base | {"kind": "exclusion", "model": "m", "x_range": [1, 2], "y_range": [1, 2]},
        )
    )
    assert all(figure.available(project) for figure in figures.values())
    found = {name: figure.inputs(project) for name, figure in figures.items()}
    assert sorted(found["spectrum"]) == ["candidates.a", "candidates.b", "cutflow.a", "cutflow.b", "windows"]
    assert found["curve"] == {"acceptance": "r/searches/s/acceptance.csv"}
    assert list(found["windows"]) == ["windows", "event_limits"]
    assert found["limits"] == {
        "own": "r/searches/s/branching_limits.csv",
        "published": "r/searches/s/published_limits.csv",
    }
    assert found["map"] == {"predictions": "r/sets/s/models/m/predictions.csv"}
    assert found["plane"] == {"contours": "r/sets/s/models/m/contours.csv"}


def test_inputs_of_an_overlay_and_a_combination(tmp_path, project):
    base = {"title": "t", "caption": "c", "kind": "exclusion", "model": "m", "x_range": [1, 2], "y_range": [1, 2]}
    user = tmp_path / "user.csv"
    figure = load_figure(write(tmp_path, a=base | {"overlays": [{"path": str(user)}], "combination": True}), "a")
    with pytest.raises(InputError, match=r"overlays: there is no file .*user.csv"):
        figure.available(project)
    user.touch()
    project.combined_models = lambda: ["m"]
    assert figure.available(project) and figure.inputs(project) == {
        "contours": "r/sets/s/models/m/contours.csv",
        "overlay.0": str(user),
        "combination": "r/sets/s/models/m/combination_contours.csv",
    }
    project.limits_for = lambda model: {}
    assert not figure.available(project)  # nothing that constrains the model is in the run
    for key, value in (("projections", {"othr": 10}), ("at", {"othr": [1, 1]}), ("searches", ["othr"])):
        other = load_figure(write(tmp_path, a=base | {key: value}), "a")
        with pytest.raises(InputError, match=rf"{key}: 'othr' has no file .*; did you mean 'other'?"):
            other.available(project)


def test_what_the_run_does_not_make_is_left_out(tmp_path, project):
    figures = load_figures(write(tmp_path, a=entry(search="other"), b=entry()))
    assert not figures["a"].available(project)
    project.searches["s"].door = "limits"
    assert not figures["b"].available(project)
    limits = {"title": "t", "caption": "c", "search": "s", "kind": "limits", "lifetimes_ns": [0]}
    figure = load_figure(write(tmp_path, a=limits), "a")
    assert figure.available(project) and list(figure.inputs(project)) == ["published"]


def test_a_search_or_model_that_does_not_exist(tmp_path, project):
    model = {"title": "t", "caption": "c", "model": "n", "kind": "production", "processes": ["K+ -> pi+ X"]}
    figures = load_figures(write(tmp_path, a=entry(search="othr"), b=model))
    with pytest.raises(InputError, match=r"search: 'othr' has no file .*; did you mean 'other'?"):
        figures["a"].available(project)
    with pytest.raises(InputError, match="model: 'n' has no file"):
        figures["b"].available(project)
