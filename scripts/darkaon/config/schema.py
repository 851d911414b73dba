"""Reading YAML into typed models, with errors that name file, key, value and remedy.

What the settings mean stands in `config.search` and `config.slots`; this module knows only how a fault is told.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveFloat, ValidationError, model_validator

from darkaon.errors import InputError
from darkaon.reading import read_text

Status = Literal["cited", "derived", "recalled", "tuned"]
Fraction = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(gt=0, le=1)]
NotNegative = Annotated[float, Field(ge=0)]
Mass = Annotated[float, Field(ge=0, le=2e5)]  # MeV; the Z among them


def _a_coupling(value: float) -> float:
    if not 1e-30 <= value <= 1e30:  # beyond, its square may be no number
        raise ValueError(f"{value:g} is no coupling: it must be from 1e-30 to 1e+30")
    return value


AnyCoupling = Annotated[float, AfterValidator(_a_coupling)]
AnyLifetime = Annotated[float, Field(ge=0, allow_inf_nan=True)]  # inf: X escapes
PositiveLifetime = Annotated[float, Field(gt=0, allow_inf_nan=True)]


class Strict(BaseModel):
    """A group of settings: unknown keys are faults, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class Interval(Strict):
    """A range low <= x < high."""

    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Interval:
        if not self.low < self.high:
            raise ValueError(f"low ({self.low}) must be below high ({self.high})")
        return self


class Quantity(Strict):
    """A number that comes from outside, with where it comes from and how sure it is."""

    value: float
    uncertainty: NotNegative = 0.0
    source: str
    status: Status


class PositiveQuantity(Quantity):
    """A quantity above 0."""

    value: PositiveFloat


class NotNegativeQuantity(Quantity):
    """A quantity of 0 or more."""

    value: NotNegative


class RelativeUncertainty(Quantity):
    """A relative uncertainty: 0.2 for 20 %."""

    value: Annotated[float, Field(ge=0, le=1)]


class KnownQuantity(PositiveQuantity):
    """A quantity above 0 that is known: its uncertainty is not above itself."""

    @model_validator(mode="after")
    def _is_known(self) -> KnownQuantity:
        not_above(self.value, self.uncertainty)
        return self


class BranchingFraction(KnownQuantity):
    """A quantity above 0 and at most 1."""

    value: Share


class Efficiency(KnownQuantity):
    """An efficiency: above 0, and at most 1 but for a reason that `above_1` says (a correction of the simulation)."""

    above_1: str = ""

    @model_validator(mode="after")
    def _at_most_1(self) -> Efficiency:
        if self.value > 1 and not self.above_1:
            raise ValueError(
                f"value: {self.value:g} is above 1; write a fraction, or say in 'above_1' why it is more"
            )
        return self


def not_above(value: float, uncertainty: float) -> None:
    """Refuse an uncertainty above the value.

    Raises:
        ValueError: it is.
    """
    if uncertainty > value:
        raise ValueError(f"uncertainty: {uncertainty:g} is above the value {value:g}; give one standard deviation")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C: ten times faster
    """YAML 1.2, core schema: 1e-3 is a number, while on, 9:00, 1_000 and 2017-01-01 are text.

    A key given twice is a fault and not a silent overwrite.
    """

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    merge = "tag:yaml.org,2002:merge"  # '<<': what it brings may be overwritten
    keys = [merge if key.tag == merge else loader.construct_object(key, deep=True) for key, _ in node.value]
    for index, key in enumerate(keys):
        if key in keys[:index]:
            raise yaml.MarkedYAMLError(
                problem=f"key {key!r} is a duplicate", problem_mark=node.value[index][0].start_mark
            )
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


def _whole(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node)
    return int(text, 0) if text.startswith(("0o", "0x")) else int(text)


def _decimal(loader: _Loader, node: yaml.ScalarNode) -> float:
    return float(loader.construct_scalar(node).lower().replace(".inf", "inf").replace(".nan", "nan"))


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)
_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor("tag:yaml.org,2002:int", _whole)
_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)


