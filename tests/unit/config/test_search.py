import copy
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from darkaon.config.run import load_run
from darkaon.config.schema import read_yaml
from darkaon.config.search import load_search
from darkaon.config.slots.masses import Plane
from darkaon.errors import InputError
from darkaon.windows.grid import plane_masses

ROOT = Path(__file__).parents[3]
SEARCHES = sorted((ROOT / "config/searches").glob("*.yaml"))


@pytest.fixture
def dimuon(tmp_path, monkeypatch):
    """Write the di-muon search with a change, and load it."""
    monkeypatch.chdir(ROOT)
    content = yaml.safe_load((ROOT / "config/searches/na62_kpix_mumu.yaml").read_text())
    path = tmp_path / "x.yaml"

    def load(key="", value=None, slots=None):
        changed = copy.deepcopy(content)
        *parents, last = key.split(".") if key else [None]
        place = changed
        for part in parents:
            place = place[int(part) if part.isdigit() else part]
        if last and value is None:
            del place[last]
        elif last:
            place[last] = value
        path.write_text(yaml.safe_dump(changed))
        return load_search(path, slots)

    load.path = path
    return load


@pytest.mark.parametrize("path", SEARCHES, ids=lambda p: p.stem)
def test_every_shipped_search_is_valid(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert load_search(path).title


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("window.half_width_sigma", "one", "window.half_width_sigma: 'one' is not a number"),
        ("window.half_width_sgma", 1, "window.half_width_sgma: unknown key; did you mean 'half_width_sigma'?"),
        ("window.kind", "symetric", "window.kind: 'symetric' is none of .*did you mean 'symmetric'"),
        ("windw", {}, "windw: unknown key; did you mean 'window'"),
        (
            "lifetime.kind",
            "promt",
            "lifetime.kind: 'promt' is none of prompt, escape, displaced, stable; did you mean 'prompt'",
        ),
        ("lifetime.tau0_ns.status", "reed", "lifetime.tau0_ns.status: 'reed' is none of cited"),
        ("lifetime.tau0_ns.source", None, "lifetime.tau0_ns.source: this key is missing"),
        ("lifetime.values_ns", [0, "a"], "lifetime.values_ns.1: 'a' is not a number"),
        ("lifetime.values_ns", [-1], "lifetime.values_ns.0: -1: input should be greater than or equal to 0"),
        ("masses.start", 400, r"masses: start \(400.0\) must be below stop"),
        ("masses.count", 2.5, "masses.count: 2.5 is not a whole number"),
        ("masses", {"kind": "list", "values": [2, 1]}, r"masses: values must rise: \[2.0, 1.0\]"),
        ("normalisation.value", ".nan", "normalisation.value"),
        ("events.branches.run.unit", "furlong", "events.branches.run.unit: 'furlong' is none of GeV"),
        ("events.selection.0.hgh", 1, "events.selection.0.hgh: unknown key; did you mean 'high'"),
        ("statistics.level", 1.0, "statistics.level: 1.0: input should be less than 1"),
        ("statistics", 3, "statistics: 3 must be a mapping"),
        ("statistics", {"method": "on_off", "nuisance": "gauss"}, "on_off counts in a sideband, which is gamma"),
        ("statistics", {"method": "profile", "nuisance": "lognormal"}, "profile knows gamma and gauss"),
        ("window", None, "window: this slot is missing"),
        ("input", "window", "input: 'window' is none of events"),
    ],
)
def test_a_fault_names_file_key_value_and_remedy(dimuon, key, value, message):
    with pytest.raises(InputError, match=message) as error:
        dimuon(key, value)
    assert str(error.value).startswith(f"{dimuon.path}: ")
    assert "\n" not in str(error.value)
    assert "pydantic" not in str(error.value)


def test_numbers_with_an_exponent_are_numbers(dimuon):
    dimuon.path.write_text("normalisation: {kind: decays, value: 3.48e12, source: s, status: cited}")
    assert load_search(dimuon.path, ("normalisation",)).normalisation.value == 3.48e12


def test_a_script_sees_only_its_slots(dimuon):
    dimuon.path.write_text("window: {kind: symmetric, half_width_sigma: 2}\nbackground: nonsense\n")
    assert load_search(dimuon.path, ("window", "inject")).window.half_width_sigma == 2
    with pytest.raises(InputError, match="masses: this slot is missing"):
        load_search(dimuon.path, ("window", "masses"))


