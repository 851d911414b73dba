"""The published JSON Schemas: in step with the models, and every YAML that is shipped validates."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from darkaon.config.schema import read_yaml
from darkaon.workflow.schemas import schemas

ROOT = Path(__file__).parents[3]
FILES = sorted(
    [*ROOT.glob("config/*.yaml"), *ROOT.glob("config/searches/*.yaml"), *ROOT.glob("config/models/*.yaml")]
)
MARK = "# yaml-language-server: $schema="


def validator(name):
    return jsonschema.Draft202012Validator(json.loads((ROOT / "schemas" / f"{name}.json").read_text()))


def test_schemas_are_in_step_with_the_models():
    """`python scripts/write_schemas.py` after a change of a model."""
    made = schemas()
    assert {path.stem for path in (ROOT / "schemas").glob("*.json")} == set(made)
    for name, schema in made.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert json.loads((ROOT / "schemas" / f"{name}.json").read_text()) == json.loads(json.dumps(schema)), name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_yaml_names_its_schema_and_validates(path):
    """Read as YAML 1.2, as an editor reads it."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first.startswith(MARK)
    schema = (path.parent / first.removeprefix(MARK)).resolve()
    assert schema.parent == ROOT / "schemas" and schema.is_file()
    faults = [fault.message for fault in validator(schema.stem).iter_errors(read_yaml(path))]
    assert not faults


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        ("search", {"statistics": {"level": 90}}, "level"),
        ("search", {"tittle": "x"}, ""),
        ("search", {"variant_of": "x", "periods": {"2017": {"share": 1}}}, "periods"),
        ("search", {"periods": ["2017"]}, "periods"),
        ("search", {"blind": "perhaps"}, "blind"),
        ("model", {"title": "t", "family": "dark_scalar", "options": {"C": "three"}}, "options"),
        ("model", {"title": "t", "family": "none"}, "family"),
        ("config", {"searches": [], "seed": 1}, "searches"),
    ],
)
def test_what_a_schema_refuses(name, content, where):
    faults = list(validator(name).iter_errors(content))
    assert faults and any(where in map(str, fault.absolute_path) or not where for fault in faults)
