"""Our recast of the published limits of Run 1 against the lower edges that NA62 itself drew.

Table and contour identify each other, so that this is no evidence for either; it shows that nothing is lost between.
"""

from pathlib import Path

import numpy as np
import pytest

from darkaon.exclusion.intervals import exclude
from darkaon.exclusion.limits import limits_from_table
from darkaon.models.loading import load_model
from darkaon.tables.table import read_table

RESOURCES = Path(__file__).parents[3] / "resources"
TABLE = RESOURCES / "published" / "na62_kpix_invisible_2016_18.csv"


def recast(name):
    limits = limits_from_table(read_table(TABLE), "run 1")
    found = exclude(load_model(name), limits, kinds=["observed"])
    mass, first = np.unique(found["mass_MeV"], return_index=True)  # rows are sorted: the lowest interval
    return mass, found["coupling_low"][first]


def lower_edges(path, last_MeV):
    table = read_table(RESOURCES / "contours" / path)
    frame = float(table.header["open_above"])
    table = table.where((table["coupling"] < 0.5 * frame) & (table["mass_MeV"] < last_MeV))
    mass, rows = np.unique(table["mass_MeV"], return_inverse=True)
    low = np.full(len(mass), np.inf)
    np.minimum.at(low, rows, table["coupling"])
    return mass, low


@pytest.mark.parametrize(
    ("model", "path", "last_MeV"),
    [("bc4", "bc4/na62_kpix_2016_18_2103.15389.csv", 211.0), ("bc2", "bc2/na62_kpix_2016_18_2103.15389.csv", 220.0)],
)
def test_the_recast_equals_the_edges_of_na62_within_2_percent_on_average(model, path, last_MeV):
    mass, low = lower_edges(path, last_MeV)
    at, ours = recast(model)
    inside = (mass >= at[0]) & (mass <= at[-1]) & ~((mass > 110) & (mass < 155))
    ratio = np.exp(np.interp(mass[inside], at, np.log(ours))) / low[inside]
    assert len(ratio) >= 20
    assert np.exp(np.mean(np.log(ratio))) == pytest.approx(1, abs=0.02)
    assert np.all(np.abs(np.log(ratio)) < 0.2)