def read_yaml(path: str | Path) -> dict[str, Any]:
    """The mapping in a YAML file.

    Raises:
        InputError: no such file, no YAML, a key given twice, not a mapping.
    """
    text = read_text(path)
    try:
        content = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        where = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        remedy = "write blanks for the tab" if "\\t" in str(error.problem) else "mend this line"
        raise InputError(f"{path}{where}: not valid YAML: {error.problem}", remedy=remedy) from None
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        what = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path}: not valid YAML: {what}", remedy="save it as a YAML text in UTF-8") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: must be a mapping 'key: value'", remedy="write such lines")
    return content


def line_of(path: str | Path, location: Sequence[Any]) -> int | None:
    """The line of a YAML file in which a key stands, from 1; of the last that is there, None if the first is not."""
    try:
        node, line = yaml.compose(read_text(path), Loader=_Loader), None
    except (InputError, yaml.YAMLError):
        return None
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and str(part).isdigit() and int(part) < len(node.value):
            found = (node.value[int(part)],) * 2
        else:
            found = None
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line


def paths_in(settings: Any) -> list[str]:
    """Every file that settings name under a key `path`."""
    if isinstance(settings, dict):
        own = [settings["path"]] if isinstance(settings.get("path"), str) else []
        return own + [p for value in settings.values() for p in paths_in(value)]
    return []