@pytest.mark.parametrize(
    ("name", "inputs", "sentence"),
    [
        ("na62_kpix_mumu", ("counts",), "'events' has no part in this step, which is for counts"),
        ("e949_kpix", ("events", "counts"), "'limits' has no part in this step, which is for events or counts"),
    ],
)
def test_a_step_refuses_a_search_of_another_input_level(name, inputs, sentence):
    path = f"config/searches/{name}.yaml"
    assert load_search(path, ("title",), (*inputs, read_yaml(path)["input"])).title
    with pytest.raises(InputError, match=f"^{path}: input: {sentence}; give another search, or correct the key$"):
        load_search(path, ("title",), inputs)


@pytest.mark.parametrize("level", ["evnts", "[events]", "{events: 1}"])
def test_an_input_level_that_is_none_has_no_part_in_any_step(dimuon, level):
    dimuon.path.write_text(f"input: {level}\ntitle: t\n")
    with pytest.raises(InputError, match=r"input: .* has no part in this step, which is for events; "):
        load_search(dimuon.path, ("title",), ("events",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", "'a' is a duplicate"),
        ("a: [1\n", "not valid YAML"),
        ("- 1\n", "must be a mapping"),
    ],
)
def test_yaml_faults(tmp_path, text, message):
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=f"^{path}.*{message}"):
        load_search(path)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            {"searches": ["na62_kpix_mumuu"]},
            "searches: 'na62_kpix_mumuu' has no file .*did you mean 'na62_kpix_mumu'",
        ),
        ({"models": ["bc44"]}, "models: 'bc44' has no file .*did you mean 'bc4'"),
        ({"searches": ["na62_kpix_mumu"] * 2}, "is a duplicate"),
        ({"sed": 1}, "sed: unknown key; did you mean 'seed'"),
        ({"chunks": 0}, "chunks: 0: input should be greater than 0"),
    ],
)
def test_the_run_is_checked(monkeypatch, overrides, message):
    monkeypatch.chdir(ROOT)
    with pytest.raises(InputError, match=message):
        load_run("config/config.yaml", overrides)


def variant(tmp_path, **content):
    (tmp_path / "whole.yaml").write_text((ROOT / "config/searches/na62_kpix_invisible.yaml").read_text())
    path = tmp_path / "part.yaml"
    path.write_text(yaml.safe_dump({"title": "part", "variant_of": "whole"} | content))
    return path


