"""`scripts/limit.py` run as a program."""

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from darkaon.errors import InputError
from darkaon.statistics.combination import combined_limit, windows_from
from darkaon.statistics.limits import set_limits
from darkaon.statistics.windows_table import sources_of
from darkaon.tables.table import read_table
from limit import main

SCRIPT = Path(__file__).parents[2] / "scripts" / "limit.py"


def limit(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)


def test_the_answer_for_a_reader():
    done = limit("--observed", "1", "--background", "0.5", "--uncertainty", "0.1")
    assert done.returncode == 0, done.stderr
    for part in ("observed        3.51", "known", "asymptotic  2.83", "-19.4% from hybrid"):
        assert part in done.stdout, done.stdout


def test_the_answer_for_a_program():
    done = limit("--observed", "0", "--background", "0.01", "--uncertainty", "0.002", "--nuisance", "gauss", "--json")
    answer = json.loads(done.stdout)
    assert answer["observed"] == pytest.approx(2.302585, rel=1e-6)
    assert answer["other_methods"]["profile"] == pytest.approx(2.303, rel=1e-3)
    assert answer["significance"] == 0


def test_a_blinded_count_has_expected_limits():
    answer = json.loads(limit("--background", "110", "--uncertainty", "3", "--json").stdout)
    assert answer["observed"] is None and answer["p_value"] is None and answer["expected"] > 15


def test_asymmetric_uncertainties_and_a_signal_uncertainty():
    done = limit(
        *[
            "--observed",
            "12",
            "--background",
            "10",
            "--uncertainty",
            "22",
            "--uncertainty-down",
            "8",
            "--signal-uncertainty",
            "0.1",
        ]
    )
    assert "the uncertainty adds" in done.stdout and "not defined for these arguments" in done.stdout


def test_asymptotic_says_how_far_off_it_is():
    done = limit("--observed", "0", "--background", "0.01", "--uncertainty", "0.002", "--method", "asymptotic")
    assert "-40.4% from hybrid" in done.stdout


def test_a_fault_is_one_line():
    done = limit("--observed", "-1", "--background", "0.5")
    assert done.returncode == 1
    assert done.stderr == "limit.py: error: n_observed[0] is -1; a number of events cannot be negative\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--observed 3 --background 1 --signal-uncertainty 20", "at most 1: 0.2 for 20 %"),
        (
            "--observed 3 --background 0 --uncertainty 0.5 --nuisance gauss --method on_off",
            "on_off counts the background in a sideband",
        ),
        ("--observed 3 --background 0 --uncertainty-down 0.1", "background of 0|smaller than the background"),
        ("--observed nan --background 1", "it must be a finite number"),
        ("--observed 3 --background 1 --level 90", "a confidence level lies between 0 and 1"),
    ],
)
def test_numbers_out_of_their_range(arguments, words):
    with pytest.raises(InputError, match=words):
        main(arguments.split())