def nearest(word: str, choices: Iterable[str]) -> str:
    """'; did you mean X?' for the choice nearest to `word`, or ''."""
    close = difflib.get_close_matches(str(word), [str(c) for c in choices], n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def check_known(name: str, known: Iterable[str], fault: str, *, remedy: str = "") -> None:
    """Refuse a name that is none of those known; the nearest of them is asked for.

    Raises:
        InputError: `fault`; the remedy is to name one of them, if not another.
    """
    known = list(known)
    if name not in known:
        raise InputError(f"{fault}{nearest(name, known)}", remedy=remedy or f"there are {', '.join(known) or 'none'}")


M = TypeVar("M", bound=BaseModel)


def validate(model: type[M], content: Mapping[str, Any], source: str | Path, *, lines: bool = True) -> M:
    """`content` as a `model`; `lines`: whether messages say in which line of the file a key stands.

    `source` is the file, where wanted with the key of `content` in it ('a.yaml: options').

    Raises:
        InputError: one line for each fault: file, key, value, what is allowed.
    """
    try:
        read = model.model_validate(dict(content))
        for key, value in _truths(content, read):
            raise InputError(f"{source}: {'.'.join(key)}: {value} is not a number", remedy=_NUMBER)
        return read
    except ValidationError as error:
        faults = error.errors()
        places = [fault["loc"] for fault in faults]
        file, _, inside = str(source).partition(": ")
        place = file if lines and Path(file).is_file() else None
        sentences = [
            _sentence(model, fault, place, inside.split(".") if inside else [])
            for fault in faults  # a list that is short only because its items are at fault is no second fault
            if fault["type"] != "too_short" or not any(p[: len(fault["loc"])] == fault["loc"] != p for p in places)
        ]
        *others, (last, remedy) = dict.fromkeys(sentences)
        texts = [*(f"{source}: {fault}; {correction}" for fault, correction in others), f"{source}: {last}"]
        raise InputError("\n".join(texts), remedy=remedy) from None


def _truths(raw: Any, read: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Where true or false was read as 1 or 0, which pydantic allows."""
    if isinstance(raw, bool):
        if isinstance(read, int | float) and not isinstance(read, bool):
            yield place, raw
        return
    pairs = raw.items() if isinstance(raw, Mapping) else enumerate(raw) if isinstance(raw, list) else ()
    for key, value in pairs:
        if isinstance(read, BaseModel):
            inside = getattr(read, str(key), None)
        elif isinstance(read, Mapping):
            inside = read.get(key)
        else:
            inside = (
                read[key] if isinstance(read, list | tuple) and isinstance(key, int) and key < len(read) else None
            )
        yield from _truths(value, inside, (*place, str(key)))


_NUMBER, _LIST, _MAPPING = "write a number, with a point", "write [a, b, ...]", "write lines 'key: value'"
_FAULTS = {
    "float": ("is not a number", _NUMBER),
    "finite": ("is not a finite number", _NUMBER),
    "int": ("is not a whole number", "write digits only"),
    "bool": ("must be true or false", "write one of the two, without quotes"),
    "string": ("must be text", "put it in quotes"),
    "list": ("must be a list", _LIST),
    "tuple": ("must be a list", _LIST),
    "dict": ("must be a mapping", _MAPPING),
    "model": ("must be a mapping", _MAPPING),
}  # by the first word of what pydantic calls them, where the rest is one of these
_REST = ("parsing", "type", "number", "from_float", "attributes_type")


def _sentence(model: type[BaseModel], fault: Any, file: str | None, inside: list[str]) -> tuple[str, str]:
    """What is wrong, by key, value and line, and what to do."""
    what, remedy = _fault(model, fault)
    line = line_of(file, [*inside, *_written(model, list(fault["loc"]))]) if file else None
    return f"{what} (line {line})" if line else what, remedy


def _fault(model: type[BaseModel], fault: Any) -> tuple[str, str]:
    location, kind, value = list(fault["loc"]), fault["type"], fault["input"]
    context = fault.get("ctx", {})
    key = ".".join(str(part) for part in _written(model, location))
    if kind == "extra_forbidden":
        choices = _keys_beside(model, location)
        return f"{key}: unknown key{nearest(str(location[-1]), choices)}", f"known here: {', '.join(choices)}"
    if kind in ("missing", "union_tag_not_found"):
        return f"{key}{'.kind' * (kind != 'missing')}: this key is missing", "add it"
    if kind in ("literal_error", "enum"):
        choices = [c.strip(" '") for c in context["expected"].replace(" or ", ",").split(",")]
        return f"{key}: {value!r} is none of {', '.join(choices)}{nearest(value, choices)}", "write one of them"
    if kind == "union_tag_invalid":
        tag, choices = context["tag"], [c.strip(" '") for c in context["expected_tags"].split(",")]
        return f"{key}.kind: {tag!r} is none of {', '.join(choices)}{nearest(tag, choices)}", "write one of them"
    wanted, _, rest = kind.partition("_")
    if wanted in _FAULTS and rest in _REST:
        what, remedy = _FAULTS[wanted]
        return f"{key}: {value!r} {what}", remedy
    message = fault["msg"].removeprefix("Value error, ")
    if kind in ("value_error", "assertion_error"):
        what, _, remedy = message.partition("; ")
        return f"{key}: {what}" if key else what, remedy or "change this value"
    return f"{key}: {value!r}: {message[0].lower()}{message[1:]}", "change this value"


def _steps(model: Any, location: list[Any]) -> Iterable[tuple[Any, Any, bool]]:
    """Walk a fault's location: (type reached so far, part, whether the part is written in the file)."""
    here = model
    for part in location:
        members = _models(here)
        field = next((m.model_fields[part] for m in members if part in m.model_fields), None)
        tagged = field is None and isinstance(part, str) and len(members) > 1
        yield here, part, not tagged
        if tagged:
            here = next((m for m in members if part in _tags(m)), here)
        elif field is not None:
            here = field.annotation
        else:
            arguments = [a for a in get_args(_bare(here)) if a is not Ellipsis]
            here = arguments[-1] if arguments else None


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _models(annotation: Any) -> list[type[BaseModel]]:
    annotation = _bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Union, type(int | str)):
        return [m for argument in get_args(annotation) for m in _models(argument)]
    return []


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get("kind")
    return get_args(field.annotation) if field else ()


def _written(model: type[BaseModel], location: list[Any]) -> list[Any]:
    return [part for _, part, written in _steps(model, location) if written]


def _keys_beside(model: type[BaseModel], location: list[Any]) -> list[str]:
    *_, (here, _, _) = _steps(model, location)
    return [name for m in _models(here) for name in m.model_fields]
