"""What the rules of the models ask the project."""

from pathlib import Path

import pytest
import yaml

from darkaon.workflow.project import Project

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def at_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_windows_of_a_model_are_those_of_its_searches_with_a_door_of_their_own():
    project = Project({})
    for model in project.models:
        met = {name: project.searches[name] for name in project.limits_for(model)}
        own = [name for name, search in met.items() if search.door != "limits" and not search.variant_of]
        assert [Path(path).parent.name for path in project.windows_for(model)[::2]] == own
        assert {Path(path).stem for path in project.windows_for(model)} <= {"windows", "acceptance"}
        combined = any(path.endswith("combination.csv") for path in project.targets_of(model))
        assert combined == (len(own) > 1) == (model in project.combined_models())


def test_only_searches_with_windows_that_meet_the_model_are_projected(tmp_path):
    figures = yaml.safe_load((ROOT / "config" / "figures.yaml").read_text())
    factors = {"na62_kpix_mumu": 10, "e949_kpix": 10, "koto_kl_pi0x_2015": 2.5}
    figures["figures"] = {"a": figures["figures"]["beyond_bc4"] | {"projections": factors}}
    (tmp_path / "figures.yaml").write_text(yaml.safe_dump(figures))
    project = Project({"figures": str(tmp_path / "figures.yaml")})
    assert project.projections_for("bc4") == ["results/searches/na62_kpix_mumu/projection_x10.csv"]
    assert project.projections_for("bc10") == []