def test_a_variant_has_the_slots_of_its_search_but_for_its_own(tmp_path):
    part = load_search(variant(tmp_path, periods=["2016", "2018"]))
    whole = load_search(tmp_path / "whole.yaml")
    assert (part.title, list(part.periods), part.published) == ("part", ["2016", "2018"], None)
    assert (part.masses, part.background, part.periods["2018"]) == (
        whole.masses,
        whole.background,
        whole.periods["2018"],
    )
    assert list(load_search(tmp_path / "part.yaml", ("periods",)).periods) == ["2016", "2018"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"variant_of": "whol"}, "variant_of: there is no file .*did you mean 'whole'"),
        ({"variant_of": "part"}, "'part' is itself a variant"),
        ({"blind": True}, "blind: a variant takes this slot from"),
        ({"periods": ["2015"]}, r"periods: a variant lists names \[a, b, ...\] of the periods 2016, 2017"),
        ({"periods": {"2016": {"share": 1.0}}}, "periods: a variant lists names"),
        ({"periods": 5}, "periods: a variant lists names"),
        ({"periods": []}, "periods: a variant lists names"),
        ({"periods": ["2016", "2016"]}, "periods: a variant lists names .*, each once"),
        ({"periods": [["2016"]]}, "periods: a variant lists names"),
    ],
)
def test_what_a_variant_cannot_be(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        load_search(variant(tmp_path, **content))


def test_a_variant_of_counts_has_some_of_their_periods(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    whole, part = (load_search(f"config/searches/koto_kl_pi0x{end}.yaml") for end in ("", "_2016_18"))
    assert (list(whole.counts), list(part.counts)) == (["2015", "2016-18", "2021"], ["2016-18"])
    assert part.counts["2016-18"] == whole.counts["2016-18"] and part.periods is None
    assert list(load_search("config/searches/koto_kl_pi0x_2021.yaml", ("counts",)).counts) == ["2021"]
    (tmp_path / "whole.yaml").write_text((ROOT / "config/searches/koto_kl_pi0x.yaml").read_text())
    (tmp_path / "part.yaml").write_text("{title: part, variant_of: whole, periods: ['2014']}")
    with pytest.raises(InputError, match=r"periods: a variant lists names .* of the periods 2015, 2016-18, 2021"):
        load_search(tmp_path / "part.yaml")


LIMIT = {
    "name": "B", "kind": "branching_ratio", "column": "observed", "mass_MeV": 250, "value": 1e-9, "factor": 2,
    "source": "s", "status": "cited",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"column": "observd"}, "headlines.0.column: 'observd' is none of observed, .*did you mean 'observed'"),
        ({"column": "observed_no_subtraction"}, r"'observed_no_subtraction' is none of .*statistics\.also"),
        ({"column": "n_observed"}, "'n_observed' is none of"),  # that one belongs to kind events
        ({"tolerance": 0.1}, "headlines.0: a headline needs 'tolerance' .* or 'factor', and not both"),
        ({"factor": None}, "headlines.0: a headline needs 'tolerance' .* or 'factor'"),
        ({"factor": 0.5}, "headlines.0.factor: 0.5: input should be greater than 1"),
        ({"reproduction": False}, "headlines.0: .* 'reproduction: false' needs the 'reason'"),
        ({"masses_MeV": [220, 300]}, "headlines.0: .* 'mass_MeV' or 'masses_MeV' .*, and not both"),
        ({"mass_MeV": None}, "headlines.0: .* 'mass_MeV' or 'masses_MeV'"),
        ({"mass_MeV": None, "masses_MeV": [300, 220]}, "headlines.0: masses_MeV: .*the lower end comes first"),
        ({"kind": "couplng"}, "headlines.0.kind: 'couplng' is none of .*did you mean 'coupling'"),
        ({"kind": "sensitivity"}, "headlines.0.column: 'observed' is none of acceptance, ses"),
        ({"kind": "coupling"}, "headlines.0.model: this key is missing"),
        ({"status": "known"}, "headlines.0.status: 'known' is none of cited"),
    ],
)
def test_faults_of_a_headline(dimuon, change, message):
    with pytest.raises(InputError, match=message) as error:
        dimuon("headlines", [{k: v for k, v in (LIMIT | change).items() if v is not None}])
    assert "\n" not in str(error.value)


def test_headlines_are_those_of_the_search_and_not_of_its_variants(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert load_search("config/searches/na62_kpix_invisible.yaml").headlines
    assert not load_search("config/searches/na62_kpix_invisible_2016_18.yaml").headlines


# --- ranges -----------------------------------------------------------------------------------------------


def changed(tmp_path, key, value, name="na62_kpix_mumu"):
    """A shipped search with one key changed, as a file."""
    content = read_yaml(ROOT / "config" / "searches" / f"{name}.yaml")
    *places, last = key.split(".")
    slot = content
    for place in places:
        slot = slot.setdefault(place, {})
    slot[last] = value
    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("acceptance.efficiency.value", 25.3, r"value: 25.3 is above 1 \(line \d+\); write a fraction, or say in"),
        ("acceptance.efficiency.value", -0.253, r"acceptance.efficiency.value: -0.253: .* greater than 0"),
        ("acceptance.efficiency.uncertainty", -1, r"acceptance.efficiency.uncertainty: -1: .*greater than or equal"),
        ("normalisation.uncertainty", 9e13, r"uncertainty: 9e\+13 is above the value 3.48e\+12"),
        ("normalisation.value", 0, "normalisation.value: 0: "),
        (
            "normalisation",
            {"kind": "decays", "value": 3.48e-12, "source": "s", "status": "cited"},
            "normalisation: value: 3.48e-12 is below 1, and is a number .*; see the sign of its exponent",
        ),
        ("lifetime.values_ns", [0.0, 1.0, 0.0], "values_ns: 0 ns is a duplicate .*; name each lifetime once"),
        ("statistics.level", "90%", "statistics.level: '90%' is not a number"),
        ("statistics.level", 90, "statistics.level: 90: input should be less than 1"),
        ("background.half_width_sigma", "9:00", "background.half_width_sigma: '9:00' is not a number"),
        ("blind", [[0.25, 0.30]], "masses below 1 MeV look like GeV"),
        ("masses.stop", 1e6, "masses.*stop: 1000000.0: input should be less than or equal to 200000"),
        ("lifetime.values_ns", [-1], "lifetime.*values_ns.0: -1"),
        ("lifetime.tau0_ns.value", 0, "lifetime.*tau0_ns.value: 0: "),
        ("inject", {"mass_MeV": 250, "branching_ratio": 2}, "inject.branching_ratio: 2: "),
        ("published.level", 0.0, "published.level: 0.0: "),
        ("background.half_width_sigma", True, "background.half_width_sigma: True is not a number"),
        ("lifetime.values_ns", [0, True], "lifetime.values_ns.1: True is not a number"),
        ("normalisation.value", 10**400, "normalisation.value: "),
        (
            "masses",
            {"kind": "step", "step": 1e-9, "ranges": [[215, 350]]},
            "steps of 1e-09 MeV make 1350000000.. hypo",
        ),
        ("masses.count", 10**9, "masses.*count: 1000000000: input should be less than or equal to 100000"),
        ("background.spectrum", [400, 200], r"background.*spectrum must rise: \[400.0, 200.0\].*; exchange its ends"),
    ],
)
def test_every_quantity_has_a_range(tmp_path, key, value, sentence):
    path = changed(tmp_path, key, value)
    with pytest.raises(InputError, match=rf"^{re.escape(str(path))}: .*{sentence}") as refusal:
        load_search(path)
    assert len(str(refusal.value).splitlines()) == 1


