"""The summary: closed examples of what it says of a search, and of its page."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from darkaon.report.summary import DATA, Number, Reach, Row, best, columns, method, reaches
from darkaon.report.summary_page import Plane, newest_publication, summary_page
from darkaon.tables.provenance import header_statuses
from darkaon.tables.table import Table

SETTINGS = {
    "title": "K+ -> pi+ X, <X> invisible",
    "reference": {"arxiv": "2507.17286"},
    "process": "K+ -> pi+ X",
    "final_state": "invisible",
    "input": "events",
    "window": {"kind": "symmetric", "half_width_sigma": 1.5},
    "background": {
        "kind": "sidebands",
        "order": 1,
        "half_width_sigma": 9.0,
        "split": {"value": {"R1": 0.2, "R2": 0.8}, "source": "window counts", "status": "tuned"},
        "counted_in": {"low": 2.5, "high": 3, "source": "memory", "status": "recalled"},
    },
    "lifetime": {"tau0_ns": {"value": 0.07, "uncertainty": 0.01, "source": "eq. 3.1", "status": "derived"}},
    "statistics": {"method": "hybrid", "level": 0.95},
}
STATUSES = {
    "tuned": ["background.split", "mass resolution"],
    "recalled": ["background.counted_in"],
    "derived": ["tau0_ns"],
    "cited": ["normalisation"],
}
HEADLINE = {
    "search": "s", "headline": "B(pi0 -> invisible)", "treatment": "observed_no_subtraction", "published": 4.4e-9,
    "status": "cited", "ours": 4.46e-9, "cls": 3.63e-9, "ratio": 1.0137, "lowest_ratio": 0.95, "highest_ratio": 1.05,
    "data_fraction": 1.0, "verdict": "reproduced", "reason": "", "source": "JHEP",
}  # fmt: skip


def limits(label="simulated", **more):
    values = {
        "lifetime_ns": [0.1, 0.1, np.inf, np.inf],
        "mass_MeV": [100.0, 200, 100, 200],
        "observed": [4e-11, 3e-11, np.nan, 2e-11],
        "expected": [4e-11, 1e-11, 2e-11, 2e-11],
    }
    return Table({name: np.array(column) for name, column in (values | more).items()}, {"label": label})


def row(**changes):
    given = {
        "search": "s", "settings": SETTINGS, "label": "simulated", "own": limits(), "published": None,
        "reaches": (Reach("bc4", "BC4", "sin2_theta", "simulated", 1e-8, 200.0),), "comparison": None,
        "statuses": STATUSES, "headlines": (HEADLINE,),
    }  # fmt: skip
    return Row(**(given | changes))


def test_the_best_limit_is_over_all_masses_and_lifetimes():
    found = best(limits(), "observed")
    assert (found.value, found.mass_MeV, found.lifetime_ns) == (2e-11, 200, np.inf) and np.isnan(found.mass2_MeV)
    assert best(limits(), "expected").lifetime_ns == 0.1
    assert best(limits(mass2_MeV=[1.0, 2, 3, 4]), "observed").mass2_MeV == 4
    assert best(limits(observed=[np.nan] * 4), "observed") is None  # blinded
    assert best(limits(), "nothing") is None


def test_couplings_are_the_smallest_observed_of_own_and_of_published_limits():
    rows = [
        ("s", "simulated", "observed", 100.0, 3e-8), ("s", "simulated", "observed", 200.0, 1e-8),
        ("s", "simulated", "expected", 200.0, 1e-9), ("s", "published", "observed", 150.0, 2e-8),
        ("t", "published", "observed", 150.0, 5e-8),
    ]  # fmt: skip
    names = ("search", "label", "kind", "mass_MeV", "coupling_low")
    header = {"title": "BC10", "coupling": "C_ff/Lambda", "coupling_unit": "TeV^-1"}
    cells = {n: np.array(c) for n, c in zip(names, zip(*rows, strict=True), strict=True)}
    found = list(reaches(Table(cells, header), "bc10"))
    assert [(search, reach.label, reach.value, reach.mass_MeV) for search, reach in found] == [
        ("s", "simulated", 1e-8, 200), ("s", "published", 2e-8, 150), ("t", "published", 5e-8, 150),
    ]  # fmt: skip
    assert found[0][1].coupling == "C_ff/Lambda [TeV^-1]"


def test_numbers_that_are_not_read_come_with_value_and_source_the_least_sure_first():
    assert row().unsure == [
        Number("tuned", "background.split", "R1 0.2, R2 0.8", "window counts"),
        Number("tuned", "mass resolution", "table", ""),
        Number("recalled", "background.counted_in", "low 2.5, high 3", "memory"),
        Number("derived", "tau0_ns", "0.07 ± 0.01", "eq. 3.1"),
    ]


def test_statuses_stand_in_a_tables_header():
    header = {"statuses": "tuned: a, b.c\ncited: d"}
    assert header_statuses(Table({}, header)) == {"tuned": ["a", "b.c"], "cited": ["d"]}
    assert header_statuses(Table({})) == {}


def test_method():
    assert method(SETTINGS) == (
        "input: events; window symmetric ±1.5σ; background sidebands ±9σ, polynomial of order 1; CLs, hybrid, 95 % CL"
    )
    assert method({"input": "limits"}) == "published limits"


def test_one_row_for_each_search():
    second = row(search="t", own=None, label="", published=limits("published"), statuses={}, headlines=())
    table = columns([row(), second])
    assert table["search"] == ["s", "t"] and table["label"] == ["simulated", "published"]
    assert table["data"] == ["simulated", "real data"]
    assert [table[f"numbers_{s}"] for s in ("cited", "derived", "recalled", "tuned")] == [
        [1, 0],
        [1, 0],
        [1, 0],
        [2, 0],
    ]
    assert table["headlines_reproduced"] == [1, 0] and table["headlines_missed"] == [0, 0]
    assert table["observed"][0] == 2e-11 and np.isnan(table["observed"][1]) and table["published"][1] == 2e-11


class Text(HTMLParser):
    """Words and tags of a page; every tag that is opened is closed."""

    def __init__(self, page):
        super().__init__()
        self.words, self.open, self.links = [], [], []
        self.feed(page)
        assert not self.open
        self.text = re.sub(r"\s+", " ", " ".join(self.words))

    def handle_starttag(self, tag, attributes):
        self.links += [value for name, value in attributes if name == "href"]
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data.strip())


def test_the_page_says_what_is_simulated_and_how_sure_the_numbers_are():
    plane = Plane("bc4", "BC4, <dark> scalar", "fig9d", 1015, 779)
    page = summary_page([row()], [plane], {"s": ["fig2a"]}, version="1.2.3", newest="July 2025 (arXiv:2507.17286)")
    found = Text(page)
    for words in (
        "K+ → π+ X, <X> invisible", "simulated", "1 cited, 1 derived, 1 recalled, 2 tuned", "R1 0.2, R2 0.8",
        "window counts", "B(π⁰ → invisible)", "reproduced", "observed no subtraction", "3.63e-09", "0.95 to 1.05",
        "2.00e-11 at 200 MeV, stable", "sin2_theta from 1.00e-08 at 200 MeV",
        "BC4, <dark> scalar", "darkaon 1.2.3", "July 2025 (arXiv:2507.17286)",
    ):  # fmt: skip
        assert words in found.text, words
    assert found.links == [
        "summary.csv", "headlines.csv", "figures/fig9d.png", "figures/fig9d.pdf", "models/bc4/exclusion.csv",
        "models/bc4/contours.csv", "figures/fig2a.png", "searches/s/branching_limits.csv", "#bc4",
    ]  # fmt: skip
    assert '<img src="figures/fig9d.png" alt="Excluded couplings, BC4, &lt;dark&gt; scalar" width="1015"' in page
    assert "http" not in page  # it stands alone
    assert page.count("<main>") == page.count("</main>") == 1


def test_links_to_pages_that_lie_beside_it():
    planes = [Plane("bc4", "BC4")]
    assert {"explorer.html", "explorer.html#plane=bc4", "references.html", "references.bib"} <= set(
        Text(summary_page([row()], planes, explorer=True, references=True)).links
    )
    assert not any("explorer" in link for link in Text(summary_page([row()], planes)).links)


def test_columns_are_sorted_by_numbers_and_none_is_empty():
    blinded = row(search="t", own=limits(observed=[np.nan] * 4))
    page = summary_page([row(), blinded])
    assert re.findall(r'data-name="Observed" data-value="(.*?)"', page) == ["2e-11", ""]
    assert page.count('<th scope="col"><button type="button">') == 16


def test_the_newest_publication_is_the_last_arxiv_number():
    assert newest_publication(["hep-ph/9808289", "2507.17286", "1809.01876", ""]) == "July 2025 (arXiv:2507.17286)"
    assert newest_publication(["hep-ph/9808289"]) == ""


@pytest.mark.parametrize(
    ("verdict", "reason", "words"),
    [
        ("missed", "", "the reason is not known"),
        ("missed", "a guess of pi0", "a guess of π⁰"),
        ("not counted", "tuned to it", "tuned to it"),
        ("no result", "", "1 without a result in this run"),
    ],
)
def test_what_misses_is_listed_with_the_reason(verdict, reason, words):
    line = HEADLINE | {"verdict": verdict, "reason": reason}
    found = Text(summary_page([row(headlines=(line,))]))
    assert words in found.text and verdict in found.text and "0 reproduced" in found.text


def test_limits_from_a_part_of_the_data_say_so():
    line = HEADLINE | {"data_fraction": 0.01}
    assert "scaled from 0.01 of the data" in Text(summary_page([row(headlines=(line,))])).text


def test_where_published_limits_come_from():
    table = limits("published")
    table.header["source"] = "BNL E949\nDigitised by hand"
    found = Text(summary_page([row(published=table, own=None, label="", statuses={})]))
    assert "Digitised by hand" in found.text


def test_the_comparison_with_published_limits_is_that_of_the_best_lifetime():
    """The whole range first, its parts folded in."""
    compared = Table(
        {"scope": np.array(["range", "part", "range"]), "lifetime_ns": np.array([0.1, 0.1, np.inf]),
         "first_mass_MeV": np.array([100.0, 100, 100]), "last_mass_MeV": np.array([200.0, 150, 200]),
         "inside_band": np.array([0.8, 0.7, 0.95]), "ratio": np.array([1.1, 1.2, 0.9]),
         "shape": np.array([1.25, np.nan, 1.5])}
    )  # fmt: skip
    page = summary_page([row(comparison=compared)])
    found = Text(page).text
    assert "80.0 % inside our ±2σ band" in found and "varies by 1.25" in found and "95.0 %" not in found
    assert found.count("varies by") == 1
    assert page.index("80.0 %") < page.index("by mass</summary>") < page.index("70.0 %")


def test_many_lifetimes_are_a_range():
    many = row(own=limits(mass_MeV=[100.0] * 13, lifetime_ns=[*np.arange(12.0), np.inf]))
    assert "lifetimes [ns]: 13 from 0 to stable" in Text(summary_page([many])).text


def test_hypotheses_of_two_masses_are_pairs():
    plane = row(own=limits(mass_MeV=[100.0, 100, 200, 200], mass2_MeV=[10.0, 50, 10, 50]))
    assert columns([plane])["hypotheses"] == [4] and columns([row()])["hypotheses"] == [2]
    assert "100 to 200, 10 to 50 MeV 4 hypotheses" in Text(summary_page([plane])).text
    assert "100 to 200 MeV 2 hypotheses" in Text(summary_page([row()], {})).text


@pytest.mark.parametrize(
    ("label", "data"),
    [
        ("published", "real data"),
        ("recast", "real data, efficiencies by theorists"),
        ("interpolated", "assumed between real points"),
    ],
)
def test_a_given_table_is_called_what_it_is(label, data):
    shown = row(own=None, label="", published=limits(label), statuses={}, headlines=())
    table = columns([shown])
    assert (table["label"], table["data"]) == ([label], [data])
    assert data in summary_page([shown])


def test_every_label_is_judged():
    """What a figure knows to name the summary judges: of nature, simulated or assumed."""
    for label, words in DATA.items():
        assert ("real" in words) == (label not in ("simulated", "assumed counts"))
        assert ("assumed" in words) == (label in ("assumed counts", "interpolated"))


def test_of_equal_limits_that_of_the_longest_lifetime_is_the_best():
    columns_ = {"lifetime_ns": [0.1, np.inf], "mass_MeV": [0.0, 0.0], "observed": [1e-9, 1e-9]}
    table = Table({name: np.array(values) for name, values in columns_.items()}, {"label": "published counts"})
    assert best(table, "observed").lifetime_ns == np.inf
