"""What is stale, and what a job is told of its inputs."""

from __future__ import annotations

import json
import os
from types import SimpleNamespace

import pytest

from darkaon.config.search import load_search
from darkaon.errors import InputError
from darkaon.reading import PLAN, SMALL, read_text, state
from darkaon.tables.checksums import fingerprint
from darkaon.workflow.dependencies import content_of, slots
from darkaon.workflow.sources import sources, states, write_plan
from darkaon.workflow.stale import other_sets, remove_stale, stale_files


def test_state_is_content_or_size_and_date(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("1")
    first = state(path)
    os.utime(path, (1, 1))
    assert state(path) == first
    path.write_text("2")
    os.utime(path, (1, 1))
    assert state(path) != first and first.startswith("sha256:")
    path.write_bytes(bytes(SMALL + 1))
    os.utime(path, (5, 5))
    large = state(path)
    assert large == f"{SMALL + 1} bytes, 5000000000 ns"
    os.utime(path, (4, 4))
    assert state(path) != large  # an older date is another file too
    assert state(tmp_path / "none") == "missing"


def test_the_state_of_a_folder_is_that_of_its_files(tmp_path):
    for name in "ab":
        (tmp_path / name).write_text(name)
    first = state(tmp_path)
    (tmp_path / "b").rename(tmp_path / "c")
    assert state(tmp_path) != first


def test_sources_are_the_files_from_outside(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("1")
    found = json.loads(sources([str(path), "results/x.csv", "./results/y.csv"], "results"))
    assert found == {str(path): state(path)}
    assert states([str(path)]) != states([str(path), str(path)])


class Inputs(dict):
    """Named inputs, as Snakemake has them: iterated they are the paths."""

    def __iter__(self):
        return iter(self.values())


def plan(folder, monkeypatch, **params):
    """Be a job of a run that was planned with these params; it reads what another job of the run makes."""
    inputs = Inputs({"windows": "results/in.csv"} | ({"search": "x.yaml"} if "slots" in params else {}))
    other = {"sources": "{}", "slots": '{"title": "of the other job"}'}
    jobs = [
        SimpleNamespace(params=other, input=Inputs(search="x.yaml"), output=["results/in.csv"]),
        SimpleNamespace(params=params, input=inputs, output=["results/out.csv"]),
    ]
    write_plan(folder / "plan.json", jobs)
    monkeypatch.setenv(PLAN, str(folder / "plan.json"))
    monkeypatch.setattr("sys.argv", ["script.py", "--windows", "results/in.csv", "--output", "results/out.csv"])


def test_a_job_reads_what_was_planned_or_stops(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("mass_MeV\n1\n")
    plan(tmp_path, monkeypatch, sources=sources([str(path)], "results"))
    assert read_text(path) and fingerprint(path)
    path.write_text("mass_MeV\n2\n")
    for read in (read_text, fingerprint):
        with pytest.raises(InputError, match=r"a.csv: was changed while the run lasts; start the run again"):
            read(path)


def test_slots_are_those_that_were_planned(tmp_path, monkeypatch):
    path = tmp_path / "x.yaml"
    path.write_text("title: T\nstatistics: {level: 0.9}\n")
    plan(tmp_path, monkeypatch, slots=json.dumps({"statistics": {"level": 0.9}}))
    assert load_search(path, ("statistics",)).statistics.level == 0.9
    path.write_text("title: another\nstatistics: {level: 0.9}\n")
    assert load_search(path, ("statistics",))
    path.write_text("title: T\nstatistics: {level: 0.95}\n")
    with pytest.raises(InputError, match=r"x.yaml: statistics: was changed while the run lasts"):
        load_search(path, ("statistics",))


def test_of_periods_only_those_that_were_planned(tmp_path, monkeypatch):
    path = tmp_path / "x.yaml"
    path.write_text("periods: {'2017': {share: 0.4}, '2018': {share: 0.6}}\n")
    plan(tmp_path, monkeypatch, slots=json.dumps({"periods": {"2017": {"share": 0.4}}}))
    assert set(load_search(path, ("periods",)).periods) == {"2017", "2018"}
    path.write_text("periods: {'2017': {share: 0.5}}\n")
    with pytest.raises(InputError, match="periods: was changed while the run lasts"):
        load_search(path, ("periods",))


STEPS = (
    "acceptance.csv",
    "blinding.csv",
    *(f"candidates/{n}" for n in ("a.npy", "signal.npy", "signal.csv", "signal~up.npy")),
)


def project(folder, run=("s",), **searches):
    """A run of some of the searches, given by their slots: `s` alone, open, if there are none."""
    places = folder / "config"
    places.mkdir(exist_ok=True)
    for name, content in ({"s": {}} | searches).items():
        (places / f"{name}.yaml").write_text(json.dumps(content))
    content_of.cache_clear()
    named = {name: SimpleNamespace(blind=searches.get(name, {}).get("blind")) for name in run}
    roles = {"a": "data", "signal": "signal"}
    return SimpleNamespace(
        results=str(folder),
        set_results=str(folder),
        searches=named,
        sources={},
        all_samples=[SimpleNamespace(sample=name, search="s", role=role) for name, role in roles.items()],
        figures={},
        models={},
        configured=lambda kind: [path.stem for path in places.glob("*.yaml")],
        search_path=lambda name: places / f"{name}.yaml",
        slots=lambda name, script: slots(places / f"{name}.yaml", script),
        files=lambda name, script: [],
        targets_of=lambda name: [f"{folder}/searches/{name}/windows.csv"],
        steps_of=lambda name: [f"{folder}/searches/{name}/{made}" for made in STEPS],
    )


BLIND = {"blind": [[1.0, 2.0]]}


@pytest.fixture
def results(tmp_path):
    for name in ("windows.csv", "notes.txt", "pyhf/workspace.json", "candidates/a.npy", "candidates/b.npy"):
        path = tmp_path / "searches" / "s" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def test_candidates_of_a_sample_that_is_gone(results):
    assert stale_files(project(results)) == [results / "searches/s/candidates/b.npy"]
    said = []
    remove_stale(project(results), said.append)
    assert len(said) == 1 and not (results / "searches/s/candidates/b.npy").exists()
    assert (results / "searches/s/pyhf/workspace.json").exists()


def test_of_a_blinded_search_nothing_stays_that_the_run_does_not_make(results):
    own = project(results, s={"blind": True})
    remove_stale(own, lambda line: None)
    assert {path.name for path in (results / "searches/s").rglob("*") if path.is_file()} == {"notes.txt", ".blind"}
    for name in ("windows.csv", "candidates/a.npy", "candidates/b.npy", "branching_limits.csv"):
        (results / "searches/s" / name).write_text("made blinded")
    remove_stale(own, lambda line: None)
    left = {path.name for path in (results / "searches/s").rglob("*") if path.is_file()}
    assert left == {"a.npy", "notes.txt", "windows.csv", ".blind"}


@pytest.mark.parametrize("before", [{}, {"blind": [[2.0, 3.0]]}, BLIND | {"window": {"kind": "one_sided"}}])
def test_what_was_made_open_goes_whatever_a_run_makes(results, before):
    """Open before, or closed in other ranges or windows: all that is made of data; what is simulated stays."""
    folder = results / "searches/s"
    remove_stale(project(results, s=BLIND), print)  # once blinded as now: it proves nothing of what comes after
    remove_stale(project(results, s=before), print)
    for name in (*STEPS, "windows.csv", "notes.txt"):
        (folder / name).write_text("")
    own, said = project(results, s=BLIND), []
    (results / "summary.csv").write_text("")
    remove_stale(own, said.append)
    left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {".blind"}
    assert left == {"notes.txt", *(name for name in STEPS if name != "candidates/a.npy")}
    assert any(line.startswith(f"{folder}/windows.csv: removed, ") for line in said)
    assert said[-1] == f"{results}: figures and summary show s open until they are made again"
    for name in ("windows.csv", "candidates/a.npy"):
        (folder / name).write_text("made blinded")
    assert stale_files(project(results, s=BLIND)) == []


@pytest.mark.parametrize("key", ["data_of", "variant_of"])
def test_a_run_of_a_blinded_search_alone_closes_what_others_made_of_its_data(results, key):
    """Whether they are in that run or not, and whoever was run last; a fault in their YAML stops nothing."""
    relatives = {"d": {key: "s"}, "broken": {"data_of": "none"}}
    made = [results / "searches" / name / "event_limits.csv" for name in relatives]
    for path in made:
        path.parent.mkdir()
        path.write_text("")
    own = project(results, s=BLIND, **relatives)
    remove_stale(own, print)
    assert [path.exists() for path in made] == [False, True]
    made[0].write_text("made blinded")
    assert stale_files(own) == []


def test_the_ranges_of_a_search_that_was_opened_go(results):
    ranges = results / "searches/s/blinding.csv"
    ranges.write_text("")
    assert ranges in stale_files(project(results)) and ranges not in stale_files(project(results, s=BLIND))


def test_other_sets_made_before_the_blinding_are_named(results):
    blinding, page = results / "searches/s/blinding.csv", results / "sets/o/summary.csv"
    page.parent.mkdir(parents=True)
    for path, date in ((page, 5), (blinding, 9)):
        path.write_text("")
        os.utime(path, (date, date))
    assert other_sets(project(results, s=BLIND)) == [results / "sets/o"]
    assert other_sets(project(results)) == []
    os.utime(page, (10, 10))
    assert other_sets(project(results, s=BLIND)) == []