def test_a_background_of_nothing_with_half_a_gaussian(capsys):
    """An uncertainty on top of nothing: the sideband method does not know it, and it says so."""
    main(["--observed", "3", "--background", "0", "--uncertainty", "0.5", "--nuisance", "gauss", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert answer["observed"] == pytest.approx(6.31142, abs=1e-4) and answer["other_methods"]["on_off"] is None


TABLE = "n_observed,background,uncertainty,share\n3,2,0.4,0.5\n5,4,1,0.5\n"


def test_two_windows_of_a_table_combined(tmp_path, capsys):
    (tmp_path / "windows.csv").write_text(TABLE)
    main(["--windows", str(tmp_path / "windows.csv"), "--combine", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert answer["observed"] == pytest.approx(7.11836, rel=1e-5)
    assert answer["expected"] == pytest.approx(5.04037, rel=1e-5)
    main(["--windows", str(tmp_path / "windows.csv"), "--combine"])
    assert "2 windows together" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rows", "more", "words"),
    [
        ("nuisance\n5,6,3,gauss", [], "nuisance: each row by itself takes that of --nuisance"),
        ("nuisance\n5,0,3,gamma", ["--combine"], r"background\[0\] is 0 with an uncertainty of 3"),
        ("nuisance\n5,-1,3,gamma", ["--combine"], r"background\[0\] is -1"),
        ("nuisance\n-1,6,3,gamma", ["--combine"], r"n_observed\[0\] is -1"),
        ("nuisance\n2.5,6,3,gamma", ["--combine"], "is a whole number"),
        ("uncertainty_down\n5,6,3,-1", ["--combine"], r"uncertainty_down\[0\] is -1"),
        ("signal_uncertainty\n5,6,3,20", ["--combine"], "at most 1: 0.2 for 20 %"),
    ],
)
def test_tables_of_windows_without_a_limit(tmp_path, rows, more, words):
    (tmp_path / "windows.csv").write_text(f"n_observed,background,uncertainty,{rows}\n")
    with pytest.raises(InputError, match=words):
        main(["--windows", str(tmp_path / "windows.csv"), *more])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--windows w.csv --signal-uncertainty 0.3", "--signal-uncertainty has no effect here; is a column"),
        (
            "--windows w.csv --combine --signal-uncertainty 0.3",
            "--signal-uncertainty has no effect here; is a column",
        ),
        ("--windows w.csv --observed 40", "--observed has no effect"),
        ("--windows w.csv --uncertainty 5", "--uncertainty has no effect"),
        ("--windows w.csv --uncertainty-down 5", "--uncertainty-down has no effect"),
        ("--windows w.csv --signal 5", "--signal has no effect"),
        ("--windows w.csv --nuisance gauss lognormal", "--nuisance: 2 of them; give one for all rows"),
        ("--windows w.csv --combine --output a.csv", "--output has no effect here.*take --json"),
        ("--workspace w.json --nuisance gauss", "--nuisance has no effect here; the workspace says it"),
        ("--workspace w.json --output a.csv", "--output has no effect"),
        ("--background 3 --output a.csv", "--output has no effect"),
        ("--background 1.5 --uncertainty 0.7 0.9", "--uncertainty: 2 of them for 1 sources"),
        ("--background 1.5 --nuisance gauss lognormal", "--nuisance: 2 of them for 1 sources"),
        (
            "--background 9 --uncertainty 3 --uncertainty-down 2 --nuisance gauss",
            "--nuisance has no effect here; an asym",
        ),
        ("--windows w.csv --output ./w.csv", "--output ./w.csv: is the input w.csv"),
        ("--background 3 1.5 --signal-uncertainty 20", "at most 1: 0.2 for 20 %"),
        ("--background 3 1.5 --observed 2.5", "is a whole number"),
        ("--background 3 1.5 --observed -2", "cannot be negative"),
    ],
)
def test_what_would_change_nothing_is_refused(tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    Path("w.csv").write_text("n_observed,background,uncertainty\n3,1.5,0.7\n12,10,3\n")
    Path("w.json").write_text(json.dumps(SPEC))
    with pytest.raises(InputError, match=words):
        main(options.split())
    assert not Path("a.csv").exists()


@pytest.mark.parametrize("column", ["observed", "sigma", "background_uncertainty"])
@pytest.mark.parametrize("more", [[], ["--combine"]])
def test_an_unknown_column_of_windows_is_refused(tmp_path, column, more):
    """Such a column could have been meant as the count or the uncertainty."""
    (tmp_path / "w.csv").write_text(f"{column},background\n3,1.5\n")
    with pytest.raises(InputError, match=f"w.csv: column: '{column}' is not known; choose one of background, n_obs"):
        main(["--windows", str(tmp_path / "w.csv"), *more])


def test_names_and_masses_of_windows_are_repeated(tmp_path, capsys):
    (tmp_path / "w.csv").write_text("name,mass_MeV,n_observed,background\nlow,20,3,1.5\n")
    main(["--windows", str(tmp_path / "w.csv")])
    assert capsys.readouterr().out.splitlines()[1].startswith("low,20,3,1.5,5.2")


def test_each_window_of_a_table_by_itself(tmp_path, capsys):
    (tmp_path / "windows.csv").write_text(TABLE + ",4,1,0.5\n")  # the third is blinded
    main(["--windows", str(tmp_path / "windows.csv"), "--output", str(tmp_path / "limits.csv")])
    found = read_table(tmp_path / "limits.csv")
    expected = set_limits([3, 5], [2, 4], [0.4, 1.0])
    assert found["observed"][:2] == pytest.approx(expected.observed)
    assert found["expected_p2"] == pytest.approx([*expected.expected_p2, expected.expected_p2[1]])
    assert math.isnan(found["observed"][2])
    main(["--windows", str(tmp_path / "windows.csv")])
    assert capsys.readouterr().out.splitlines()[1].startswith("3,2,0.4,0.5,4.98")
    main(["--windows", str(tmp_path / "windows.csv"), "--json"])
    assert json.loads(capsys.readouterr().out)["windows"]["observed"][2] is None


def test_a_large_gaussian_background_at_95_percent(capsys):
    """The values of `test_exactness`: brute force gives 1999.479 and the band [1439.447, 2783.187]."""
    main(
        [
            "--observed",
            "40000",
            "--background",
            "40000",
            "--uncertainty",
            "1000",
            "--nuisance",
            "gauss",
            "--level",
            "0.95",
            "--json",
        ]
    )
    answer = json.loads(capsys.readouterr().out)
    found = [answer[name] for name in ("observed", "expected_m1", "expected_p1")]
    assert found == pytest.approx([1999.479, 1439.447, 2783.187], rel=1e-6)


def test_several_sources_of_background(capsys):
    main(
        ["--observed", "110", "--background", "60", "40", "--uncertainty", "6", "4", "--nuisance", "gauss", "--json"]
    )
    answer = json.loads(capsys.readouterr().out)
    one = set_limits(110, 100, 52**0.5, nuisance="gauss")
    for name, value in one.columns().items():
        assert answer[name] == pytest.approx(value[0], rel=1e-5)
    main(
        [
            "--observed",
            "7",
            "--background",
            "3",
            "1.5",
            "--uncertainty",
            "0.5",
            "0.8",
            "--nuisance",
            "gauss",
            "lognormal",
        ]
    )
    assert "observed        7.53" in capsys.readouterr().out


SPEC = {
    "channels": [
        {
            "name": "window",
            "samples": [
                {
                    "name": "signal",
                    "data": [2.0],
                    "modifiers": [{"name": "mu", "type": "normfactor", "data": None}],
                },
                {
                    "name": "background",
                    "data": [50.0],
                    "modifiers": [{"name": "sideband", "type": "shapesys", "data": [7.0]}],
                },
            ],
        }
    ],
    "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
    "observations": [{"name": "window", "data": [56.0]}],
    "version": "1.0.0",
}


@pytest.fixture
def pyhf():
    """pyhf with its exact optimiser, for one test: its choice is global."""
    import pyhf

    pyhf.set_backend("numpy", "minuit")
    yield pyhf
    pyhf.set_backend("numpy", "scipy")


def test_a_pyhf_workspace_of_one_channel(tmp_path, capsys, pyhf):
    (tmp_path / "workspace.json").write_text(json.dumps(SPEC))
    main(["--workspace", str(tmp_path / "workspace.json"), "--method", "asymptotic", "--json"])
    answer = json.loads(capsys.readouterr().out)
    workspace = pyhf.Workspace(SPEC)
    model = workspace.model()
    theirs, bands = pyhf.infer.intervals.upper_limits.toms748_scan(
        workspace.data(model), model, 0.3, 40.0, level=0.1, rtol=1e-6, par_bounds=[(0, 45.0), (1e-3, 10)]
    )
    assert answer["parameter"] == "mu"
    assert answer["observed"] == pytest.approx(float(theirs), rel=1e-3)
    names = ("expected_m2", "expected_m1", "expected", "expected_p1", "expected_p2")
    assert [answer[name] for name in names] == pytest.approx([float(x) for x in bands], rel=1e-3)
    main(["--workspace", str(tmp_path / "workspace.json")])
    assert "limits on mu" in capsys.readouterr().out


def test_a_workspace_with_two_bins_and_two_samples_is_combined(tmp_path, capsys):
    spec = json.loads(json.dumps(SPEC))
    signal, background = spec["channels"][0]["samples"]
    signal["data"], background["data"], background["modifiers"][0]["data"] = [1.0, 2.0], [4.0, 6.0], [1.0, 2.0]
    spec["observations"][0]["data"] = [5.0, 5.0]
    (tmp_path / "workspace.json").write_text(json.dumps(spec))
    main(["--workspace", str(tmp_path / "workspace.json"), "--json"])
    answer = json.loads(capsys.readouterr().out)
    windows = windows_from([5, 5], [4.0, 6.0], [1.0, 2.0])
    assert answer["observed"] == pytest.approx(combined_limit(windows, [1.0, 2.0]), rel=1e-9)
    background["modifiers"].append({"name": "shape", "type": "histosys", "data": {}})
    (tmp_path / "workspace.json").write_text(json.dumps(spec))
    with pytest.raises(InputError, match="2 modifiers"):
        main(["--workspace", str(tmp_path / "workspace.json")])


def workspace(modifiers, observed=(20.0,), settings=()):
    """A signal of 1 in each bin and backgrounds of 10 (each 10 / number of bins) with the modifiers given."""
    spec = json.loads(json.dumps(SPEC))
    signal, background = spec["channels"][0]["samples"]
    signal["data"] = [1.0] * len(observed)
    more, of_backgrounds = modifiers
    signal["modifiers"] += more
    spec["channels"][0]["samples"] = [signal] + [
        background | {"name": f"b{i}", "data": [10.0] * len(observed), "modifiers": own}
        for i, own in enumerate(of_backgrounds)
    ]
    spec["observations"][0]["data"] = list(observed)
    spec["measurements"][0]["config"]["parameters"] = list(settings)
    return spec


def normsys(name, high=1.3, low=None):
    return [{"name": name, "type": "normsys", "data": {"hi": high, "lo": 1 / high if low is None else low}}]


def limit_of(tmp_path, capsys, spec):
    (tmp_path / "workspace.json").write_text(json.dumps(spec))
    main(["--workspace", str(tmp_path / "workspace.json"), "--json"])
    return json.loads(capsys.readouterr().out)["observed"]


def test_samples_of_one_normsys_move_together_and_of_two_they_do_not(tmp_path, capsys):
    together = limit_of(tmp_path, capsys, workspace(([], [normsys("a"), normsys("a")])))
    assert together == pytest.approx(set_limits(20, 20, 6, nuisance="lognormal").observed[0], rel=1e-5)
    apart = limit_of(tmp_path, capsys, workspace(([], [normsys("a"), normsys("b")])))
    sources = sources_of([10, 10], [3, 3], ["lognormal"])
    windows = replace(windows_from(20, 20), sources=sources)
    assert apart == pytest.approx(combined_limit(windows), rel=1e-6)
    assert apart < 0.93 * together


def test_the_observation_is_that_of_the_channel(tmp_path, capsys):
    spec = workspace(([], [normsys("a")]), observed=(12.0,))
    spec["observations"].insert(0, {"name": "another", "data": [0.0]})
    assert limit_of(tmp_path, capsys, spec) == pytest.approx(
        set_limits(12, 10, 3, nuisance="lognormal").observed[0], rel=1e-6
    )


def test_a_normsys_of_the_signal_within_a_few_percent(tmp_path, capsys):
    found = limit_of(tmp_path, capsys, workspace((normsys("s", 1.2, 0.8), [normsys("a")])))
    relative = math.sqrt(1.2 / 0.8) - 1
    expected = set_limits(20, 10, 3, nuisance="lognormal", signal_uncertainty=relative)
    assert found == pytest.approx(expected.observed[0], rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"modifiers": (normsys("s", 1.0, 0.5), [normsys("a")])}, "signal: the modifier 's' of type normsys, 0.5 to"),
        ({"modifiers": (normsys("a"), [normsys("a")])}, "normsys 'a' moves signal and background"),
        ({"modifiers": ([], [normsys("a"), normsys("b")]), "observed": (9.0, 9.0)}, "'a', 'b' are several that move"),
        ({"modifiers": ([], [normsys("a", 1.3, 1.1)])}, "b0: the modifier 'a' of type normsys, 1.1 to 1.3, is not"),
        (
            {"modifiers": ([], [normsys("a")]), "settings": [{"name": "a", "fixed": True}]},
            "parameters: a: 'fixed' is not understood",
        ),
    ],
)
def test_workspaces_that_would_have_another_limit_are_refused(tmp_path, capsys, arguments, words):
    with pytest.raises(InputError, match=words):
        limit_of(tmp_path, capsys, workspace(**arguments))


