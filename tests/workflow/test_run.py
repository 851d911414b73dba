"""Whole runs: what is made, and what a fault leaves."""

import shutil

import pytest

from .conftest import SEARCH

pytestmark = pytest.mark.workflow
SEARCH_RESULTS = "results/searches/na62_kpix_mumu"


def tables(project):
    folder = project.path("results")
    kinds = (".csv", ".npy", ".pdf", ".png")
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.suffix in kinds}


def test_everything_is_made_and_labelled(finished):
    made = tables(finished)
    for name in ("windows", "event_limits", "acceptance", "branching_limits", "comparison"):
        assert b"label: simulated" in made[f"searches/na62_kpix_mumu/{name}.csv"][:200]
    assert b"label: published" in made["searches/e949_kpix/published_limits.csv"]
    assert b"simulated,observed" in made["models/bc4/exclusion.csv"]
    assert b"published,observed" in made["models/bc4/exclusion.csv"]
    assert not [name for name in made if "partial" in name or "slices" in name]
    assert str(finished.folder).encode() not in b"".join(made.values())


def test_bytes_do_not_depend_on_chunks_and_cores(finished, checkout):
    checkout.snakemake("--cores", "1", "--config", "chunks=7")
    assert tables(checkout) == tables(finished)


def test_one_search_by_name_and_apart(done):
    done.snakemake("--config", "searches=[na62_kpix_mumu]", "results=elsewhere", "--", "na62_kpix_mumu")
    apart = done.path("elsewhere/searches/na62_kpix_mumu/event_limits.csv")
    assert apart.read_bytes() == done.path(f"{SEARCH_RESULTS}/event_limits.csv").read_bytes()
    assert not done.path("elsewhere/models").exists()


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("config/config.yaml", {"searches": ["na62_kpix_mumo"]}, "searches: 'na62_kpix_mumo' has no file"),
        ("config/config.yaml", {"sed": 1}, "config/config.yaml: sed: unknown key; did you mean 'seed'"),
        (SEARCH, {"window__kind": "symetric"}, f"{SEARCH}: window.kind: 'symetric' is none of"),
        (SEARCH, {"resolution__path": "nowhere.csv"}, "there is no file nowhere.csv"),
        ("config/models/bc4.yaml", {"family": "dark_scaler"}, "family"),
    ],
)
def test_a_fault_of_the_configuration_is_one_sentence(checkout, file, change, message):
    checkout.edit_yaml(file, **change)
    failed = checkout.snakemake(check=False)
    assert failed.returncode != 0
    assert message in failed.stderr
    assert "Traceback" not in failed.stderr
    assert "SystemExit" not in failed.stderr
    assert not checkout.path("results").exists()


def test_a_broken_file_is_named_and_the_others_are_kept(done):
    broken = done.path("broken.root")
    shutil.copy(done.path("results/simulated/na62_kpix_mumu_2018.root"), broken)
    with broken.open("r+b") as stream:
        stream.truncate(broken.stat().st_size // 2)
    samples = done.path("config/samples.csv")
    samples.write_text(samples.read_text() + "extra,na62_kpix_mumu,2018,data,simulated,broken.root\n")
    failed = done.snakemake(check=False)
    assert failed.returncode != 0
    assert "select_events.py: error: broken.root" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert done.path(f"{SEARCH_RESULTS}/candidates/na62_kpix_mumu_2017.npy").exists()
    assert not list(done.path("results").rglob("*extra*.npy")) + list(done.path("results").rglob("*partial*"))


def test_a_mass_range_outside_the_spectrum(done):
    done.edit_yaml(SEARCH, background__spectrum=[230.0, 354.0])
    failed = done.snakemake(check=False)
    assert failed.returncode != 0
    assert "leaves the spectrum 230 to 354; change masses, or background.spectrum" in failed.stderr
    assert not done.path(f"{SEARCH_RESULTS}/windows.csv").exists()


def test_a_published_table_at_fault(done):
    path = done.path("resources/published/e949_kpix_invisible.csv")
    path.write_text(path.read_text() + "inf,500,-1e-11\n")
    failed = done.snakemake(check=False)
    assert failed.returncode != 0
    assert "upper_limit is -1e-11; correct the row or remove it" in failed.stderr
