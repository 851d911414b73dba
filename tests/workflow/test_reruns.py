"""What reruns what: the lists of jobs after a change."""

import pytest
import yaml

from .conftest import SEARCH

pytestmark = pytest.mark.workflow
AFTER_WINDOWS = {
    "make_windows na62_kpix_mumu",
    "compute_acceptance na62_kpix_mumu",
    "compute_limits na62_kpix_mumu 0",
    "compute_limits na62_kpix_mumu 1",
    "gather_limits na62_kpix_mumu",
    "convert_limits na62_kpix_mumu",
    "compare_methods na62_kpix_mumu",
    "compare_published na62_kpix_mumu",
    "export_workspace na62_kpix_mumu",
    "simulate_scans na62_kpix_mumu 4000 0",
    "simulate_scans na62_kpix_mumu 4000 1",
    "compute_global_significance na62_kpix_mumu",
    "exclude bc4",
    "compare_headlines",
    "write_summary",
}


def without_figures(jobs):
    return {job for job in jobs if not job.startswith("plot_figure")}


def test_nothing_to_be_done(done):
    assert done.jobs() == set()
    again = done.snakemake()
    assert "Nothing to be done" in again.stdout + again.stderr


def test_a_new_event_file_is_the_only_one_selected(done):
    done.append("config/samples.csv", "na62_kpix_mumu_2018_b,na62_kpix_mumu,2018,data,simulated,\n")
    jobs = without_figures(done.jobs())
    assert {job for job in jobs if job.startswith(("simulate_events", "simulate_signal", "select"))} == {
        "simulate_events na62_kpix_mumu_2018_b",
        "select_events na62_kpix_mumu na62_kpix_mumu_2018_b",
    }
    assert "make_windows na62_kpix_mumu" in jobs
    assert jobs - {"compute_acceptance na62_kpix_mumu"} >= AFTER_WINDOWS - {"compute_acceptance na62_kpix_mumu"}


def test_an_edit_of_the_window_selects_nothing_again(done):
    done.edit_yaml(SEARCH, window__half_width_sigma=1.5)
    assert without_figures(done.jobs()) == AFTER_WINDOWS


def test_a_comment_in_the_yaml_reruns_nothing(done):
    done.append(SEARCH, "# a remark\n")
    assert done.jobs() == set()


def test_a_library_module_reruns_the_scripts_that_import_it(done):
    done.append("scripts/darkaon/comparison.py", "\n# changed\n")
    assert without_figures(done.jobs()) == {"compare_published na62_kpix_mumu", "write_summary"}


def test_a_model_family_reruns_its_models_only(done):
    done.append("scripts/darkaon/models/dark_scalar.py", "\n# changed\n")
    assert without_figures(done.jobs()) == {"exclude bc4", "tabulate_model bc4", "write_summary"}


def test_a_headline_is_compared_anew_and_changes_nothing_else(done):
    headlines = yaml.safe_load(done.path(SEARCH).read_text())["headlines"]
    headlines[0]["value"] *= 2
    done.edit_yaml(SEARCH, headlines=headlines)
    assert done.jobs() == {"compare_headlines", "write_summary"}


def test_a_published_table_reruns_what_reads_it(done):
    path = "resources/published/e949_kpix_invisible.csv"
    text = done.path(path).read_text()
    done.path(path).write_text(text.replace("inf,0,", "inf,0,1", 1))
    assert without_figures(done.jobs()) == {
        "import_published e949_kpix",
        "exclude bc2",
        "exclude bc4",
        "write_summary",
    }


def test_no_published_table_is_an_ancestor_of_a_limit(finished):
    """Walk the graph up from event_limits.csv: neither the door `limits` nor a published headline may be met."""
    jobs = finished.jobs("--forceall", "results/searches/na62_kpix_mumu/event_limits.csv")
    assert not any(job.startswith(("import_published", "compare_", "write_summary")) for job in jobs)
    shown = finished.snakemake(
        "--quiet", "host", "--dry-run", "--forceall", "results/searches/na62_kpix_mumu/event_limits.csv"
    )
    assert "resources/published" not in shown.stdout + shown.stderr
    assert yaml.safe_load(finished.path(SEARCH).read_text())["published"]
