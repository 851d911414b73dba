import shutil
from pathlib import Path

import pytest

from darkaon.config.schema import paths_in, read_yaml
from darkaon.errors import InputError
from darkaon.workflow.checks import check
from darkaon.workflow.dependencies import declared_slots
from darkaon.workflow.project import Project

ROOT = Path(__file__).parents[3]
SCRIPTS = sorted(p.stem for p in (ROOT / "scripts").glob("*.py"))


@pytest.fixture(autouse=True)
def at_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_paths_are_found_wherever_they_stand():
    assert paths_in({"a": {"path": "x"}, "b": [1], "c": {"d": {"path": "y"}}}) == ["x", "y"]


def test_a_limits_input_has_only_published_limits():
    project = Project({})
    for name in project.with_input("limits"):
        assert project.limits_of(name) == [f"results/searches/{name}/published_limits.csv"]


def test_a_search_that_is_asked_for_is_in_the_run():
    project = Project({"searches": ["na62_kpix_mumu"], "models": ["bc1"]})
    assert project.targets_of("na62_kpix_mumu") and project.targets_of("bc1")
    with pytest.raises(InputError, match=r"searches: 'e949_kpix' is not among .* searches='\[e949_kpix\]'"):
        project.targets_of("e949_kpix")
    with pytest.raises(InputError, match="models: 'bc4' is not among them"):
        project.targets_of("bc4")


def test_peak_searches_have_a_look_elsewhere_effect_and_open_searches_a_workspace():
    project = Project({})
    assert "na62_kpix_mumu" in project.peak_searches()
    assert "na62_kpix_invisible" not in project.peak_searches()  # its background is not from sidebands
    targets = project.targets_of("na62_kpix_mumu")
    assert "results/searches/na62_kpix_mumu/global_significance.csv" in targets
    assert "results/searches/na62_kpix_mumu/pyhf/patchset.json" in targets
    assert not any("pyhf" in target for target in project.targets_of("e949_kpix"))


def test_a_variant_selects_nothing_itself_and_its_own_limits_constrain_no_model():
    project = Project({})
    name, whole = "na62_kpix_invisible_2016_18", "na62_kpix_invisible"
    folder = f"results/searches/{name}"
    assert [s.period for s in project.samples_of(name, "data")] == ["2016", "2017", "2018"]
    assert project.candidates(name, "data") == project.candidates(whole, "data")[:3]
    assert project.candidates(name, "signal") == project.candidates(whole, "signal")
    for model in project.models:
        limits = project.limits_for(model)
        assert (name in limits) == (whole in limits)
        assert limits.get(name, [f"{folder}/published_limits.csv"]) == [f"{folder}/published_limits.csv"]
        assert not any(table.startswith(f"{folder}/") for table in project.windows_for(model))
    tables = ("branching_limits", "published_limits", "comparison", "improvement")
    assert project.targets_of(name) == [f"{folder}/{table}.csv" for table in tables]
    with pytest.raises(InputError, match=f"'{name}' is made of the candidates of '{whole}'; put both there"):
        check(Project({"searches": [name]}))


def test_periods_are_counted_apart_only_where_they_are_combined_so():
    project = Project({})
    search = project.searches["na62_kpix_invisible"]
    separate = search.statistics.model_copy(update={"periods": "separate"})
    assert [project.period_windows(name) for name in project.searches] == [[]] * len(project.searches)
    project.searches["na62_kpix_invisible"] = search.model_copy(update={"statistics": separate})
    assert project.period_windows("na62_kpix_invisible") == ["results/searches/na62_kpix_invisible/periods.csv"]


@pytest.mark.parametrize("run", [{}, read_yaml(ROOT / "config/programme.yaml")], ids=["default", "programme"])
def test_every_search_runs_alone_whatever_models_it_meets(run):
    """A model that no search of the run constrains has predictions and nothing that is made of limits."""
    whole = Project(run)
    for name, search in whole.searches.items():
        alone = Project(run | {"searches": [s for s in (search.variant_of, name) if s]})
        for model in alone.models:
            made = [Path(target).stem for target in alone.targets_of(model)]
            assert made[0] == "predictions"
            assert ("exclusion" in made) == bool(alone.limits_for(model))
        planes = [figure.model for figure in alone.figures.values() if figure.kind == "exclusion"]
        assert all(alone.limits_for(model) for model in planes)


def test_the_programme_holds_the_default_run_apart():
    programme, default = Project(read_yaml(ROOT / "config/programme.yaml")), Project({})
    assert set(default.searches) <= set(programme.searches)
    assert set(default.models) <= set(programme.models)
    assert (programme.results, programme.set_results) == ("results", "results/sets/programme")
    for name in default.searches:  # whose tables are shared
        assert set(programme.targets_of(name)) >= set(default.targets_of(name))
    assert (programme.run.samples, programme.run.figures) == (default.run.samples, default.run.figures)


def test_headlines_are_read_where_results_are_compared_and_nowhere_else():
    """A published number must not leak into what it checks: no script that makes a result has it in reach."""
    readers = {script for script in SCRIPTS if "headlines" in declared_slots(script)}
    assert readers <= {"compare_headlines", "write_summary"}


