"""The README: short, its links lead somewhere, its picture is what its command draws; the version is one."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import yaml

from darkaon.version import VERSION

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_is_short():
    assert len(TEXT.splitlines()) <= 120


def test_links_lead_to_files():
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    broken = [
        f"{page.name}: {link}"
        for page in pages
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert broken == []


def test_the_picture_is_what_the_command_draws(tmp_path):
    """To renew it, run the command of the README with `--output docs/first_picture.png`."""
    command = re.search(r"^darkaon (plot .*?\n.*?)$", TEXT, re.MULTILINE)[1].replace("\\\n", " ")
    subprocess.run(
        [sys.executable, "-m", "darkaon.interface.commands", *shlex.split(command)], cwd=tmp_path, check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")}, capture_output=True,
    )  # fmt: skip
    from matplotlib.image import imread

    drawn, shown = imread(tmp_path / "bc4.png"), imread(ROOT / "docs/first_picture.png")
    assert drawn.shape == shown.shape and (drawn == shown).all()


def test_commands_of_the_pages_print_what_the_pages_say(tmp_path):
    """`$ darkaon ...` and the lines below it, with the files that docs/model.md shows before them."""
    model = (ROOT / "docs/model.md").read_text(encoding="utf-8")
    for name, block in (("mymodel.yaml", "yaml"), ("rates.csv", "text"), ("mymodel.py", "python")):
        (tmp_path / name).write_text(model.split(f"```{block}\n")[1].partition("```")[0])
    python = (tmp_path / "mymodel.yaml").read_text().replace("rates.csv", "mymodel.py")
    (tmp_path / "inpython.yaml").write_text(python)
    shown = [
        command.partition("\n")
        for page in ("model", "statistics", "first_picture")
        for block in re.findall(
            r"^```text\n(.*?)^```", (ROOT / f"docs/{page}.md").read_text(), re.MULTILINE | re.DOTALL
        )
        for command in block.split("$ darkaon ")[1:]
    ]
    assert len(shown) == 4
    shown.append(("exclude --model inpython.yaml --limits na62_kpix_invisible_2016_22", "", None))
    for command, _, text in shown:
        done = subprocess.run(
            [sys.executable, "-m", "darkaon.interface.commands", *shlex.split(command)], cwd=tmp_path, check=True,
            env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")}, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert text is None or done.stdout == text, command


def test_one_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == VERSION
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## ([\d.]+)", changes, re.MULTILINE)[1] == VERSION
    assert citation["cff-version"] == "1.2.0" and {"title", "authors", "message", "type", "license"} <= set(citation)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", str(citation["date-released"]))
