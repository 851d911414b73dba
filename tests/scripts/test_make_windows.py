"""What the windows of a search refuse of its candidates."""

from math import erf

import numpy as np
import pytest
import yaml

import compute_limits
import fit_windows
from darkaon.errors import InputError
from darkaon.tables.blocks import Writer
from darkaon.tables.table import read_table, write_table
from make_windows import main

SEARCH = {
    "input": "events",
    "observable": "mm",
    "periods": {"2017": {"share": 0.5}, "2018": {"share": 0.5}},
    "masses": {"kind": "list", "values": [230, 300, 370]},
    "window": {"kind": "symmetric", "half_width_sigma": 1.5},
    "background": {"kind": "sidebands", "half_width_sigma": 9.0, "order": 1, "spectrum": [200, 400]},
}
TRANSFER = {"value": 0.5, "source": "test", "status": "tuned"}
CONTROL = {"kind": "components", "others": {"ws": {"kind": "control", "transfer": TRANSFER}}}


@pytest.fixture
def windows(tmp_path):
    """Make the windows of a search with some slots changed."""
    (tmp_path / "r.csv").write_text("mass_MeV,resolution_MeV\n200,1\n400,1\n")

    def make(*options, **slots):
        content = SEARCH | {"resolution": {"kind": "table", "path": str(tmp_path / "r.csv")}} | slots
        (tmp_path / "s.yaml").write_text(yaml.safe_dump(content))
        main(
            [
                "--search",
                str(tmp_path / "s.yaml"),
                "--label",
                "measured",
                "--output",
                str(tmp_path / "w.csv"),
                *options,
            ]
        )

    return make


@pytest.fixture
def file(tmp_path):
    """Write candidates evenly from 200 to 400 MeV, with the cutflow of a sample that is made of one file."""

    def write(name, content, scale=1.0, kept=2000):
        writer = Writer(tmp_path / f"{name}.npy", ("observable",))
        writer.add([scale * np.linspace(200, 400, 2000, endpoint=False)[:kept]])
        writer.close()
        header = f"# format: darkaon table 1\n# sample: {name}\n# event_files: {name}.root sha256:{content}\n"
        (tmp_path / f"{name}.csv").write_text(f"{header}cut,events\nread,{kept}\nkept,{kept}\n")
        return str(tmp_path / f"{name}.npy")

    return write


def test_a_period_in_another_unit_stops_the_windows_or_is_named_in_them(windows, file, tmp_path):
    options = ["--candidates", file("a", "1"), file("b", "2", 1e-3), "--periods", "2017", "2018"]
    with pytest.raises(InputError, match=r"s.yaml: period '2018', .*b.npy: 0 of 2000 candidates lie in reach"):
        windows(*options)
    with pytest.warns(UserWarning, match=r"0 of 2000 candidates .*\(allowed\)"):
        windows(*options, "--allow-empty", "2018")
    assert "# empty_periods: period '2018', " in (tmp_path / "w.csv").read_text()


@pytest.mark.parametrize("contents", ["122", "121"])
def test_the_same_events_are_refused_as_control_samples_too(windows, file, contents):
    """Two control samples of one content, or a control sample that is a copy of the data."""
    data, one, two = (file(name, content) for name, content in zip(("d", "e", "f"), contents, strict=True))
    controls = ["--control", f"ws={one}", f"ws={two}"]
    with pytest.raises(InputError, match=r"samples '[de]' and 'f' hold the same events: [de].root and f.root"):
        windows("--candidates", data, "--periods", "2017", *controls, background=CONTROL)


def test_fits_go_with_an_acceptance_that_is_given(windows, file, tmp_path):
    """The part of a Gaussian within 1.5 sigma, 0.8664, in place of the simulated one that is not known."""
    data, slots = file("a", "1"), {"statistics": {"level": 0.9}}
    windows("--candidates", data, **slots)
    rows = "".join(f"0,{mass},0.26,0,1e-12,5e-14\n" for mass in SEARCH["masses"]["values"])
    header = "# format: darkaon table 1\nlifetime_ns,mass_MeV,acceptance,acceptance_error,ses,ses_error\n"
    (tmp_path / "acceptance.csv").write_text(header + rows)
    options = {"search": "s.yaml", "windows": "w.csv", "acceptance": "acceptance.csv", "output": "f.csv"}
    named = [text for name, path in options.items() for text in (f"--{name}", str(tmp_path / path))]
    fit_windows.main([*named, "--label", "measured", "--candidates", data])
    assert read_table(tmp_path / "f.csv")["efficiency"] == pytest.approx(erf(1.5 / 2**0.5), abs=1e-3)


def test_windows_without_a_column_are_refused_by_its_name(windows, file, tmp_path):
    windows("--candidates", file("a", "1"), statistics={"level": 0.9})
    table = read_table(tmp_path / "w.csv")
    write_table(tmp_path / "w.csv", {k: v for k, v in table.columns.items() if k != "background_syst"}, table.header)
    options = {"search": "s.yaml", "windows": "w.csv", "output": "l.csv"}
    with pytest.raises(InputError, match=r"w.csv: .*background_syst"):
        compute_limits.main([text for name, path in options.items() for text in (f"--{name}", str(tmp_path / path))])


@pytest.mark.parametrize(
    ("blind", "empty", "fault"),
    [(True, "", ""), (False, "", "no events"), (True, "b", "no events"), (True, "em,pty", "")],
)
def test_a_period_all_of_whose_events_are_closed_is_no_fault(windows, file, tmp_path, blind, empty, fault):
    options = ["--candidates", file("a", "1"), file("b", "2", kept=0), "--periods", "2017", "2018"]
    if empty:
        path = tmp_path / "b.csv"
        more = (
            "" if empty == "b" else f"# event_files: {empty}.root sha256:3\n"
        )  # beside one whose events are all closed
        path.write_text(path.read_text().replace("cut,", f"{more}# empty: 0 events in: {empty}.root\ncut,"))
    if fault:
        with pytest.raises(InputError, match=r"period '2018': its files hold no events"):
            windows(*options, blind=blind)
    else:
        windows(*options, blind=blind)
        assert np.isnan(read_table(tmp_path / "w.csv")["n_observed"]).all()


def test_candidates_given_twice_are_refused(windows, file):
    with pytest.raises(InputError, match=r"a.npy: is given twice; give each file of candidates once"):
        windows("--candidates", *[file("a", "1")] * 2)
