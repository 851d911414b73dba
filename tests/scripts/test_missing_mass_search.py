"""The shipped search K+ -> pi+ X, X invisible, from its simulated files to limits: the scripts as programs."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import uproot
import yaml

import compare_variant
import compute_acceptance
import compute_limits
import convert_limits
import count_periods
import gather_limits
import make_blinding
import make_windows
import select_events
import simulate_background
import simulate_events
import simulate_signal
import tabulate_spectrum
from darkaon.errors import InputError
from darkaon.report.comparison import compare
from darkaon.tables.table import Table, read_table, write_table

ROOT = Path(__file__).parents[2]
SEARCH = ROOT / "config" / "searches" / "na62_kpix_invisible.yaml"
PERIODS = ("2016", "2017", "2018", "2021-22")
NEW = {  # a period as a user would write it
    "ses": {"value": 0.4e-11, "uncertainty": 0.03e-11, "source": "test", "status": "tuned"},
    "background": {"value": 20.0, "source": "test", "status": "tuned"},
}

pytestmark = pytest.mark.xdist_group("missing_mass_search")


def call(script, **options):
    arguments = []
    for name, value in options.items():
        if value is not None:
            arguments += [f"--{name}", *(map(str, value) if isinstance(value, list) else [str(value)])]
    script.main(arguments)


def search_file(folder, *, periods=PERIODS, drop=(), alike=None, **changes):
    content = yaml.safe_load(SEARCH.read_text(encoding="utf-8")) | changes
    known = {"2023-24": NEW} | content["periods"]
    content["periods"] = {name: alike or known[name] for name in periods}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "na62_kpix_invisible.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in content.items() if k not in drop}, sort_keys=False))
    return path


def select(search, folder, name, events, blinding=None):
    output = folder / f"{name}.npy"
    files = {"input": events, "output": output, "cutflow": folder / f"{name}.csv"}
    call(select_events, search=search, sample=name, label="simulated", blinding=blinding, **files)
    return output


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The simulated event files of the shipped search, of a new period too, and what is selected as MC."""
    folder = tmp_path_factory.mktemp("files")
    search = search_file(folder, periods=(*PERIODS, "2023-24"))
    call(simulate_signal, search=search, sample="signal", seed=1, output=folder / "signal.root")
    call(simulate_background, search=search, sample="background", seed=1, output=folder / "background.root")
    for period in (*PERIODS, "2023-24"):
        call(simulate_events, search=search, sample=period, period=period, seed=1, output=folder / f"{period}.root")
    for name in ("signal", "background"):
        select(search, folder, name, folder / f"{name}.root")
    return folder


def count(files, folder, search, windows, data):
    """The windows period by period; `data`: period -> candidates."""
    output = folder / "periods.csv"
    candidates = [f"{period}={path}" for period, path in data.items()]
    mc = {"background": files / "background.npy", "output": output}
    call(count_periods, search=search, windows=windows, candidates=candidates, **mc)
    return output


def analyse(files, folder, periods=PERIODS, planted=None, **changes):
    """All tables of the search in `folder`; `planted`: a file in the place of 2021-22."""
    search = search_file(folder / "search", periods=periods, **changes)
    blinding = None
    if changes.get("blind"):
        blinding = folder / "blinding.csv"
        call(make_blinding, search=search, name="s", signal=files / "signal.npy", output=blinding)
    paths = {period: files / f"{period}.root" for period in periods} | ({"2021-22": planted} if planted else {})
    data = [select(search, folder, period, path, blinding) for period, path in paths.items()]
    made = {
        "windows": folder / "windows.csv",
        "acceptance": folder / "acceptance.csv",
        "events": folder / "events.csv",
    }
    mc = {"signal": files / "signal.npy", "background": [files / "background.npy"]}
    call(make_windows, search=search, name="s", label="simulated", candidates=data, **mc, output=made["windows"])
    signal = {"candidates": files / "signal.npy", "cutflow": files / "signal.csv"}
    call(compute_acceptance, search=search, **signal, reference=files / "background.csv", output=made["acceptance"])
    windows = {"windows": made["windows"], "acceptance": made["acceptance"]}
    if changes.get("statistics", {}).get("periods") == "separate":
        by_period = dict(zip(paths, data, strict=True))
        windows["periods"] = count(files, folder, search, made["windows"], by_period)
    call(compute_limits, search=search, **windows, output=folder / "slice.csv")
    call(gather_limits, slices=[folder / "slice.csv"], output=made["events"])
    limits = {"event-limits": made["events"], "acceptance": made["acceptance"]}
    call(convert_limits, search=search, **limits, output=folder / "limits.csv")
    return {name: read_table(path) for name, path in (made | {"limits": folder / "limits.csv"}).items()}


