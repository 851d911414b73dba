"""A search of one's own, as config/new_search.md says: a copied YAML, a tree of another layout, rows."""

import textwrap

import awkward as ak
import numpy as np
import pytest
import uproot
import yaml

from tests.trees import write_root

from .conftest import ROOT, SEARCH, copy

pytestmark = pytest.mark.workflow
ORIGINAL, MINE = "na62_kpix_mumu", "my_dimuon"
PARTS = {"P": ("momentum", 1e3), "ThX": ("slope_x", 1e3), "ThY": ("slope_y", 1e3)}  # MeV, mrad
TABLES = ("windows", "event_limits", "acceptance", "branching_limits", "methods")


def block(language, number):
    """One of the fenced blocks of the page."""
    page = (ROOT / "config/new_search.md").read_text(encoding="utf-8")
    return page.split(f"```{language}\n")[number + 1].partition("```")[0]


def ntuple(source, target):
    """The same events as an experimenter's tree: other names, MeV, mm, mrad, tracks in jagged arrays."""
    with uproot.open(source) as file:
        events = file["events"].arrays(library="np")
        others = {"generated": file["generated"].arrays(library="np")} if "generated" in file else {}
    exact = {name: values.astype(float) for name, values in events.items()}
    columns = {"VtxZ": exact["vtx_z"] * 1e3, "BeamP": exact["beam_momentum"] * 1e3}
    columns |= {f"BeamTh{axis.upper()}": exact[f"beam_slope_{axis}"] * 1e3 for axis in "xy"}
    columns |= {"x_mass_MeV": exact["x_mass_MeV"]} if others else {"RunNumber": events["run"]}
    for name, (part, per_unit) in PARTS.items():
        tracks = [exact[f"track{k}_{part}"] * per_unit for k in (1, 2, 3)]
        columns[f"Trk{name}"] = ak.from_regular(np.stack(tracks, axis=1))
    write_root(target, columns, "ntuple/Kaons", **others)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The original search has run; the ntuples of its events lie in data/."""
    project = copy(ROOT, tmp_path_factory.mktemp("new") / "project")
    project.edit_yaml(
        SEARCH,
        simulation__decays__pi_mumu__value=4000,
        simulation__signal__decays=4000,
        masses__count=24,
        background__half_width_sigma=12.0,
    )
    project.snakemake(ORIGINAL, "--config", f"searches=[{ORIGINAL}]", "models=[]", "toys=200")
    project.path("data").mkdir()
    for made, file in (("2017", "kaons_2017"), ("2018", "kaons_2018"), ("signal", "x_mumu")):
        simulated = f"results/simulated/{ORIGINAL}_{made}.root"
        ntuple(project.path(simulated), project.path(f"data/{file}.root"))
    return project


def samples(project, rows):
    """Put these into the list of samples, in place of what a test before this one has put there."""
    path = project.path("config/samples.csv")
    path.write_text("".join(x for x in path.read_text().splitlines(True) if not x.startswith("my_")) + rows)


def adapt(project):
    """What the page says is done to the copy."""
    samples(project, block("csv", 0))
    content = yaml.safe_load(project.path(SEARCH).read_text())
    for key in ("published", "headlines", "reference"):
        content.pop(key)
    events = yaml.safe_load(block("yaml", 0))["events"]
    content |= {"title": "my di-muon search", "events": events | {"selection": content["events"]["selection"]}}
    project.path(f"config/searches/{MINE}.yaml").write_text(yaml.safe_dump(content))


def run(project, *arguments, check=True):
    asked = ("--config", f"searches=[{MINE}]", "models=[bc1]", "toys=200", "set=mine")
    return project.snakemake(*arguments, *asked, check=check)


def numbers(project, search, table):
    text = project.path(f"results/searches/{search}/{table}.csv").read_text()
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_the_documented_path(project):
    # the copy as it is: NA62's published limits would be shown as ours
    project.path(f"config/searches/{MINE}.yaml").write_text(project.path(SEARCH).read_text())
    samples(project, block("csv", 0))
    assert "remove 'published' (and 'headlines') from the copy" in run(project, check=False).stderr
    adapt(project)
    project.append("config/figures.yaml", "\n" + textwrap.indent(block("yaml", 1), "  "))
    run(project)
    for table in TABLES:  # the same events: the same numbers
        assert numbers(project, MINE, table) == numbers(project, ORIGINAL, table), table
        assert "label: simulated" in project.path(f"results/searches/{MINE}/{table}.csv").read_text()
    assert project.path("results/sets/mine/figures/my_limits.pdf").stat().st_size > 5000
    assert MINE in project.path("results/sets/mine/summary.html").read_text()
    assert "published" not in project.path("results/sets/mine/models/bc1/exclusion.csv").read_text().splitlines()[1]


def test_not_in_the_run(project):
    adapt(project)
    failed = project.snakemake(MINE, "--dry-run", check=False)
    said = failed.stdout + failed.stderr
    assert failed.returncode != 0 and "Traceback" not in said
    assert f"{MINE!r} is not among them; put it there, or for one run say" in said


def test_its_signal_can_be_simulated_in_the_same_layout(project):
    adapt(project)
    samples(project, block("csv", 0).replace("data/x_mumu.root", ""))
    run(project, f"results/searches/{MINE}/acceptance.csv")
    with uproot.open(project.path("results/simulated/my_signal.root")) as file:
        tracks = file["ntuple/Kaons/TrkP"].array(library="np")
    assert tracks.shape[1] == 3 and 1e3 < np.median(tracks) < 75e3  # MeV
    mine, original = (
        np.loadtxt(numbers(project, search, "acceptance")[1:], delimiter=",")[:, 2] for search in (MINE, ORIGINAL)
    )
    np.testing.assert_allclose(mine[:24], original[:24], rtol=0.1)  # another seed
