"""Exported workspaces are loaded and solved by pyhf alone."""

import json

import numpy as np
import pytest

from darkaon.errors import InputError
from darkaon.statistics import pyhf_workspace
from darkaon.statistics.limits import set_limits
from darkaon.tables.table import Table
from darkaon.typing import BANDS

N, B, SIGMA = np.array([0.0, 3, 150, np.nan, 40]), np.array([0.5, 1, 120, 7, 45]), np.array([0.1, 0.2, 4, 1, 0])
MASS = np.array([215.3, 216, 217.25, 218, 219])


def exported(nuisance="gamma"):
    columns = {"mass_MeV": MASS, "n_observed": N, "background": B, "background_uncertainty": SIGMA}
    table = Table(columns, {"label": "simulated"})
    both = pyhf_workspace.documents(table, nuisance, title="K -> pi X", arxiv="2507.17286")
    return [json.loads(json.dumps(document)) for document in both]


@pytest.mark.parametrize(("nuisance", "rows"), [("gamma", [0, 1, 2, 4]), ("gauss", [1])])
def test_pyhf_gives_the_asymptotic_limit(nuisance, rows):
    workspace, patches = exported(nuisance)
    theirs = pyhf_workspace.limits(workspace, patches, [pyhf_workspace.patch_name(MASS[i]) for i in rows], 0.90)
    ours = set_limits(N[rows], B[rows], SIGMA[rows], method="asymptotic", nuisance=nuisance, level=0.90)
    for name in ("observed", *BANDS):
        assert getattr(ours, name) == pytest.approx(theirs[name], rel=1e-3), name


@pytest.mark.parametrize("nuisance", ["gamma", "gauss", "lognormal"])
def test_every_patch_makes_a_valid_model(nuisance):
    """pyhf checks the schemas, the digest and the names as it loads them."""
    import pyhf

    workspace, patches = exported(nuisance)
    collection = pyhf.PatchSet(patches)
    collection.verify(workspace)
    assert len(collection) == 4  # the blinded window is left out
    for patch in collection:
        model = pyhf.Workspace(collection.apply(workspace, patch.name)).model()
        assert model.config.poi_name == "signal_events"


def test_names_and_errors():
    assert pyhf_workspace.patch_name(217.25) == "m217_25_MeV"
    workspace, patches = exported()
    with pytest.raises(InputError, match="choose one of the patch set"):
        pyhf_workspace.limits(workspace, patches, ["m1_MeV"], 0.90)
    workspace["observations"][0]["data"] = [7.0]
    with pytest.raises(InputError, match="another workspace"):
        pyhf_workspace.limits(workspace, patches, ["m216_MeV"], 0.90)
    blind = Table({"mass_MeV": MASS, "n_observed": N * np.nan, "background": B, "background_uncertainty": SIGMA})
    with pytest.raises(InputError, match="every window is blinded"):
        pyhf_workspace.documents(blind, "gamma", title="")


def test_asymmetric_uncertainty_is_a_scale():
    columns = {"mass_MeV": [1.0], "n_observed": [14.0], "background": [20.0], "background_uncertainty": [22.0]}
    table = Table({k: np.array(v) for k, v in (columns | {"background_uncertainty_down": [8.0]}).items()})
    workspace, _ = pyhf_workspace.documents(table, "gamma", title="")
    (modifier,) = workspace["channels"][0]["samples"][0]["modifiers"]
    assert modifier["type"] == "normsys"
    assert modifier["data"] == {"hi": pytest.approx(2.1), "lo": pytest.approx(0.6)}
