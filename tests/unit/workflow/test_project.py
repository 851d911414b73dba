import shutil
import sys
from pathlib import Path

import pytest

from darkaon.config.schema import paths_in, read_yaml
from darkaon.errors import InputError
from darkaon.workflow import project as workflow
from darkaon.workflow.project import Project, declared_slots, library, pattern, slots

ROOT = Path(__file__).parents[3]
SCRIPTS = sorted(p.stem for p in (ROOT / "scripts").glob("*.py"))


@pytest.fixture(autouse=True)
def at_root(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("script", SCRIPTS)
def test_library_is_what_python_imports(script):
    """The imports read from the text are at least those that happen."""
    import subprocess

    code = (
        f"import sys; sys.path.insert(0, 'scripts'); import {script}\n"
        "print(*(m.__file__ for n, m in sys.modules.items() if n.startswith('darkaon') and m.__file__), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    imported = {str(Path(f).relative_to(ROOT)) for f in done.stdout.split() if not f.endswith("__init__.py")}
    assert imported <= set(library(script))


def test_packages_are_those_that_a_script_and_its_modules_import():
    drawing, gathering = workflow.packages("plot_figure"), workflow.packages("gather_limits")
    assert {"python", "numpy", "matplotlib", "pyyaml"} <= drawing.keys()
    assert gathering.keys() == {"darkaon", "python", "numpy"}


def test_package_files_are_empty():
    """An import of a package must not import what a rule does not see."""
    for file in (ROOT / "scripts/darkaon").rglob("__init__.py"):
        assert file.read_text() == "", file


def test_modules_loaded_by_name_are_followed():
    files = library("exclude", "darkaon.models.dark_photon")
    assert "scripts/darkaon/models/dark_photon.py" in files
    assert "scripts/darkaon/models/rates.py" in files


def test_models_know_nothing_of_statistics_and_nobody_knows_scripts():
    for file in (ROOT / "scripts/darkaon").rglob("*.py"):
        text = file.read_text()
        if file.parent.name == "models":
            assert "darkaon.statistics" not in text, file
            assert "darkaon.simulation" not in text, file
        if file.parent.name == "statistics":
            assert "darkaon.models" not in text, file
        for script in SCRIPTS:
            assert f"import {script}\n" not in text, file


def test_slots_are_the_declared_ones_as_json(tmp_path):
    assert "window" in declared_slots("make_windows")
    path = tmp_path / "x.yaml"
    path.write_text("window: {kind: symmetric}\nstatistics: {level: 0.9}\n")
    assert slots(path, "make_windows") == '{"window": {"kind": "symmetric"}}'
    assert slots(path, "compute_limits") == '{"statistics": {"level": 0.9}}'
    assert slots(path, "gather_limits") == "{}"


def test_paths_are_found_wherever_they_stand():
    assert paths_in({"a": {"path": "x"}, "b": [1], "c": {"d": {"path": "y"}}}) == ["x", "y"]


def test_a_pattern_of_nothing_matches_nothing():
    import re

    assert not re.fullmatch(pattern([]), "")
    assert re.fullmatch(pattern(["a", "b"]), "b")


def test_interpreter_comes_first(monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin")
    workflow.interpreter_first()
    workflow.interpreter_first()
    import os

    assert os.environ["PATH"].split(os.pathsep) == [str(Path(sys.executable).parent), "/usr/bin"]


def test_a_limits_door_has_only_published_limits():
    project = Project({})
    for name in project.with_door("limits"):
        assert project.limits_of(name) == [f"results/searches/{name}/published_limits.csv"]


def test_measured_and_simulated_data_do_not_mix(tmp_path):
    path = tmp_path / "samples.csv"
    measured = tmp_path / "a.root"
    measured.write_text("x")
    path.write_text(Path("config/samples.csv").read_text() + f"a,na62_kpix_mumu,2017,data,measured,{measured}\n")
    with pytest.raises(InputError, match="mixes measured and simulated data"):
        Project({"samples": str(path)})


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,na62_kpix_mumu,2016,data,simulated,\n", "period '2016' is none of the periods 2017, 2018"),
        ("a,na62_kpix_mumu,2017,data,simulated,nowhere.root\n", "sample 'a': there is no file nowhere.root"),
    ],
)
def test_samples_are_checked_against_the_search(tmp_path, row, message):
    path = tmp_path / "samples.csv"
    path.write_text(Path("config/samples.csv").read_text() + row)
    with pytest.raises(InputError, match=message):
        Project({"samples": str(path)})


def test_a_search_with_channels_has_a_sample_of_signal_for_each(tmp_path):
    run = read_yaml(ROOT / "config/programme.yaml") | {"searches": ["na482_dark_photon"]}
    assert Project(run).channels("na482_dark_photon") == "--channels pi_pi0 pi0_mu_nu"
    assert Project({}).channels("na62_kpix_mumu") == ""
    rows = Path("config/samples.csv").read_text()
    for change in (",pi0_mu_nu,signal", ",pi0_e_nu,signal"), (",pi0_mu_nu,signal", ",,signal"):
        path = tmp_path / "samples.csv"
        path.write_text(rows.replace(*change))
        with pytest.raises(InputError, match=r"'na482_dark_photon' needs one sample .* \(pi0_mu_nu, pi_pi0\)"):
            Project(run | {"samples": str(path)})


def test_measured_data_are_no_part_of_the_data(tmp_path):
    shutil.copytree("config", tmp_path / "config")
    search, file = tmp_path / "config/searches/na62_kpix_mumu.yaml", tmp_path / "a.root"
    search.write_text(search.read_text().replace("  decays:\n", "  fraction: 0.1\n  decays:\n"))
    path = tmp_path / "samples.csv"
    rows = Path("config/samples.csv").read_text()
    path.write_text(
        rows.replace(
            "mumu_2017,na62_kpix_mumu,2017,data,simulated,", f"mumu_2017,na62_kpix_mumu,2017,data,measured,{file}"
        )
    )
    file.write_text("x")
    with pytest.raises(InputError, match=r"simulation\.fraction: the sample 'na62_kpix_mumu_2017' is measured"):
        Project({"samples": str(path)}, str(tmp_path / "config"))


def test_a_sample_of_no_search_is_told(tmp_path):
    path = tmp_path / "samples.csv"
    path.write_text(Path("config/samples.csv").read_text() + "mine,na62_kpix_mumo,2017,data,simulated,\n")
    with pytest.raises(InputError, match=r"'mine': search 'na62_kpix_mumo' has no file .* mean 'na62_kpix_mumu'"):
        Project({"samples": str(path)})


def test_a_copied_search_does_not_show_the_published_limits_of_another(tmp_path):
    shutil.copytree("config", tmp_path / "config")
    folder, rows = tmp_path / "config/searches", tmp_path / "config/samples.csv"
    copy = (folder / "na62_kpix_mumu.yaml").read_text()
    (folder / "mine.yaml").write_text(copy)
    mine = "".join(f"mine_{p},mine,{p},data,simulated,\n" for p in (2017, 2018)) + "mine_x,mine,,signal,simulated,\n"
    rows.write_text(rows.read_text() + mine)
    run = {"searches": ["mine"], "samples": str(rows)}
    with pytest.raises(InputError, match=r"mine.yaml: published.path: .* is also named by .*na62_kpix_mumu.yaml"):
        Project(run, str(tmp_path / "config"))
    (folder / "mine.yaml").write_text("".join(x for x in copy.splitlines(True) if not x.startswith("published:")))
    assert Project(run, str(tmp_path / "config")).published() == []


def test_a_search_that_is_asked_for_is_in_the_run():
    project = Project({"searches": ["na62_kpix_mumu"], "models": ["bc1"]})
    assert project.targets_of("na62_kpix_mumu") and project.targets_of("bc1")
    with pytest.raises(InputError, match=r"searches: 'e949_kpix' is not among .* searches='\[e949_kpix\]'"):
        project.targets_of("e949_kpix")
    with pytest.raises(InputError, match="models: 'bc4' is not among them"):
        project.targets_of("bc4")


def test_a_search_without_samples_is_told(tmp_path):
    path = tmp_path / "samples.csv"
    path.write_text("sample,search,period,role,kind,path\n")
    with pytest.raises(InputError, match="the search 'na62_kpix_mumu' has no sample with role 'data'"):
        Project({"samples": str(path)})


def test_peak_searches_have_a_look_elsewhere_effect_and_open_searches_a_workspace():
    project = Project({})
    assert "na62_kpix_mumu" in project.peak_searches()
    assert "na62_kpix_invisible" not in project.peak_searches()  # its background is not from sidebands
    targets = project.targets_of("na62_kpix_mumu")
    assert "results/searches/na62_kpix_mumu/global_significance.csv" in targets
    assert "results/searches/na62_kpix_mumu/pyhf/patchset.json" in targets
    assert not any("pyhf" in target for target in project.targets_of("e949_kpix"))


def test_a_variant_selects_nothing_itself_and_constrains_no_model():
    project = Project({})
    name, whole = "na62_kpix_invisible_2016_18", "na62_kpix_invisible"
    assert [s.period for s in project.samples_of(name, "data")] == ["2016", "2017", "2018"]
    assert project.candidates(name, "data") == project.candidates(whole, "data")[:3]
    assert project.candidates(name, "signal") == project.candidates(whole, "signal")
    for model in project.models:
        assert name not in project.limits_for(model)
    assert project.targets_of(name) == [
        f"results/searches/{name}/{table}.csv" for table in ("branching_limits", "improvement")
    ]
    with pytest.raises(InputError, match=f"'{name}' is made of the candidates of '{whole}': put both there"):
        Project({"searches": [name]})


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


def test_the_model_of_a_headline_exists(tmp_path):
    shutil.copytree("config", tmp_path / "config")
    path = tmp_path / "config/searches/na62_kpix_mumu.yaml"
    path.write_text(path.read_text().replace("model: bc1\n", "model: bc12\n"))
    with pytest.raises(InputError, match=r"headlines\.1\.model: 'bc12' has no file .*bc12\.yaml; did you mean 'bc"):
        Project({}, str(tmp_path / "config"))


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
    assert not any("na62_kmu_n/" in target for target in alone.targets())
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
