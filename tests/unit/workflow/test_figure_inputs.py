from types import SimpleNamespace

import pytest
import yaml

from darkaon.config.figures_file import load_figure, load_figures
from darkaon.errors import InputError
from darkaon.workflow.checks import check_figure
from darkaon.workflow.figure_inputs import figure_inputs
from darkaon.workflow.project import Project


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
    made = SimpleNamespace(
        results="r",
        set_results="r/sets/s",
        run=SimpleNamespace(figures="figures.yaml", models=("m",)),
        searches={"s": SimpleNamespace(input="events", published=True)},
        search_path=lambda name: str(tmp_path / "searches" / f"{name}.yaml"),
        model_path=lambda name: str(tmp_path / "models" / f"{name}.yaml"),
        candidates=lambda search, role: [f"r/searches/{search}/candidates/{name}.npy" for name in ("a", "b")],
        limits_for=lambda model: {"s": ["r/searches/s/branching_limits.csv"]},
        configured=lambda kind: sorted(file.stem for file in (tmp_path / kind).glob("*.yaml")),
    )
    made.shows = lambda figure: Project.shows(made, figure)
    return made


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
    assert all(project.shows(figure) for figure in figures.values())
    found = {name: figure_inputs(figure, project) for name, figure in figures.items()}
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
        check_figure(project, figure)
    user.touch()
    project.combined_models = lambda: ["m"]
    assert project.shows(figure) and figure_inputs(figure, project) == {
        "contours": "r/sets/s/models/m/contours.csv",
        "overlay.0": str(user),
        "combination": "r/sets/s/models/m/combination_contours.csv",
    }
    project.limits_for = lambda model: {}
    assert not project.shows(figure)  # nothing that constrains the model is in the run
    for key, value in (("projections", {"othr": 10}), ("at", {"othr": [1, 1]}), ("searches", ["othr"])):
        other = load_figure(write(tmp_path, a=base | {key: value}), "a")
        with pytest.raises(InputError, match=rf"{key}: 'othr' has no file .*; did you mean 'other'?"):
            check_figure(project, other)


def test_what_the_run_does_not_make_is_left_out(tmp_path, project):
    figures = load_figures(write(tmp_path, a=entry(search="other"), b=entry()))
    assert not project.shows(figures["a"])
    project.searches["s"].input = "limits"
    assert not project.shows(figures["b"])
    limits = {"title": "t", "caption": "c", "search": "s", "kind": "limits", "lifetimes_ns": [0]}
    figure = load_figure(write(tmp_path, a=limits), "a")
    assert project.shows(figure) and list(figure_inputs(figure, project)) == ["published"]


def test_a_search_or_model_that_does_not_exist(tmp_path, project):
    model = {"title": "t", "caption": "c", "model": "n", "kind": "production", "processes": ["K+ -> pi+ X"]}
    figures = load_figures(write(tmp_path, a=entry(search="othr"), b=model))
    with pytest.raises(InputError, match=r"search: 'othr' has no file .*; did you mean 'other'?"):
        check_figure(project, figures["a"])
    with pytest.raises(InputError, match="model: 'n' has no file"):
        check_figure(project, figures["b"])
