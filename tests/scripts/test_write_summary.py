"""Headlines and summary of one search behind the input level `counts`, from its YAML to the page."""

from pathlib import Path

import pytest
import yaml

import compare_headlines
import compute_limits
import convert_limits
import count_windows
import write_summary
from darkaon.errors import InputError
from darkaon.report.headlines import TEXT
from darkaon.tables.table import read_table

ROOT = Path(__file__).parents[2]
SEARCH = ROOT / "config/searches/na62_pi0_invisible.yaml"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with the tables of the search, and a copy of its YAML without the published table.

    The copy has the law with a delay in place of the flight, so that a number is not read.
    """
    folder = tmp_path_factory.mktemp("summary")
    tables = folder / "na62_pi0_invisible"
    content = yaml.safe_load(SEARCH.read_text())
    del content["published"], content["lifetime"]["pion_momentum_GeV"]
    content["lifetime"]["delay_ns"] = {"value": 2.2, "uncertainty": 0.1, "source": "s", "status": "derived"}
    yaml_file = folder / "na62_pi0_invisible.yaml"
    yaml_file.write_text(yaml.safe_dump(content))
    search = ["--search", str(yaml_file)]
    paths = {name: str(tables / f"{name}.csv") for name in ("windows", "acceptance", "event_limits")}
    acceptance = ["--acceptance", paths["acceptance"]]
    count_windows.main([*search, "--name", "na62_pi0_invisible", "--windows", paths["windows"], *acceptance])
    compute_limits.main([*search, "--windows", paths["windows"], *acceptance, "--output", paths["event_limits"]])
    convert_limits.main(
        [*search, "--event-limits", paths["event_limits"], *acceptance,
         "--output", str(tables / "branching_limits.csv")]
    )  # fmt: skip
    return folder


def headlines(folder, output, search="na62_pi0_invisible", models=()):
    compare_headlines.main(
        ["--searches", str(folder / f"{search}.yaml"), "--folder", str(folder), "--models", *models,
         "--output", str(output)]
    )  # fmt: skip
    return read_table(output, text=TEXT)


def test_pi0_invisible_is_reproduced_without_subtraction_and_the_own_limit_stands_beside(made, tmp_path):
    table = headlines(made, tmp_path / "headlines.csv")
    assert list(table["verdict"]) == ["reproduced"]
    assert table["ours"] == pytest.approx([4.46e-9], rel=0.003) and table["cls"] == pytest.approx(
        [3.63e-9], rel=0.003
    )
    assert table.header["made_by"] == "compare_headlines" and table.label == "published counts against published"


def test_summary(made, tmp_path):
    headlines(made, tmp_path / "headlines.csv")
    output = ["--table", str(tmp_path / "summary.csv"), "--page", str(tmp_path / "summary.html")]
    write_summary.main(
        ["--searches", str(made / "na62_pi0_invisible.yaml"), "--folder", str(made),
         "--headlines", str(tmp_path / "headlines.csv"), "--figures", "fig3=na62_pi0_invisible", *output]
    )  # fmt: skip
    table = read_table(
        tmp_path / "summary.csv",
        text=("search", "process", "final_state", "label", "data", "method", "couplings", "not_read"),
    )
    assert list(table["search"]) == ["na62_pi0_invisible"] and list(table["label"]) == ["published counts"]
    assert list(table["not_read"]) == ["lifetime.delay_ns (derived)"]
    assert table["headlines_reproduced"] == [1]
    page = (tmp_path / "summary.html").read_text()
    assert 'href="figures/fig3.png"' in page and "2.2 ± 0.1" in page and "4.4e-09" in page


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"kind": "sensitivity", "column": "ses", "mass_MeV": 130},
            r"headlines\.0: lifetime_ns: this key is missing",
        ),
        ({"kind": "events", "column": "observed", "mass_MeV": 300}, r"headlines\.0: mass_MeV: 300 MeV is outside"),
        ({"column": "observed_cls"}, r"headlines\.0\.column: 'observed_cls' is none of"),
    ],
)
def test_a_fault_is_one_sentence_and_leaves_no_file(made, tmp_path, change, message):
    content = yaml.safe_load((made / "na62_pi0_invisible.yaml").read_text())
    content["headlines"][0] |= change
    path = made / "faulty.yaml"
    path.write_text(yaml.safe_dump(content))
    link = made / "faulty"
    if not link.exists():
        link.symlink_to(made / "na62_pi0_invisible")
    with pytest.raises(InputError, match=message) as error:
        headlines(made, tmp_path / "headlines.csv", "faulty")
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_run_without_headlines_has_an_empty_table(made, tmp_path):
    compare_headlines.main(["--folder", str(made), "--output", str(tmp_path / "headlines.csv")])
    assert len(read_table(tmp_path / "headlines.csv", text=TEXT)) == 0
