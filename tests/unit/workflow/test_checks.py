import shutil
from pathlib import Path

import pytest
import yaml

from darkaon.config.schema import read_yaml, validate
from darkaon.config.search import Search
from darkaon.errors import InputError
from darkaon.workflow import checks
from darkaon.workflow.project import Project

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def at_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def checked(*arguments):
    project = Project(*arguments)
    checks.check(project)
    return project


def test_measured_and_simulated_data_do_not_mix(tmp_path):
    path = tmp_path / "samples.csv"
    measured = tmp_path / "a.root"
    measured.write_text("x")
    path.write_text(Path("config/samples.csv").read_text() + f"a,na62_kpix_mumu,2017,data,measured,{measured}\n")
    with pytest.raises(InputError, match="mixes measured and simulated data"):
        checked({"samples": str(path)})


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,na62_kpix_mumu,2016,data,simulated,\n", "period '2016' is none of the periods 2017, 2018"),
        ("a,na62_kpix_mumu,2017.0,data,simulated,\n", "period '2017.0' is none of .*did you mean '2017'"),
        ("a,na62_kpix_mumu,2017,data,simulated,nowhere.root\n", "sample 'a': there is no file nowhere.root"),
    ],
)
def test_samples_are_checked_against_the_search(tmp_path, row, message):
    path = tmp_path / "samples.csv"
    path.write_text(Path("config/samples.csv").read_text() + row)
    with pytest.raises(InputError, match=message):
        checked({"samples": str(path)})


def test_a_search_with_channels_has_a_sample_of_signal_for_each(tmp_path):
    run = read_yaml(ROOT / "config/programme.yaml") | {"searches": ["na482_dark_photon"]}
    assert checked(run).channels("na482_dark_photon") == "--channels pi_pi0 pi0_mu_nu"
    assert checked({}).channels("na62_kpix_mumu") == ""
    rows = Path("config/samples.csv").read_text()
    for change in (",pi0_mu_nu,signal", ",pi0_e_nu,signal"), (",pi0_mu_nu,signal", ",,signal"):
        path = tmp_path / "samples.csv"
        path.write_text(rows.replace(*change))
        with pytest.raises(InputError, match=r"'na482_dark_photon' needs one sample .* \(pi0_mu_nu, pi_pi0\)"):
            checked(run | {"samples": str(path)})


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
        checked({"samples": str(path)}, str(tmp_path / "config"))


def test_nothing_is_injected_into_measured_data(tmp_path):
    shutil.copytree("config", tmp_path / "config")
    search, file = tmp_path / "config/searches/na62_kpix_mumu.yaml", tmp_path / "a.root"
    search.write_text(search.read_text() + "\ninject: {mass_MeV: 250, branching_ratio: 1.0e-9}\n")
    path = tmp_path / "samples.csv"
    rows = Path("config/samples.csv").read_text()
    row = "mumu_2017,na62_kpix_mumu,2017,data,"
    path.write_text(rows.replace(f"{row}simulated,", f"{row}measured,{file}"))
    file.write_text("x")
    with pytest.raises(InputError, match=r"inject: the sample 'na62_kpix_mumu_2017' is measured"):
        checked({"samples": str(path)}, str(tmp_path / "config"))


def test_a_sample_of_no_search_is_told(tmp_path):
    path = tmp_path / "samples.csv"
    path.write_text(Path("config/samples.csv").read_text() + "mine,na62_kpix_mumo,2017,data,simulated,\n")
    with pytest.raises(InputError, match=r"'mine': search 'na62_kpix_mumo' has no file .* mean 'na62_kpix_mumu'"):
        checked({"samples": str(path)})


def test_a_copied_search_does_not_show_the_published_limits_of_another(tmp_path):
    shutil.copytree("config", tmp_path / "config")
    folder, rows = tmp_path / "config/searches", tmp_path / "config/samples.csv"
    copy = (folder / "na62_kpix_mumu.yaml").read_text()
    (folder / "mine.yaml").write_text(copy)
    mine = "".join(f"mine_{p},mine,{p},data,simulated,\n" for p in (2017, 2018)) + "mine_x,mine,,signal,simulated,\n"
    rows.write_text(rows.read_text() + mine)
    run = {"searches": ["mine"], "samples": str(rows)}
    with pytest.raises(InputError, match=r"mine.yaml: published.path: .* is also named by .*na62_kpix_mumu.yaml"):
        checked(run, str(tmp_path / "config"))
    (folder / "mine.yaml").write_text("".join(x for x in copy.splitlines(True) if not x.startswith("published:")))
    assert checked(run, str(tmp_path / "config")).published() == []