def test_an_efficiency_above_1_says_why(tmp_path):
    search = load_search(ROOT / "config" / "searches" / "na62_kmu_n.yaml")
    assert search.acceptance.efficiency.value == 1.145 and "geometry" in search.acceptance.efficiency.above_1
    path = changed(tmp_path, "acceptance.efficiency.above_1", "", "na62_kmu_n")
    with pytest.raises(InputError, match=r"1.145 is above 1"):
        load_search(path)


def test_masses_that_look_like_gev_are_warned_of(tmp_path):
    path = changed(tmp_path, "masses", {"kind": "list", "values": [0.1, 0.2]})
    with pytest.warns(UserWarning, match="masses: they end at 0.2 MeV: are they in GeV"):
        load_search(path, ("masses",))


@pytest.mark.parametrize(
    ("regions", "sentence"),
    [
        ({"a": {"low": 200, "high": 280}, "b": {"low": 290, "high": 360}}, "do not cover background.spectrum"),
        ({"a": {"low": 250, "high": 360}}, "do not cover background.spectrum"),
        (
            {
                "a": {"low": 200, "high": 280, "selection": [{"name": "c", "quantity": "vertex_z", "low": 110}]},
                "b": {"low": 280, "high": 360},
            },
            "regions.a.selection: sidebands need the same cuts",
        ),
        ({"a": {"low": 200, "high": 280}, "b": {"low": 280, "high": 360}}, None),
    ],
)
def test_sidebands_take_one_smooth_spectrum(tmp_path, regions, sentence):
    path = changed(tmp_path, "regions", regions)
    if sentence is None:
        assert load_search(path).regions
        return
    with pytest.raises(InputError, match=sentence):
        load_search(path)


