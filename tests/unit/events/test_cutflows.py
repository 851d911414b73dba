"""Every event counted once, and no period that keeps nothing without a word."""

import numpy as np
import pytest

from darkaon.errors import InputError
from darkaon.events.cutflows import check_once, check_periods, steps
from darkaon.tables.table import Table


def flow(events, **header):
    names = ["read", "fiducial", "mass"]
    return Table({"cut": np.array(names), "events": np.array(events, dtype=float)}, header)


def test_rows_of_files_and_groups_add_up():
    grouped = Table({"cut": np.array(["generated", "read", "c"] * 2), "events": np.array([9.0, 5, 1, 9, 4, 2])})
    assert steps([grouped, grouped]) == {"read": 18, "c": 6}


def test_a_period_that_a_cut_empties():
    tables = {"2017": [flow([400, 0, 0])], "2018": [flow([19, 0, 0])]}
    with pytest.raises(
        InputError, match=r"period '2017': the cut 'fiducial' removes all of 400 events; .*allow_empty"
    ):
        check_periods(tables, [])
    assert check_periods(tables, ["2017"]) == ["period 2017: the cut 'fiducial' removes all of 400 events (allowed)"]
    assert check_periods({"2018": [flow([19, 0, 0])]}, []) == []  # few enough to be chance


def test_files_of_a_period_are_taken_together():
    assert check_periods({"2017": [flow([400, 0, 0]), flow([10, 9, 1])]}, []) == []


def test_a_period_that_the_others_predict():
    other = {"2018": [flow([1000, 900, 500])]}
    with pytest.raises(
        InputError, match=r"none of 15 events is kept, where the other periods predict 7.5 candidates"
    ):
        check_periods({"2017": [flow([15, 10, 0])], **other}, [])
    assert check_periods({"2017": [flow([14, 10, 0])], **other}, []) == []


def test_a_period_without_events():
    with pytest.raises(InputError, match="its files hold no events"):
        check_periods({"2017": [flow([0, 0, 0])]}, [])


def line(name, content="a"):
    return f"{name} sha256:{content}"


def test_a_copy_is_noticed_by_its_content():
    a, b = (
        flow([1, 1, 1], sample="a", event_files=line("x.root")),
        flow([1, 1, 1], sample="b", event_files=line("y.root")),
    )
    with pytest.raises(InputError, match=r"samples 'a' and 'b' hold the same events: x.root and y.root"):
        check_once([a, b])
    check_once([a, flow([1, 1, 1], sample="b", event_files=line("x.root", "b"))])
    check_once([a, flow([0, 0, 0], sample="b", event_files=line("y.root"), empty="0 events in: y.root")])
    with pytest.raises(InputError, match=r"x.root and z.root"):
        check_once([flow([1, 1, 1], sample="a", event_files=f"{line('x.root')}\n{line('z.root')}")])


def test_without_a_checksum_name_size_and_date_tell():
    def sized(sample, date):
        return flow([1, 1, 1], sample=sample, event_files=f"x.root size:3 modified_ns:{date}")

    with pytest.raises(
        InputError, match=r"'a' and 'b' seem to hold .* have one name, size and date; .* sha256 tells"
    ):
        check_once([sized("a", 1), sized("b", 1)])
    check_once([sized("a", 1), sized("b", 2)])
