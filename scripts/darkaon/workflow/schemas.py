"""JSON Schemas of the YAML files, made from the typed models: an editor completes and checks with them.

Each YAML names its schema in its first line (`# yaml-language-server: $schema=...`).
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pydantic import BaseModel

from darkaon.config.figures_file import FiguresFile
from darkaon.config.planes import PlanesFile
from darkaon.config.run import Run
from darkaon.config.search import Search
from darkaon.models.loading import FAMILIES, ModelFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAMES = {"type": "array", "items": {"type": "string"}, "minItems": 1}


def schemas() -> dict[str, dict[str, Any]]:
    """Name of a schema -> its content; programme is laid over config."""
    return {
        "search": _search(),
        "model": _model(),
        "config": _of(Run),
        "figures": _of(FiguresFile),
        "planes": _of(PlanesFile),
        "programme": _of(Run) | {"required": []},
    }


def _of(model: type[BaseModel]) -> dict[str, Any]:
    found = model.model_json_schema(mode="validation")
    return {"$schema": DIALECT, **_without_nothing(found)}


def _without_nothing(node: Any) -> Any:
    """A schema whose defaults do not say null for slots that may be left out."""
    if isinstance(node, list):
        return [_without_nothing(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {key: _without_nothing(value) for key, value in node.items() if (key, value) != ("default", None)}


def _search() -> dict[str, Any]:
    """A search; a variant lists names of periods, one with data_of says a part of `simulation` alone."""
    found = _of(Search)
    listed = {"if": {"required": ["variant_of"]}, "then": {"properties": {"periods": NAMES}}}
    whole = found["properties"].pop("periods")
    simulation = found["properties"].pop("simulation")
    part = {"if": {"required": ["data_of"]}, "then": {"properties": {"simulation": {"type": "object"}}}}
    found["properties"] |= {"periods": {}, "simulation": {}}
    found["allOf"] = [
        listed | {"else": {"properties": {"periods": whole}}},
        part | {"else": {"properties": {"simulation": simulation}}},
    ]
    return found


def _model() -> dict[str, Any]:
    """A model: its options are those of its family."""
    found = _of(ModelFile)
    found["properties"]["family"] = {"enum": list(FAMILIES)}
    rules = []
    for family in FAMILIES:
        name = f"options_{family}"
        described: type[BaseModel] = import_module(f"darkaon.models.{family}").Options
        options = described.model_json_schema(ref_template=f"#/$defs/{name}/$defs/{{model}}")
        found.setdefault("$defs", {})[name] = _without_nothing(options)
        of_family = {"properties": {"family": {"const": family}}}
        rules.append({"if": of_family, "then": {"properties": {"options": {"$ref": f"#/$defs/{name}"}}}})
    found["allOf"] = rules
    return found