def test_a_fault_names_the_line(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("title: T\nstatistics:\n  method: hybrid\n  # a comment\n  level: 1e2\n")
    with pytest.raises(InputError, match=r"statistics.level: 100.0: input should be less than 1 \(line 5\)"):
        load_search(path, ("statistics",))
    path.write_text("published:\n  hepdata:\n  - table: T\n    observed: UL\n  - {table: T}\n  path: x\n")
    with pytest.raises(InputError, match=r"published.hepdata.1.observed: this key is missing \(line 5\); add it"):
        load_search(path, ("published",))
    path.write_text("a: 1\nb:\n  c: 1\n  c: 2\n")
    with pytest.raises(InputError, match=r"x.yaml, line 4: not valid YAML: key 'c' is a duplicate; mend this line"):
        read_yaml(path)


def test_yaml_is_read_as_version_1_2(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(
        b"\xef\xbb\xbfa: [1e-3, 3.48e12, 017, 0o17, 0x1F, 1_000, 9:00, on, no, 2017-01-01, true, ~, .inf, -.INF,.5]\n"
    )
    found = read_yaml(path)["a"]
    expected = [
        1e-3,
        3.48e12,
        17,
        15,
        31,
        "1_000",
        "9:00",
        "on",
        "no",
        "2017-01-01",
        True,
        None,
        np.inf,
        -np.inf,
        0.5,
    ]
    assert found == expected and [type(x) for x in found] == [type(x) for x in expected]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a: 1\n\tb: 2\n", "line 2: not valid YAML"),
        (b"a: \xe9\n", "line 1: byte 0xe9 is not UTF-8"),
        ("a: 1\n".encode("utf-16"), "is UTF-16 text"),
        (b"- a\n- b\n", "must be a mapping"),
        (b"", "must be a mapping"),
        (b"a: 1\n---\nb: 2\n", "not valid YAML"),
        (b"a: !!python/object:os.system x\n", "not valid YAML"),
        (b"a: \x07\n", "not valid YAML"),
        (b"a: " + b"9" * 5000 + b"\n", "not valid YAML"),
        (b"a: " + b"[" * 5000 + b"\n", "not valid YAML"),
        (b"? [a]\n: 1\n", "not valid YAML"),
    ],
)  # fmt: skip
def test_yaml_that_is_none(tmp_path, content, sentence):
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"^{re.escape(str(path))}.*{sentence}"):
        read_yaml(path)


def test_backgrounds_of_added_periods_are_independent(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    content = yaml.safe_load((ROOT / "config/searches/na62_kpix_invisible.yaml").read_text())
    for period in content["periods"].values():
        period["background"]["uncertainty"] = 0.1
    path = tmp_path / "x.yaml"
    for periods in ("separate", "added"):
        content["statistics"] |= {"periods": periods, "correlated": {"periods": ["background"]}}
        path.write_text(yaml.safe_dump(content))
        if periods == "separate":
            assert load_search(path).periods
    with pytest.raises(InputError, match=r"'background' goes with periods: separate.*; take it out, or set"):
        load_search(path)


STEPS = {"kind": "step", "step": 2, "ranges": [[294, 308]]}


@pytest.mark.parametrize(
    ("blind", "own", "refused"),
    [
        ([[295, 305]], {"masses": STEPS}, True),
        ([[295, 305]], {"window": {"kind": "symmetric", "half_width_sigma": 4}}, True),
        (True, {"masses": STEPS}, True),  # of the closed windows of the other search sidebands know nothing
        ([[295, 305]], {"title": "the same windows"}, False),
        (False, {"masses": STEPS}, False),
        (True, {"masses": STEPS, "background": {"kind": "components"}}, False),
        ([[295, 305]], {"resolution": {"kind": "simulation"}}, True),
    ],
)
def test_other_windows_do_not_reach_into_data_that_are_closed(tmp_path, monkeypatch, blind, own, refused):
    monkeypatch.chdir(ROOT)
    content = yaml.safe_load((ROOT / "config/searches/na62_kpix_mumu.yaml").read_text()) | {"blind": blind}
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(content))
    (tmp_path / "b.yaml").write_text(yaml.safe_dump({"data_of": "a"} | own))
    if refused:
        with pytest.raises(InputError, match=r"b.yaml: masses, .*a.yaml is blinded, and windows other than"):
            load_search(tmp_path / "b.yaml", ("masses",))
    else:
        assert load_search(tmp_path / "b.yaml", ("blind",)).blind is not None


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        ("koto_kl_pi0x", {}, "statistics.periods: 'separate' needs input events, since .* added; set it to added"),
        ("na62_kpix_mumu", {}, r"'separate' needs background.kind: components, no 'others'; set it to added"),
        ("na62_kpix_gammagamma", {}, "'separate' needs 'ses' in all periods"),
        ("na62_kpix_invisible", {"nuisance": "gauss"}, "'separate' needs method hybrid and nuisance gamma"),
    ],
)
def test_separate_periods_are_refused_where_they_would_not_be_separate(
    tmp_path, name, changes, sentence, monkeypatch
):
    monkeypatch.chdir(ROOT)
    content = yaml.safe_load((ROOT / f"config/searches/{name}.yaml").read_text())
    content["statistics"] = {"method": "hybrid", "periods": "separate"} | changes
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match=sentence):
        load_search(tmp_path / "x.yaml")


