"""What the rules of the models ask the project."""

from pathlib import Path

import pytest
import yaml

from darkaon.config.slots.statistics import Correlated
from darkaon.workflow.project import Project

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def at_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_windows_of_a_model_are_those_of_its_searches_with_windows_of_their_own():
    """Neither limits alone (E949, NA48/2) nor variants, whose data their searches hold."""
    project = Project({})
    invisible = ["na62_kpix_invisible", "na62_pi0_invisible"]
    expected = {
        "bc1": ["na62_kpix_mumu", *invisible],
        "bc2": invisible,
        "bc4": ["na62_kpix_mumu", *invisible, "koto_kl_pi0x"],
        "bc4_inv": [*invisible, "koto_kl_pi0x"],
        "bc10": ["na62_kpix_mumu", *invisible, "na62_kpix_gammagamma", "koto_kl_pi0x"],
        "bc10_inv": [*invisible, "koto_kl_pi0x"],
        "bc11": ["na62_kpix_mumu", *invisible, "na62_kpix_gammagamma", "koto_kl_pi0x"],
    }
    for model, searches in expected.items():
        folders = [f"results/searches/{search}" for search in searches]
        assert project.windows_for(model) == [f"{f}/{t}.csv" for f in folders for t in ("windows", "acceptance")]
    assert project.combined_models() == [model for model in project.models if len(project.windows_for(model)) > 2]


def test_only_searches_with_windows_that_meet_the_model_are_projected(tmp_path):
    figures = yaml.safe_load((ROOT / "config" / "figures.yaml").read_text())
    factors = {"na62_kpix_mumu": 10, "e949_kpix": 10, "koto_kl_pi0x_2015": 2.5}
    figures["figures"] = {"a": figures["figures"]["beyond_bc4"] | {"projections": factors}}
    (tmp_path / "figures.yaml").write_text(yaml.safe_dump(figures))
    project = Project({"figures": str(tmp_path / "figures.yaml")})
    assert project.projections_for("bc4") == ["results/searches/na62_kpix_mumu/projection_x10.csv"]
    assert project.projections_for("bc10") == []


def test_what_searches_say_of_their_backgrounds_reaches_the_combination():
    project = Project({})
    assert project.backgrounds("bc4") == ""
    statistics = {
        "na62_kpix_mumu": {"nuisance": "gauss"},
        "na62_pi0_invisible": {"correlated": Correlated(searches=("ses", "background"))},
    }
    for name, update in statistics.items():
        search = project.searches[name]
        project.searches[name] = search.model_copy(update={"statistics": search.statistics.model_copy(update=update)})
    expected = "--correlated na62_pi0_invisible=ses,background --nuisance na62_kpix_mumu=gauss"
    assert project.backgrounds("bc4") == expected