def test_a_sample_with_other_bins_than_observed(tmp_path, capsys):
    spec = workspace(([], [normsys("a")]))
    spec["channels"][0]["samples"][1]["data"] = [10.0, 10.0]
    with pytest.raises(InputError, match="b0: 2 bins, observed are 1"):
        limit_of(tmp_path, capsys, spec)
    spec["observations"] = [{"name": "another", "data": [1.0]}]
    with pytest.raises(InputError, match="observations: none is of 'window'"):
        limit_of(tmp_path, capsys, spec)
    spec = workspace(([], [[{"name": "s", "type": "shapesys", "data": [3.0]}]]), observed=(9.0, 9.0))
    with pytest.raises(InputError, match="b0: s: 1 bins of 2"):
        limit_of(tmp_path, capsys, spec)


def test_settings_of_a_workspace_that_change_nothing(tmp_path, capsys):
    plain = limit_of(tmp_path, capsys, workspace(([], [normsys("a")])))
    fixed = [{"name": "a", "fixed": False, "inits": [0.0]}]
    turned = workspace(([], [normsys("a", 1 / 1.3, 1.3)]), settings=fixed)
    assert limit_of(tmp_path, capsys, turned) == pytest.approx(plain, rel=1e-9)


def test_a_closed_pipe_ends_quietly(tmp_path):
    rows = "".join(f"{n},{0.5 + n}\n" for n in range(3000))
    (tmp_path / "windows.csv").write_text("n_observed,background\n" + rows)
    done = subprocess.run(
        f"{sys.executable} {SCRIPT} --windows {tmp_path / 'windows.csv'} | head -1",
        shell=True, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.startswith("n_observed") and not done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--observed 3", "give one of the three"),
        ("--observed 3 --background 1 2 --uncertainty 0.1 0.2 0.3", "one for each source"),
        ("--observed 3 --background 1 2 --method profile", "take hybrid"),
        ("--background 1 --combine", "--windows"),
        ("--observed 3 --background 1 -2", "out of range"),
    ],
)
def test_arguments_that_do_not_go_together(arguments, words):
    with pytest.raises(InputError, match=words):
        main(arguments.split())


def test_expected_significance_of_a_signal(capsys):
    """s = 20 on 50 +- 5: 2.12089 of the median count, 2.13322 by the Asimov formula (check values)."""
    arguments = ["--background", "50", "--uncertainty", "5", "--signal", "20"]
    main([*arguments, "--json"])
    found = json.loads(capsys.readouterr().out)["expected_significance"]
    assert found["median_count"] == 70
    assert found["median"] == pytest.approx(2.12089, abs=2e-5)
    assert found["asimov"] == pytest.approx(2.13322, abs=2e-5)
    main(arguments)
    assert (
        "a signal of 20 is expected at 2.121 sigma (median count 70; Asimov formula 2.133)" in capsys.readouterr().out
    )
    for more in (["--nuisance", "gauss"], ["--uncertainty-down", "3"]):
        with pytest.raises(InputError, match="--signal"):
            main([*arguments, *more])