def test_a_variant_of_counts_runs_alone_and_its_published_limits_constrain_models():
    """Its own limits do not: its counts are part of those of its search, which may be in the same plane."""
    name, whole = "koto_kl_pi0x_2015", "koto_kl_pi0x"
    alone = Project({"searches": [name]})
    folder = f"results/searches/{name}"
    tables = ("branching_limits", "published_limits", "comparison")
    assert alone.targets_of(name) == [f"{folder}/{table}.csv" for table in tables]
    assert alone.limits_for("bc4_inv") == {name: [f"{folder}/published_limits.csv"]}
    assert alone.windows_for("bc4_inv") == []
    both = Project({"searches": [whole, name, "koto_kl_pi0x_2021"]})
    assert both.targets_of(name)[-1] == f"{folder}/improvement.csv"
    assert list(both.limits_for("bc4_inv")) == [whole, name]
    assert both.windows_for("bc4_inv") == [f"results/searches/{whole}/{t}.csv" for t in ("windows", "acceptance")]


def test_the_data_of_another_search_are_selected_once_and_come_along_alone():
    alone = Project({"searches": ["na62_kmunu_x", "na62_kmu_3nu"], "models": []})
    (data,) = alone.candidates("na62_kmunu_x", "data")
    assert data.endswith("searches/na62_kmu_n/candidates/na62_kmu_n_2016_18.npy")
    assert alone.candidates("na62_kmu_3nu", "data") == [data]
    assert [s.sample for s in alone.samples_of("na62_kmunu_x")] == ["na62_kmu_n_2016_18", "na62_kmunu_x_signal"]
    assert alone.label("na62_kmunu_x") == "simulated" and list(alone.sources) == ["na62_kmu_n"]
    assert not any("na62_kmu_n/" in target and "/candidates/" not in target for target in alone.targets())
    together = Project({"searches": ["na62_kmu_n", "na62_kmunu_x"], "models": []})
    assert together.candidates("na62_kmunu_x", "data") == [data] and not together.sources
    assert [s.sample for s in together.samples_of("na62_kmu_n")] == ["na62_kmu_n_2016_18", "na62_kmu_n_signal"]


def test_a_selected_acceptance_needs_no_event_files():
    alone = Project({"searches": ["na62_k4e_cascade"], "models": []})
    assert alone.with_selection() == ["na62_k4e_cascade"] and alone.samples_of("na62_k4e_cascade") == []
    assert "k4e_cascade" in alone.figures and "k4e_aa" not in alone.figures


@pytest.mark.parametrize(("blind", "exported"), [("false", True), ("[[250, 260]]", False), ("true", False)])
def test_nothing_is_exported_of_one_sided_windows_where_the_data_are_blinded(tmp_path, blind, exported):
    for name in ("config", "resources"):
        shutil.copytree(ROOT / name, tmp_path / name)
    with (tmp_path / "config/searches/na62_kmu_n.yaml").open("a") as file:
        file.write(f"blind: {blind}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        targets = Project({"searches": ["na62_kmunu_x"], "models": []}).targets_of("na62_kmunu_x")
    assert any("pyhf" in target for target in targets) == exported


@pytest.mark.parametrize(
    ("overrides", "folder"),
    [
        ({"seed": 1}, "results"),
        ({"searches": read_yaml(ROOT / "config/config.yaml")["searches"]}, "results"),
        ({"searches": ["e949_kpix"]}, "results/sets/e949_kpix"),
        ({"searches": ["e949_kpix"], "results": "mine"}, "mine/sets/e949_kpix"),
        ({"searches": ["e949_kpix"], "set": "old"}, "results/sets/old"),
        ({"models": ["bc4", "bc2"]}, "results/sets/bc4+bc2"),
        ({"models": []}, "results/sets/none"),
        ({"searches": ["e949_kpix"], "models": ["bc4"]}, "results/sets/e949_kpix+bc4"),
    ],
)
def test_what_depends_on_the_searches_and_models_of_a_run_is_kept_apart(overrides, folder):
    project = Project(overrides)
    assert project.set_results == folder
    apart = [target for target in project.targets() if not target.startswith(f"{project.results}/searches/")]
    assert all(
        target.startswith(tuple(f"{folder}/{part}" for part in ("models/", "figures/", "summary.")))
        for target in apart
    )


def test_a_long_list_has_a_short_name_of_its_own():
    names = ["na62_kpix_mumu", "na62_kpix_invisible", "na62_pi0_invisible", "na62_kpix_gammagamma"]
    found = {Project({"searches": order}).run.set for order in (names, names[::-1], names[:3])}
    assert len(found) == 3 and all(len(name) <= 60 for name in found)


@pytest.mark.parametrize("name", ["..", "a/b", ".hidden", "-x"])
def test_a_set_is_the_name_of_a_folder(name):
    with pytest.raises(InputError, match=r"config.yaml: set: .* cannot name a folder"):
        Project({"set": name})
