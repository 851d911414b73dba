"""What the Snakefile asks: which files a script is made of, which settings it reads, which samples there are."""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from darkaon.config import Search, load_search, read_search
from darkaon.consistency import check_owners, check_search
from darkaon.environment import MODULES, versions
from darkaon.errors import InputError
from darkaon.figures import Exclusion, Figure, load_figures
from darkaon.models.loading import load_model
from darkaon.models.model import Model
from darkaon.runfile import Run, load_run
from darkaon.samples import Sample, read_samples
from darkaon.settings import paths_in, read_yaml

SCRIPTS = Path(__file__).resolve().parent.parent


def interpreter_first() -> None:
    """Make plain `python` in a job the interpreter that runs Snakemake, whatever shell started it."""
    folder = str(Path(sys.executable).parent)
    if os.environ.get("PATH", "").split(os.pathsep)[0] != folder:
        os.environ["PATH"] = os.pathsep.join([folder, os.environ.get("PATH", "")])


@cache
def imported(module: Path) -> frozenset[str]:
    """The names of all modules that a file imports, read from its text."""
    names: set[str] = set()
    todo: list[ast.AST] = [ast.parse(module.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            continue  # not imported when a job runs
        todo.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(names)


def _imports(module: Path) -> frozenset[Path]:
    """The files of the darkaon modules that a file imports."""
    names = imported(module)
    files = (SCRIPTS.joinpath(*name.split(".")).with_suffix(".py") for name in names if name.startswith("darkaon"))
    return frozenset(file for file in files if file.is_file())


def library(script: str, *modules: str) -> list[str]:
    """The darkaon modules that `script` imports, directly or through others, sorted.

    Args:
        script: the script's name without '.py'.
        modules: names of modules that it loads by name from the configuration, as 'darkaon.models.alp'.
    """
    found: set[Path] = set()
    todo = [SCRIPTS / f"{script}.py", *(SCRIPTS.joinpath(*m.split(".")).with_suffix(".py") for m in modules)]
    extra = set(todo[1:])
    while todo:
        for file in _imports(todo.pop()) - found:
            found.add(file)
            todo.append(file)
    return sorted(near(file) for file in found | extra)


def packages(script: str) -> dict[str, str]:
    """Versions of darkaon, Python and the packages that a script and its modules import.

    As a param they make its rule run again in another environment: every result was then made with the versions that
    stand in provenance.json.
    """
    files = [SCRIPTS / f"{script}.py", *map(Path, library(script))]
    names = {name.partition(".")[0] for file in files for name in imported(file)}
    return {name: own for name, own in versions().items() if name == "python" or MODULES.get(name, name) in names}


def near(path: Path) -> str:
    """A path as it is written from here, if it lies below: a moved checkout is then still the same inputs."""
    here = Path.cwd().resolve()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def script_path(name: str) -> str:
    """The script of a rule, to be run as `python {input.script}`."""
    return near(SCRIPTS / f"{name}.py")


@cache
def declared_slots(script: str) -> tuple[str, ...]:
    """The slots of a search's YAML that a script reads: its SLOTS, read from its text."""
    for node in ast.parse((SCRIPTS / f"{script}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "SLOTS" for t in node.targets):
            return tuple(ast.literal_eval(node.value))
    return ()


@cache
def _content(path: str) -> dict[str, Any]:
    """A search's YAML, read once for all its jobs; forgotten when a `Project` is made."""
    return read_search(path)


def slots(path: str | Path, script: str) -> str:
    """The slots that `script` reads from the YAML at `path`, as JSON: the param that makes its rule rerun."""
    content = _content(str(path))
    return json.dumps({s: content[s] for s in declared_slots(script) if s in content}, sort_keys=True, default=str)


class Project:
    """The configuration as the Snakefile sees it, read and checked once at parse time.

    Raises:
        InputError: whatever is wrong in `config/`, with file and key.
    """

    def __init__(self, overrides: dict[str, Any], folder: str = "config") -> None:
        """Read `folder`/config.yaml with `overrides` (--config, --configfile) over its keys, and what it names."""
        _content.cache_clear()
        self.folder = Path(folder)
        self.run: Run = load_run(self.folder / "config.yaml", overrides)
        self.results = self.run.results
        # What depends on which searches and models are in the run is kept apart for each set of them, so that a part
        # of the programme never overwrites the whole; tables of searches do not, and are shared.
        apart = f"/sets/{self.run.set}" if self.run.set else ""
        self.set_results, self.set_logs = f"{self.results}{apart}", f"{self.results}/logs{apart}"
        self.searches: dict[str, Search] = {name: load_search(self.search_path(name)) for name in self.run.searches}
        others = {s.data_of for s in self.searches.values() if s.data_of} - set(self.searches)
        self.sources = {name: load_search(self.search_path(name)) for name in sorted(others)}
        known = {*self.searches, *self.sources}
        samples = read_samples(self.run.samples)
        self.samples = [s for s in samples if s.search in known]
        check_owners(self, samples)
        for name in self.searches:
            check_search(self, name)
        self.models: dict[str, Model] = {name: load_model(self.model_path(name)) for name in self.run.models}
        self.figures: dict[str, Figure] = {
            name: figure for name, figure in load_figures(self.run.figures).items() if figure.available(self)
        }

    def search_path(self, name: str) -> str:
        """The YAML file of a search."""
        return str(self.folder / "searches" / f"{name}.yaml")

    def model_path(self, name: str) -> str:
        """The YAML file of a model."""
        return str(self.folder / "models" / f"{name}.yaml")

    def there(self, kind: str) -> list[str]:
        """The ids of the searches or models that have a file, in the run or not."""
        return sorted(file.stem for file in (self.folder / kind).glob("*.yaml"))

    def elsewhere(self, kind: str) -> list[str]:
        """The ids of the searches or models that have a file but are not in the run."""
        return [name for name in self.there(kind) if name not in (*self.searches, *self.run.models)]

    def with_door(self, *doors: str) -> list[str]:
        """The searches that enter by one of these doors."""
        return [name for name, search in self.searches.items() if search.door in doors]

    def with_selection(self) -> list[str]:
        """The searches with published counts whose signal is simulated and selected at once."""
        return [n for n in self.with_door("counts") if self.searches[n].acceptance.kind == "selection"]

    def published(self) -> list[str]:
        """The searches that have a published table."""
        return [name for name, search in self.searches.items() if search.published]

    def common_factor(self, search: str) -> str:
        """The option with the factor on the sensitivity that a search declares for its comparison; '' if none."""
        published = self.searches[search].published
        return f"--factor {published.factor.value:g}" if published and published.factor else ""

    def peak_searches(self) -> list[str]:
        """The searches for a peak over its sidebands: their whole spectrum can be simulated."""
        return [n for n in self.with_door("events") if self.searches[n].background.kind == "sidebands"]

    def one_sided(self) -> list[str]:
        """The searches with one-sided windows."""
        return [n for n in self.with_door("events") if self.searches[n].window.kind == "one_sided"]

    def search(self, name: str) -> Search:
        """A search of the run, or one whose data a search of the run has."""
        return self.searches.get(name) or self.sources[name]

    def samples_of(self, search: str, role: str = "") -> list[Sample]:
        """The samples of a search, of one role if given; a variant has those of its search, of its own periods.

        One with `data_of` has the data of that search.
        """
        own = self.search(search)
        of, data = own.variant_of or search, own.variant_of or own.data_of or search
        found = [s for s in self.samples if s.search == (data if s.role == "data" else of) and role in ("", s.role)]
        return [s for s in found if not own.variant_of or s.role != "data" or s.period in own.periods]

    def sample(self, name: str) -> Sample:
        """The sample with this id."""
        return next(s for s in self.samples if s.sample == name)

    def channels(self, search: str) -> str:
        """The option with the channels of a search's samples of signal, in their order; '' if it has none."""
        names = [s.period for s in self.samples_of(search, "signal") if s.period]
        return f"--channels {' '.join(names)}" if names else ""

    def candidates(self, search: str, role: str) -> list[str]:
        """The selected candidates of a search's samples of one role."""
        folder = f"{self.results}/searches"
        return [f"{folder}/{s.search}/candidates/{s.sample}.npy" for s in self.samples_of(search, role)]

    def period_windows(self, search: str) -> list[str]:
        """The windows period by period, of a search that combines them as separate ones."""
        own = self.searches[search]
        separate = own.door == "events" and own.statistics.periods == "separate"
        return [f"{self.results}/searches/{search}/periods.csv"] if separate else []

    def event_file(self, name: str) -> str:
        """Where a sample's events are: its path, or what the workflow simulates."""
        return self.sample(name).path or f"{self.results}/simulated/{name}.root"

    def label(self, search: str) -> str:
        """How everything made from a search's events is labelled: measured or simulated.

        Raises:
            InputError: measured and simulated data in one search.
        """
        kinds = {s.kind for s in self.samples_of(search, "data")}
        if len(kinds) > 1:
            raise InputError(
                f"{self.run.samples}: the search {search!r} mixes measured and simulated data; nothing made from "
                "both could be labelled honestly: remove the one or the other"
            )
        return next(iter(kinds), "")

    def family(self, model: str) -> str:
        """The module that a model's YAML loads by name."""
        return f"darkaon.models.{read_yaml(self.model_path(model))['family']}"

    def model_files(self, model: str) -> list[str]:
        """The files that a model's options name: inputs of its rules."""
        return paths_in(read_yaml(self.model_path(model)).get("options", {}))

    def limits_of(self, search: str) -> list[str]:
        """A search's tables of branching-ratio limits: its own, the published ones."""
        folder = f"{self.results}/searches/{search}"
        own = [] if self.searches[search].door == "limits" else [f"{folder}/branching_limits.csv"]
        return own + ([f"{folder}/published_limits.csv"] if self.searches[search].published else [])

    def limits_for(self, model: str) -> dict[str, list[str]]:
        """The tables that constrain a model, by search: those whose process and final state it has.

        Of a variant the published limits alone, if it has any: its own data are part of those of its search.
        """
        met = {n: s for n, s in self.searches.items() if self.models[model].meets(s.process, s.final_state)}
        tables = {
            name: [t for t in self.limits_of(name) if not search.variant_of or t.endswith("/published_limits.csv")]
            for name, search in met.items()
        }
        return {name: of for name, of in tables.items() if of}

    def counting(self, model: str) -> list[str]:
        """The searches that constrain a model and have windows of their own; no variants, whose data these hold."""
        met = {name: self.searches[name] for name in self.limits_for(model)}
        return [name for name, search in met.items() if search.door != "limits" and not search.variant_of]

    def projections_for(self, model: str) -> list[str]:
        """The projected limits that the figures of a model show."""
        planes = [figure for figure in self.figures.values() if isinstance(figure, Exclusion)]
        asked = {pair for plane in planes if plane.model == model for pair in plane.projections.items()}
        met = [(search, factor) for search, factor in sorted(asked) if search in self.counting(model)]
        return [f"{self.results}/searches/{search}/projection_x{factor:g}.csv" for search, factor in met]

    def windows_for(self, model: str) -> list[str]:
        """windows.csv and acceptance.csv of each search that constrains a model and has windows of its own."""
        folders = [f"{self.results}/searches/{name}" for name in self.counting(model)]
        return [f"{folder}/{table}.csv" for folder in folders for table in ("windows", "acceptance")]

    def combined_models(self) -> list[str]:
        """The models that windows of two searches or more constrain."""
        return [name for name in self.models if len(self.windows_for(name)) > 2]

    def figure_files(self) -> list[str]:
        """All figures, as PDF and PNG."""
        return [f"{self.set_results}/figures/{name}.{kind}" for name in self.figures for kind in ("pdf", "png")]

    def targets_of(self, name: str) -> list[str]:
        """What `snakemake <search or model>` makes.

        Raises:
            InputError: it is not in the run.
        """
        if name not in (*self.searches, *self.models):
            kind = "models" if name in self.there("models") else "searches"
            raise InputError(
                f"{self.folder / 'config.yaml'}: {kind}: {name!r} is not among them: put it there, or for one run "
                f"say --config {kind}='[{name}]'"
            )
        if name in self.models:
            met = ["exclusion", "contours", "union"] if self.limits_for(name) else []
            tables = ["predictions", *met, *["combination"] * (name in self.combined_models())]
            return [f"{self.set_results}/models/{name}/{table}.csv" for table in tables]
        limits, folder = self.limits_of(name), f"{self.results}/searches/{name}"
        whole, compared = self.searches[name].variant_of, [f"{folder}/comparison.csv"] * (len(limits) > 1)
        if whole:
            return [*limits, *compared, *[f"{folder}/improvement.csv"] * (whole in self.searches)]
        own = [] if self.searches[name].door == "limits" else [f"{folder}/methods.csv"]
        blind = self.searches[name].blind  # of one-sided windows ranges close all: each holds what is above them
        if own and blind is not True and not (blind and name in self.one_sided()):
            own += [f"{folder}/pyhf/{document}.json" for document in ("workspace", "patchset")]
        if name in self.peak_searches():
            own.append(f"{folder}/global_significance.csv")
        return limits + own + compared

    def targets(self) -> list[str]:
        """What `snakemake` makes, beside provenance.json: all tables and figures, and the summary."""
        tables = [target for name in (*self.searches, *self.models) for target in self.targets_of(name)]
        summary = [f"{self.set_results}/summary.{kind}" for kind in ("csv", "html")]
        return [*tables, *self.figure_files(), *summary]

    def slots(self, search: str, script: str) -> str:
        """See `slots`."""
        return slots(self.search_path(search), script)

    def sample_slots(self, sample: str, script: str) -> str:
        """The slots that a script reads for one sample; of the periods only its own: a new one changes no other."""
        own = self.sample(sample)
        found = json.loads(self.slots(own.search, script))
        if own.role == "data" and "periods" in found:
            found["periods"] = {own.period: found["periods"][own.period]}
        return json.dumps(found, sort_keys=True)

    def files(self, search: str, script: str) -> list[str]:
        """The files that the slots of a script name: inputs of its rule."""
        return paths_in(json.loads(self.slots(search, script)))


def pattern(names: Iterable[str]) -> str:
    """A wildcard constraint that matches these names and nothing else; nothing at all, if there are none."""
    return "|".join(names) or "(?!)"