def test_fits_of_all_signal_need_to_know_what_part_is_in_the_window(dimuon):
    dimuon("statistics", {"method": "fit"})
    given = {"kind": "constant", "value": 0.26, "source": "s", "status": "cited"}
    with pytest.raises(InputError, match=r"'fit' needs acceptance.kind: simulation"):
        changed = yaml.safe_load(dimuon.path.read_text()) | {"acceptance": given}
        dimuon.path.write_text(yaml.safe_dump(changed))
        load_search(dimuon.path)


@pytest.mark.parametrize(
    ("cut", "spectrum", "refused"),
    [
        ({"low": 0.226, "high": 0.374}, [200, 400], "'mass' at 226,"),
        ({"high": 0.374}, [226, 400], "'mass' at 374,"),
        ({"low": 0.226, "high": 0.374}, [226, 374], ""),
        ({"low": 0.9, "high": 1.13}, [900, 1130], ""),
        ({"high": 0.4}, [0, 400], ""),
    ],
)
@pytest.mark.parametrize("derived", [False, True])
def test_a_cut_on_the_observable_ends_the_spectrum(dimuon, cut, spectrum, refused, derived):
    """A branch of energy, and what is derived of it, is cut in GeV and seen in MeV."""
    dimuon()
    content = yaml.safe_load(dimuon.path.read_text())
    content["observable"] = "mm"
    content["events"]["branches"]["m0" if derived else "mm"] = {"name": "mass", "unit": "MeV"}
    content["events"]["derived"] = {"mm": "m0 * 1.0"} if derived else {}
    content["events"]["selection"].append({"name": "mass", "quantity": "mm"} | cut)
    content["background"]["spectrum"] = spectrum
    dimuon.path.write_text(yaml.safe_dump(content))
    if refused:
        with pytest.raises(InputError, match=f"reaches beyond the cut {refused} .*; end the spectrum there"):
            load_search(dimuon.path)
    else:
        assert load_search(dimuon.path).observable == "mm"


def test_a_given_acceptance_says_that_it_holds_the_prescale(dimuon):
    dimuon()
    content = yaml.safe_load(dimuon.path.read_text())
    content["events"]["runs"] = {"prescale": 10}
    given = {"kind": "constant", "value": 0.026, "source": "s", "status": "cited"}
    for acceptance in (content["acceptance"], given | {"prescaled": True}):
        dimuon.path.write_text(yaml.safe_dump(content | {"acceptance": acceptance}))
        assert load_search(dimuon.path).events.runs.prescale == 10
    for acceptance in (given, {"kind": "table", "path": "a.csv"}):
        dimuon.path.write_text(yaml.safe_dump(content | {"acceptance": acceptance}))
        with pytest.raises(InputError, match=r"one event in 10 is read .*; divide it by 10 and say prescaled: true"):
            load_search(dimuon.path)


def test_the_resolution_of_another_signal_is_not_that_of_a_blinded_search(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    content = yaml.safe_load((ROOT / "config/searches/na62_kpix_mumu.yaml").read_text())
    content |= {"blind": [[295, 305]], "resolution": {"kind": "simulation"}}
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(content))
    (tmp_path / "b.yaml").write_text("data_of: a")
    with pytest.raises(InputError, match=r"of kind simulation is of its own signal: give it as a table in both"):
        load_search(tmp_path / "b.yaml", ("resolution",))


def test_a_given_acceptance_does_not_hold_a_prescale_of_one(dimuon):
    dimuon()
    content = yaml.safe_load(dimuon.path.read_text())
    given = {"kind": "constant", "value": 0.026, "source": "s", "status": "cited", "prescaled": True}
    dimuon.path.write_text(yaml.safe_dump(content | {"acceptance": given}))
    with pytest.raises(InputError, match=r"acceptance.prescaled: all events are read .*; remove it, or set the pre"):
        load_search(dimuon.path)


def test_a_plane_has_as_many_hypotheses_as_are_counted():
    slot = {"kind": "plane", "step": 1, "ranges": [[300, 490]], "step2": 0.25, "low2": 100}
    assert len(plane_masses(Plane(**slot))[0]) == 74681
    with pytest.raises(ValueError, match=r"make 186416 hypotheses, more than 100000"):  # 191 times 97.5 / 0.1 + 1
        Plane(**slot | {"step2": 0.1})