@pytest.fixture(scope="module")
def done(files, tmp_path_factory):
    return analyse(files, tmp_path_factory.mktemp("all"))


@pytest.fixture(scope="module")
def published():
    table = read_table(ROOT / "resources" / "published" / "na62_kpix_invisible_2016_22.csv")
    return Table({"observed": table["upper_limit"], **table.columns})


def at(table, lifetime, low=-1.0, high=np.inf):
    mass = table["mass_MeV"]
    return table.where((table["lifetime_ns"] == lifetime) & (mass >= low) & (mass <= high))


def test_expected_events(done):
    """18 background and 20 +- 2 pi nu nu; at most 2.5 in a window; the flat split stands beside the declared one."""
    told = done["windows"].header["components"]
    events = {name: float(n) for name, n in re.findall(r"^(\w+): ([\d.]+) events", told, re.MULTILINE)}
    assert events.pop("pi_nunu") == pytest.approx(20, abs=2)
    assert sum(events.values()) == pytest.approx(18, abs=0.02)
    assert told.count("flat split") == 4
    windows = done["windows"]
    assert 1.5 < windows["background"].max() <= 2.5
    assert np.all(windows["background_stat"] < 0.1 * windows["background"])
    assert "tuned: background.components.mu_nu.split" in windows.header["statuses"]


def spectrum(files, folder, **changes):
    search = search_file(folder / "spectrum", **changes)
    data = [select(search, folder, period, files / f"{period}.root") for period in PERIODS]
    mc = {"signal": files / "signal.npy", "background": files / "background.npy"}
    options = {"bin-width": 0.002, "output": folder / "spectrum.csv"}
    call(tabulate_spectrum, search=search, label="simulated", candidates=data, **mc, **options)
    return read_table(folder / "spectrum.csv")


def test_the_spectrum_holds_every_candidate_and_all_expected_events(files, tmp_path):
    table = spectrum(files, tmp_path)
    assert len(table) == 5 + 21 and table["high"][4] == 0.01 and table["low"][5] == 0.026
    assert table["n_observed"].sum() == sum(len(np.load(tmp_path / f"{period}.npy")) for period in PERIODS)
    expected = {name: table[name].sum() for name in ("upstream", "mu_nu", "pi_pi0", "three_pi_ke4")}
    assert sum(expected.values()) == pytest.approx(18, abs=0.02) and table["pi_nunu"].sum() == pytest.approx(
        20, abs=2
    )
    assert table["upstream"][:5].sum() == pytest.approx(0.16 * 11.6, rel=1e-3)


def test_bins_that_are_blinded_are_empty(files, tmp_path):
    table = spectrum(files, tmp_path, blind=[[195.0, 225.0]])
    hidden = np.isnan(table["n_observed"])
    assert 3 < hidden.sum() < 10 and np.all(table["low"][hidden] < 0.052) and np.all(table["high"][hidden] > 0.036)


def test_masses_and_windows(done):
    windows = done["windows"]
    steps = np.diff(windows["mass_MeV"])
    assert len(windows) == 79 + 76 and steps.max() == pytest.approx(154 - 109.2)
    np.testing.assert_allclose(np.delete(steps, 78), 1.4, rtol=1e-9)
    width = (windows["high"] - windows["low"]) / windows["resolution"]
    assert width.min() == pytest.approx(1.5, rel=1e-6) and width.max() == pytest.approx(3.0, rel=1e-6)
    for mass, sigma in ((0, 1.12e-3), (200.2, 0.86e-3), (259, 0.68e-3)):  # GeV^2, `searches.md`
        row = np.argmin(abs(windows["mass_MeV"] - mass))
        assert windows["resolution"][row] == pytest.approx(sigma, rel=0.03)


def test_sensitivity_beside_its_published_bound(done):
    """arXiv:2507.17286: SES_X <= 1.9e-12 at 210-231 MeV."""
    assert at(done["acceptance"], np.inf, 210, 231)["ses"].mean() == pytest.approx(1.9e-12, rel=0.4)


def whole_ranges(rows):
    """Without the rows for parts of a range of masses, which a comparison has too."""
    return {name: column[rows["scope"] == "range"] for name, column in rows.items()}


def test_published_limits_lie_in_the_band(done, published):
    rows = whole_ranges(compare(done["limits"], published, factors={"with_factor": 0.825}))
    stable = rows["lifetime_ns"] == np.inf
    assert np.all(rows["inside_band"][stable] >= [0.85, 0.80])
    assert np.all((rows["ratio"][stable] > 0.75) & (rows["ratio"][stable] < 1.33))
    assert np.all(rows["inside_band_with_factor"][stable] >= 0.85)


