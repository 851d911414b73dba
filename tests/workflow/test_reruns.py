"""What reruns what: the exact list of jobs after a change, and nothing else."""

import os
import shutil

import pytest
import yaml

from .conftest import SEARCH

pytestmark = pytest.mark.workflow
NAME = "na62_kpix_mumu"
MODEL = "config/models/bc4.yaml"
COLLECT = {"collect_provenance"}
SUMMARY = {"write_summary", *COLLECT}
REFERENCES = {"collect_references"}  # of every table of limits, model and figure
PAGES = {"write_explorer", *REFERENCES, *SUMMARY}
LIMITS = {
    f"compute_limits {NAME} 0",
    f"compute_limits {NAME} 1",
    f"gather_limits {NAME}",
    f"convert_limits {NAME}",
    f"compare_methods {NAME}",
    f"compare_published {NAME}",
    f"export_workspace {NAME}",
    "exclude bc4",
    "plot_figure fig6a",
    "plot_figure fig9d",
    "compare_headlines",
    *PAGES,
}
SCANS = {f"simulate_scans {NAME} 4000 0", f"simulate_scans {NAME} 4000 1", f"compute_global_significance {NAME}"}
FITTED = {f"fit_windows {NAME}", *SCANS, *LIMITS}
AFTER_DATA = {f"make_windows {NAME}", *FITTED}
AFTER_WINDOW = {f"compute_acceptance {NAME}", *AFTER_DATA}
SIMULATED = {
    f"{rule} {NAME}_{sample}"
    for rule, sample in (("simulate_events", 2017), ("simulate_events", 2018), ("simulate_signal", "signal"))
}
SELECTED = {f"select_events {NAME} {NAME}_{sample}" for sample in (2017, 2018, "signal")}


def lowered(name):
    """Change the first limit of a published table."""

    def change(project):
        path = project.path(f"resources/published/{name}.csv")
        lines = path.read_text().splitlines()
        row = next(i for i, line in enumerate(lines) if line.startswith("lifetime_ns")) + 1
        place, _, limit = lines[row].rpartition(",")
        lines[row] = f"{place},{0.9 * float(limit)}"
        path.write_text("\n".join(lines) + "\n")

    return change


def edited(file, **changes):
    return lambda project: project.edit_yaml(file, **changes)


def appended(file, text):
    return lambda project: project.append(file, text)


def doubled_headline(project):
    headlines = yaml.safe_load(project.path(SEARCH).read_text())["headlines"]
    headlines[0]["value"] *= 2
    project.edit_yaml(SEARCH, headlines=headlines)


CHANGES = {  # what is changed: how, and the jobs
    "published table": (
        lowered("e949_kpix_invisible_fine"),
        {"import_published e949_kpix", "exclude bc2", "exclude bc4", "plot_figure fig9d", *PAGES},
    ),
    "published table of a search with own limits": (
        lowered("na62_kpix_mumu_2017_18"),
        {
            f"import_published {NAME}",
            f"compare_published {NAME}",
            "exclude bc4",
            "plot_figure fig6a",
            "plot_figure fig9d",
            *PAGES,
        },
    ),
    "headline": (doubled_headline, {"compare_headlines", *SUMMARY}),
    "seed": (edited("config/config.yaml", seed=1), SIMULATED | SELECTED | AFTER_WINDOW),
    "toys": (
        edited("config/config.yaml", toys=2000),
        {job.replace("4000", "2000") for job in SCANS} | COLLECT,
    ),
    "confidence level": (edited(SEARCH, statistics__level=0.95), FITTED),
    "window": (edited(SEARCH, window__half_width_sigma=1.5), AFTER_WINDOW),
    "comment in a search": (appended(SEARCH, "# a remark\n"), set()),
    "option of a model": (
        edited(MODEL, options__C=0.0031),
        {"tabulate_model bc4", "exclude bc4", "plot_figure fig9d", *PAGES},
    ),
    "new sample": (
        appended("config/samples.csv", f"{NAME}_2018_b,{NAME},2018,data,simulated,\n"),
        {f"simulate_events {NAME}_2018_b", f"select_events {NAME} {NAME}_2018_b", *AFTER_DATA},
    ),
    "title of a figure": (
        edited("config/figures.yaml", figures__fig6a__title="another"),
        {"plot_figure fig6a", *REFERENCES, *COLLECT},
    ),
    "library module": (
        appended("scripts/darkaon/report/comparison.py", "\n# changed\n"),
        {f"compare_published {NAME}", *SUMMARY},
    ),
    "family of a model": (
        appended("scripts/darkaon/models/dark_scalar.py", "\n# changed\n"),
        {"exclude bc4", "tabulate_model bc4", "plot_figure fig9d", *PAGES},
    ),
}


@pytest.mark.parametrize(("change", "jobs"), CHANGES.values(), ids=CHANGES)
def test_what_depends_on_a_change_reruns_and_nothing_else(done, change, jobs):
    change(done)
    assert done.jobs() == jobs


def test_nothing_to_be_done(done):
    assert done.jobs() == set()
    again = done.snakemake()
    assert "Nothing to be done" in again.stdout + again.stderr


def test_another_version_of_a_package_reruns_what_imports_it(done):
    environment = done.path("scripts/darkaon/workflow/environment.py")
    dates = environment.stat()
    text = environment.read_text()
    environment.write_text(f'{text}\n_here = versions()\nversions = lambda: _here | {{"matplotlib": "0"}}\n')
    os.utime(environment, ns=(dates.st_atime_ns, dates.st_mtime_ns))  # as if the environment alone had changed
    assert done.jobs() == {"plot_figure fig6a", "plot_figure fig9d", *REFERENCES, *SUMMARY}


def test_an_event_file_of_ones_own(done):
    """The path of a sample, then the file's content, rerun its selection and what follows; its date alone does not.

    Snakemake compares checksums of files up to 1 MB; a larger file counts as changed when its date is.
    """
    jobs = {f"select_events {NAME} {NAME}_2018", *AFTER_DATA}
    mine, other = (done.path(f"results/simulated/{NAME}_{period}.root") for period in (2018, 2017))
    shutil.copy(mine, done.path("mine.root"))
    samples = done.path("config/samples.csv")
    row = f"{NAME}_2018,{NAME},2018,data,simulated,"
    samples.write_text(samples.read_text().replace(row, f"{row}mine.root"))
    assert done.jobs() == jobs
    done.snakemake()
    assert done.jobs() == set()
    assert done.path("mine.root").stat().st_size < 1_000_000
    os.utime(done.path("mine.root"))
    assert done.jobs() == set()
    shutil.copy(other, done.path("mine.root"))
    assert done.jobs() == jobs


def test_no_published_table_is_an_ancestor_of_a_limit(finished):
    """Walk the graph up from event_limits.csv: neither the input `limits` nor a published headline may be met."""
    jobs = finished.jobs("--forceall", "results/searches/na62_kpix_mumu/event_limits.csv")
    assert not any(job.startswith(("import_published", "compare_", "write_summary")) for job in jobs)
    shown = finished.snakemake(
        "--quiet", "host", "--dry-run", "--forceall", "results/searches/na62_kpix_mumu/event_limits.csv"
    )
    assert "resources/published" not in shown.stdout + shown.stderr
    assert yaml.safe_load(finished.path(SEARCH).read_text())["published"]
