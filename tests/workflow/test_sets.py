"""Variants side by side: another list of searches, another prefix; the whole run's results stay as they are."""

import json

import pytest

from .conftest import SEARCH

pytestmark = pytest.mark.workflow
NAME = "na62_kpix_mumu"
SUMMARY = {"compare_headlines", "write_summary", "write_explorer", "collect_references", "collect_provenance"}
ONE = ("--config", f"searches=[{NAME}]")


def state(project, folder="results", without=("sets", "logs")):
    """Bytes and date of each result."""
    top = project.path(folder)
    return {
        str(path.relative_to(top)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(top.rglob("[!.]*.*"))
        if path.is_file() and path.relative_to(top).parts[0] not in without
    }


def test_a_part_of_the_searches_shares_their_tables_and_overwrites_nothing(done):
    whole = state(done)
    logs = state(done, "results/logs")
    assert done.jobs(*ONE) == {
        "tabulate_model bc2",
        "tabulate_model bc4",
        "exclude bc4",
        "plot_figure fig6a",
        "plot_figure fig9d",
        *SUMMARY,
    }
    run = done.snakemake(*ONE)
    folder = f"results/sets/{NAME}"
    assert f"of this set are in {folder}" in run.stdout
    assert state(done) == whole and state(done, "results/logs") == logs
    assert done.jobs() == set() and done.jobs(*ONE) == set()

    part = done.path(f"{folder}/models/bc4/exclusion.csv").read_text()
    assert NAME in part and "e949_kpix" not in part
    assert "e949_kpix" in done.path("results/models/bc4/exclusion.csv").read_text()
    said = json.loads(done.path(f"{folder}/provenance.json").read_text())
    assert said["run"]["searches"] == [NAME] and said["run"]["set"] == NAME
    shared = f"searches/{NAME}/event_limits.csv"
    whole_said = json.loads(done.path("results/provenance.json").read_text())
    assert said["results"][shared] == whole_said["results"][shared]


def test_a_set_of_its_own_from_a_file(done):
    done.path("config/few.yaml").write_text("set: few\nsearches: [e949_kpix]\nmodels: [bc2]\n")
    few = ("--configfile", "config/few.yaml")
    whole = state(done)
    assert done.jobs(*few) == {"tabulate_model bc2", "exclude bc2", *SUMMARY}
    done.snakemake(*few)
    assert state(done) == whole
    made = {path.name for path in done.path("results/sets/few").iterdir()}
    pages = {"explorer.html", "references.html", "references.bib"}
    assert made == {"models", "headlines.csv", "summary.csv", "summary.html", "provenance.json", *pages}


def test_another_method_under_another_prefix(done):
    whole = state(done, without=())
    done.edit_yaml(SEARCH, statistics__method="known")
    done.snakemake("--config", "results=known")
    assert state(done, without=()) == whole
    limits = f"searches/{NAME}/event_limits.csv"
    assert done.path(f"known/{limits}").read_bytes() != done.path(f"results/{limits}").read_bytes()
    said = json.loads(done.path("known/provenance.json").read_text())
    assert said["results"][limits]["settings"]["method"] == "known"
    done.edit_yaml(SEARCH, statistics__method="hybrid")
    assert done.jobs() == set()