def test_limits_rise_with_the_lifetime_as_published(done, published):
    rows = whole_ranges(compare(done["limits"], published))
    for lifetime, tolerance in ((0.5, 0.3), (1, 0.2), (2, 0.2), (5, 0.2)):
        found = rows["lifetime_ratio"][rows["lifetime_ns"] == lifetime]
        assert len(found) == 2
        np.testing.assert_allclose(found, 1, atol=tolerance)


def test_event_limits_do_not_know_lifetimes(files, done, tmp_path):
    lifetime = {"kind": "escape", "values_ns": [1.0, float("inf")]}
    other = analyse(files, tmp_path, lifetime=lifetime)
    np.testing.assert_allclose(other["events"]["expected"], done["events"]["expected"], rtol=1e-7)


def test_the_simple_law(files, done, tmp_path):
    kappa = {"value": 2.4, "source": "physics.md section 8", "status": "derived"}
    law = {"kind": "escape", "kappa_m_per_GeV": kappa, "values_ns": [1.0, float("inf")]}
    other = analyse(files, tmp_path, lifetime=law)["acceptance"]
    one, stable = at(other, 1.0), at(other, np.inf)
    np.testing.assert_allclose(
        one["ses"] / stable["ses"], np.exp(2.4 * one["mass_MeV"] / 1e3 / 0.299792458), rtol=1e-7
    )
    simulated = at(done["acceptance"], 1.0)["ses"] / at(done["acceptance"], np.inf)["ses"]
    np.testing.assert_allclose(one["ses"] / stable["ses"], simulated, rtol=0.35)


def gain(before, after):
    return np.median(at(before["limits"], np.inf)["expected"] / at(after["limits"], np.inf)["expected"])


def test_all_data_improve_on_2016_18(files, done, tmp_path, capsys):
    early = analyse(files, tmp_path, periods=PERIODS[:3])
    assert 1 / np.sum(1 / np.array([3.15e-10, 0.389e-10, 1.107e-11])) == pytest.approx(0.839e-11, rel=1e-3)
    for name, made in (("early", early), ("all", done)):
        write_table(tmp_path / f"{name}.csv", made["limits"].columns, made["limits"].header)
    tables = {"variant": tmp_path / "early.csv", "whole": tmp_path / "all.csv"}
    call(compare_variant, **tables, output=tmp_path / "improvement.csv")
    table = read_table(tmp_path / "improvement.csv")
    table = table.where(table["lifetime_ns"] == np.inf)
    assert 1.4 < table["expected"][0] < 2.0 and table["expected"][0] == pytest.approx(gain(early, done))
    assert f"lifetime inf ns: expected {gain(early, done):.2f}, observed" in capsys.readouterr().out


SEPARATE = {"masses": {"kind": "step", "step": 30.0, "ranges": [[0, 90], [170, 260]]}}


def test_periods_as_separate_windows(files, tmp_path):
    """Periods whose signal over background differs are worth more apart; counts and backgrounds are the same."""
    added = analyse(files, tmp_path / "added", **SEPARATE)
    statistics = {"method": "hybrid", "nuisance": "gamma", "level": 0.90, "periods": "separate"}
    apart = analyse(files, tmp_path / "apart", **SEPARATE, statistics=statistics)
    rows = read_table(tmp_path / "apart" / "periods.csv", text=["period"])
    for column in ("n_observed", "background", "share"):
        total = sum(rows[column][rows["period"] == period] for period in PERIODS)
        np.testing.assert_allclose(total, 1.0 if column == "share" else added["windows"][column], rtol=1e-6)
    ratio = apart["events"]["expected"] / added["events"]["expected"]
    assert np.all((ratio > 0.75) & (ratio < 1.1)) and np.isfinite(apart["events"]["observed"]).all()
    np.testing.assert_array_equal(apart["events"]["p_value"], added["events"]["p_value"])


def test_periods_alike_are_those_of_the_sum_also_when_blinded(files, tmp_path):
    quantity = {"source": "test", "status": "tuned"}
    alike = {"ses": {"value": 1e-11, **quantity}, "background": {"value": 5.0, **quantity}}
    content = SEPARATE | {"alike": alike, "blind": [[195.0, 225.0]]}
    statistics = {"method": "hybrid", "nuisance": "gamma", "level": 0.90, "periods": "separate"}
    added = analyse(files, tmp_path / "added", PERIODS[2:], **content)["events"]
    apart = analyse(files, tmp_path / "apart", PERIODS[2:], **content, statistics=statistics)["events"]
    for column in ("observed", "expected", "expected_p1"):
        np.testing.assert_allclose(apart[column], added[column], rtol=0.02)  # uncertainties are independent here
    assert np.isnan(apart["observed"]).any() and np.isfinite(apart["expected"]).all()