def test_a_search_without_samples_is_told(tmp_path):
    path = tmp_path / "samples.csv"
    path.write_text("sample,search,period,role,kind,path\n")
    with pytest.raises(InputError, match="the search 'na62_kpix_mumu' has no sample with role 'data'"):
        checked({"samples": str(path)})


def test_the_model_of_a_headline_exists(tmp_path):
    shutil.copytree("config", tmp_path / "config")
    path = tmp_path / "config/searches/na62_kpix_mumu.yaml"
    path.write_text(path.read_text().replace("model: bc1\n", "model: bc12\n"))
    with pytest.raises(InputError, match=r"headlines\.1\.model: 'bc12' has no file .*bc12\.yaml; did you mean 'bc"):
        checked({}, str(tmp_path / "config"))


def test_shares_that_do_not_add_up_are_read_and_said(tmp_path):
    shutil.copytree("config", tmp_path / "config")
    search = tmp_path / "config/searches/na62_kpix_mumu.yaml"
    search.write_text(search.read_text().replace("share: 0.35", "share: 0.9"))
    with pytest.warns(UserWarning, match=r"na62_kpix_mumu.yaml: periods: the shares add up to 1.55, not to 1"):
        checked({}, str(tmp_path / "config"))


def given(**changes):
    """A search with two regions and an acceptance that is given."""
    acceptance = {"kind": "constant", "value": 0.26, "source": "s", "status": "cited"}
    regions = {"R": {"low": 200, "high": 300}, "Q": {"low": 360, "high": 400}}
    content = {"observable": "mm", "regions": regions, "acceptance": acceptance} | changes
    return validate(Search, content, "x.yaml")


@pytest.mark.parametrize(
    "masses",
    [
        {"kind": "list", "values": [250, 330]},
        {"kind": "step", "step": 10, "ranges": [[210, 300], [330, 400]]},
        {"kind": "resolution_steps", "start": 210, "stop": 390, "count": 4},
    ],
)
def test_x_between_two_regions_needs_a_simulated_acceptance(masses):
    with pytest.raises(InputError, match=r"masses: X of 330 MeV lies in none of the regions R, Q, .*; leave it out"):
        checks.check_regions(given(masses=masses))
    checks.check_regions(given(masses=masses, acceptance={"kind": "simulation"}))
    checks.check_regions(given(masses=masses, regions=None))
    checks.check_regions(given(masses={"kind": "list", "values": [200, 300, 370]}))


@pytest.mark.parametrize(
    ("change", "overrides", "sentence"),
    [
        ("separate", {}, r"na62_kpix_invisible.yaml: periods: 'A=1' may hold .*; rename it"),
        ("variations", {}, "events.variations: 'p scale' may hold"),
        ("", {"results": "my results"}, "config.yaml: results: 'my results' holds a blank, .*; rename it"),
        ("search", {"searches": ["k x"]}, "config.yaml: searches: 'k x' may hold"),
    ],
)
def test_names_that_no_path_or_command_can_hold(tmp_path, change, overrides, sentence):
    shutil.copytree("config", tmp_path / "config")
    path = tmp_path / f"config/searches/na62_kpix_{'invisible' if change == 'separate' else 'mumu'}.yaml"
    content = read_yaml(path)
    if change == "variations":
        content["events"]["variations"] = {"p scale": {"scale": {"track1_momentum": 1.001}}}
    elif change == "separate":
        content["periods"]["A=1"] = content["periods"]["2018"]
        content["statistics"]["periods"] = "separate"
    path.write_text(yaml.safe_dump(content))
    if change == "search":
        path.rename(path.with_name("k x.yaml"))
    with pytest.raises(InputError, match=sentence):
        checks.check_names(Project(overrides, str(tmp_path / "config")))


def test_the_names_of_the_programme_can_be_held(tmp_path):
    checks.check_names(Project(read_yaml("config/programme.yaml") | {"results": str(tmp_path / "na62@b+c-d")}))


@pytest.mark.parametrize("name", ["Run 1 (2017)", "2016\N{EN DASH}18", "2017/18"])
def test_periods_that_are_added_may_have_any_name(tmp_path, name):
    shutil.copytree("config", tmp_path / "config")
    path = tmp_path / "config/searches/na62_kpix_mumu.yaml"
    content = read_yaml(path)
    content["periods"][name] = content["periods"].pop("2017")
    path.write_text(yaml.safe_dump(content))
    checks.check_names(Project({}, str(tmp_path / "config")))
