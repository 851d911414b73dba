"""reana.yaml in the hands of REANA's own client, which has an environment of its own; no server is asked."""

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

pytestmark = pytest.mark.cluster
CLIENT = ("reana-client==0.9.6", "setuptools<81")  # pkg_resources, which the client imports, left in 81


@pytest.fixture(scope="module")
def validate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reana")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    uv = Path(sys.executable).with_name("uv")
    pip = [uv, "pip", "install", "--python"] if uv.exists() else [sys.executable, "-m", "pip", "--python"]
    install = [*pip, folder / "bin" / "python", *([] if uv.exists() else ["install"]), "--quiet", *CLIENT]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"reana-client could not be installed:\n{done.stderr}"

    def run(path):
        command = [folder / "bin" / "reana-client", "validate", "--file", path]
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)

    return run


def test_reana_client_finds_no_fault(validate):
    done = validate("reana.yaml")
    print(
        f"\n{done.stdout}covered: the description, by reana-client validate\nnot covered: a run on REANA, the image"
    )
    assert done.returncode == 0, done.stderr
    assert "SUCCESS" in done.stdout
    assert "WARNING" not in done.stdout
    assert "ERROR" not in done.stdout


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [("type: serial", "type: seriel", "'seriel' is not one of"), ("{cores: 2,", "{", 'parameter "cores"')],
)
def test_reana_client_sees_a_fault(validate, tmp_path, right, wrong, message):
    text = (ROOT / "reana.yaml").read_text()
    assert right in text
    faulty = tmp_path / "reana.yaml"
    faulty.write_text(text.replace(right, wrong))
    done = validate(faulty)
    assert message in done.stdout + done.stderr