def test_a_new_period(files, done, tmp_path):
    """One block in the YAML, one file: 1/SES and backgrounds add, the limits improve as the counts let expect."""
    more = analyse(files, tmp_path, periods=(*PERIODS, "2023-24"))
    share = at(done["acceptance"], np.inf)["ses"] / at(more["acceptance"], np.inf)["ses"]
    np.testing.assert_allclose(share, 1 + 4.2223e-12 / 0.4e-11, rtol=1e-3)
    assert more["windows"]["background"].sum() > 1.9 * done["windows"]["background"].sum()
    assert share[0] ** 0.5 * 0.95 < gain(done, more) < share[0]  # between counting much background and none


# --- blinding ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def planted(files):
    """The file of 2021-22 with 500 events more, all of 200 MeV and copied from the signal."""
    with uproot.open(files / "2021-22.root") as data, uproot.open(files / "signal.root") as signal:
        own, x = data["events"].arrays(library="np"), signal["events"].arrays(library="np")
    chosen = np.flatnonzero((x["x_mass_MeV"] == 210) & (x["track1_momentum"] > 15) & (x["track1_momentum"] < 45))[
        :500
    ]
    both = {
        name: np.concatenate([values, x[name][chosen] if name in x else np.resize(values, 500)])
        for name, values in own.items()
    }
    path = files / "planted.root"
    with uproot.recreate(path) as file:
        file.mktree("events", {name: values.dtype for name, values in both.items()})
        file["events"].extend(both)
    return path


def contents(folder):
    """Every file that is made after the event files, read with its own reader."""
    readers = {".csv": lambda path: read_table(path, text=["cut"]).columns, ".npy": lambda path: {"": np.load(path)}}
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in readers]
    return {f"{path.name}: {name}": c for path in files for name, c in readers[path.suffix](path).items()}


def said(path):
    """A file's bytes without the checksums of what it was made of: the event file is another one."""
    lines = path.read_bytes().split(b"\n")
    return [line for line in lines if not line.startswith((b"# inputs: ", b"# event_files: ", b"# made_from: "))]


@pytest.mark.parametrize("blind", [True, [[195.0, 225.0]]])
def test_no_trace_of_what_is_blinded(files, planted, tmp_path, capsys, blind):
    """With planted events every file and everything told is the same as without them."""
    with_signal = analyse(files, tmp_path / "planted", planted=planted, blind=blind)
    told = capsys.readouterr()
    analyse(files, tmp_path / "none", blind=blind)
    assert told == capsys.readouterr()
    ours, theirs = contents(tmp_path / "planted"), contents(tmp_path / "none")
    assert len(ours) > 40 and ours.keys() == theirs.keys()
    for name, values in ours.items():
        np.testing.assert_array_equal(values, theirs[name], err_msg=name)
    for path in (tmp_path / "planted").rglob("*.*"):
        assert said(path) == said(tmp_path / "none" / path.relative_to(tmp_path / "planted"))

    hidden = np.isnan(with_signal["windows"]["n_observed"])
    assert hidden.all() if blind is True else 15 < hidden.sum() < 60
    for column in ("observed", "p_value", "significance"):
        np.testing.assert_array_equal(np.isnan(with_signal["events"][column]), hidden)
    assert np.isfinite(with_signal["limits"]["expected"]).all()
    ranges = read_table(tmp_path / "planted" / "blinding.csv")
    for period in PERIODS:
        value = np.load(tmp_path / "planted" / f"{period}.npy")["observable"][:, None]
        assert not np.any((value >= ranges["low"]) & (value < ranges["high"]))
    assert '"blind": [[195.0, 225.0]]' in with_signal["windows"].header["settings"] or blind is True


def test_unblinded_they_are_seen(files, planted, done, tmp_path):
    """One key: `blind: false`, which the header records."""
    opened = analyse(files, tmp_path, planted=planted, blind=False)
    near = abs(opened["windows"]["mass_MeV"] - 210) < 1
    assert np.all(opened["windows"]["n_observed"][near] > done["windows"]["n_observed"][near] + 200)
    assert '"blind": false' in opened["windows"].header["settings"]
    assert np.isfinite(opened["events"]["observed"]).all()


def test_a_range_without_hypotheses(files, tmp_path):
    with pytest.raises(InputError, match="blind: there is no mass hypothesis between 120 and 140 MeV"):
        analyse(files, tmp_path, blind=[[120.0, 140.0]])


# --- faults -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"normalisation": {"kind": "ses", "component": "pi_nu"}}, "'pi_nu' is none of .* did you mean 'pi_nunu'"),
        ({"regions": None}, "components needs the slot 'regions'"),
        ({"blind": "perhaps"}, "blind"),
    ],
)
def test_faults_are_told(files, tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        analyse(files, tmp_path, **changes)
