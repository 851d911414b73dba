"""What the Snakefile asks: the searches, models, figures and samples of a run, and the tables made of each."""

from __future__ import annotations

import json
import shlex
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from darkaon.config.event_files import Part, files_of, parts
from darkaon.config.figures import Exclusion, Figure, OfSearch
from darkaon.config.figures_file import load_figures
from darkaon.config.planes import load_planes
from darkaon.config.run import Run, load_run
from darkaon.config.samples import Sample, read_samples
from darkaon.config.schema import paths_in, read_yaml
from darkaon.config.search import Search, load_search
from darkaon.errors import InputError
from darkaon.models.loading import load_model
from darkaon.models.model import Model
from darkaon.paths import find, named, own_project, root
from darkaon.workflow.dependencies import content_of, slots
from darkaon.workflow.large_files import large_files, varied


class Project:
    """The configuration as the Snakefile sees it, read once at parse time; `checks.check` says if it fits.

    Raises:
        InputError: whatever is wrong in `config/`, with file and key.
    """

    def __init__(self, overrides: dict[str, Any], folder: str = "config") -> None:
        """Read `folder`/config.yaml with `overrides` (--config, --configfile) over its keys, and what it names."""
        content_of.cache_clear()
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
        self.all_samples = read_samples(self.run.samples)
        self.samples = [s for s in self.all_samples if s.search in known]
        self.models: dict[str, Model] = {name: load_model(self.model_path(name)) for name in self.run.models}
        self.all_figures: dict[str, Figure] = load_figures(*self.figure_lists())
        self.figures = {name: figure for name, figure in self.all_figures.items() if self.shows(figure)}

    def figure_lists(self) -> list[str]:
        """The files that list figures: the run's own, then darkaon's if the project is another."""
        own, carried = find(self.run.figures), root() / "config" / "figures.yaml"
        both = [own, carried] if own_project() and own.resolve() != carried else [own]
        return [str(file) for file in both]

    def shows(self, figure: Figure) -> bool:
        """Whether this run makes the tables that a figure needs."""
        if isinstance(figure, OfSearch):
            return figure.search in self.searches and self.searches[figure.search].input in figure.inputs
        has_model = figure.model in self.run.models
        return has_model and (not isinstance(figure, Exclusion) or bool(self.limits_for(figure.model)))

    def search_path(self, name: str) -> str:
        """The YAML file of a search."""
        return str(find(self.folder / "searches" / f"{name}.yaml"))

    def model_path(self, name: str) -> str:
        """The YAML file of a model."""
        return str(find(self.folder / "models" / f"{name}.yaml"))

    def configured(self, kind: str) -> list[str]:
        """The ids of the searches or models that have a file, in the run or not."""
        return list(named(kind, self.folder))

    def not_in_run(self, kind: str) -> list[str]:
        """The ids of the searches or models that have a file but are not in the run."""
        return [name for name in self.configured(kind) if name not in (*self.searches, *self.run.models)]

    def with_input(self, *inputs: str) -> list[str]:
        """The searches that enter by one of these inputs."""
        return [name for name, search in self.searches.items() if search.input in inputs]

    def with_selection(self) -> list[str]:
        """The searches with published counts whose signal is simulated and selected at once."""
        return [n for n in self.with_input("counts") if self.searches[n].acceptance.kind == "selection"]

    def published(self) -> list[str]:
        """The searches that have a published table."""
        return [name for name, search in self.searches.items() if search.published]

    def common_factor(self, search: str) -> str:
        """The option with the factor on the sensitivity that a search declares for its comparison; '' if none."""
        published = self.searches[search].published
        return f"--factor {published.factor.value:g}" if published and published.factor else ""

    def compared_in(self, search: str) -> list[str]:
        """The YAML of the model through which published limits on its coupling are compared; nothing for others."""
        published = self.searches[search].published
        return [published.in_model] if published and published.in_model else []

    def library_compared_in(self, search: str) -> list[str]:
        """The module of that model's family."""
        return [f"darkaon.models.{read_yaml(path)['family']}" for path in self.compared_in(search)]

    def peak_searches(self) -> list[str]:
        """The searches for a peak over its sidebands: their whole spectrum can be simulated."""
        return [n for n in self.with_input("events") if self.searches[n].background.kind == "sidebands"]

    def one_sided(self) -> list[str]:
        """The searches with one-sided windows."""
        return [n for n in self.with_input("events") if self.searches[n].window.kind == "one_sided"]

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
        """The option with the channels of a search's jobs on signal, in their order; '' if it has none."""
        names = [part.sample.period for part in self.parts(search, "signal") if part.sample.period]
        return f"--channels {' '.join(names)}" if names else ""

    def parts(self, search: str, role: str, variation: str = "") -> list[Part]:
        """The jobs that select a search's samples of one role."""
        own = self.samples_of(search, role)
        return [p for s in own for p in self._parts_of(s.search)[s.sample] if p.variation == variation]

    @cache  # noqa: B019  (a project lives as long as the program)
    def _parts_of(self, search: str) -> dict[str, list[Part]]:
        """The jobs of each sample of a search."""
        samples = [s for s in self.samples if s.search == search]
        events = self.search(search).events
        files = files_of(samples, self.run.samples)
        found = {}
        for sample in samples:
            own = parts(
                sample, files[sample.sample], large_files(files[sample.sample], events.tree if events else "")
            )
            if events and sample.role == "signal":
                own += [varied(part, name) for name in events.variations for part in own]
            found[sample.sample] = own
        return found

    def part(self, name: str) -> Part:
        """The job with this id."""
        return self.all_parts[name]

    @cached_property
    def all_parts(self) -> dict[str, Part]:
        """All jobs that select events, by their ids."""
        owners = {sample.search for sample in self.samples}
        return {p.id: p for owner in sorted(owners) for own in self._parts_of(owner).values() for p in own}

    def variations(self, search: str) -> list[tuple[str, str]]:
        """Name and candidates of each variation of the selection of a search's signal."""
        own = self.search(search)
        simulated = own.acceptance is not None and own.acceptance.kind == "simulation"
        names = own.events.variations if simulated and own.events else {}
        return [(name, path) for name in names for path in self.candidates(search, "signal", name)]

    def variation_option(self, search: str) -> str:
        """The option with the variations of a search's signal; '' if it has none."""
        pairs = [f"{name}={path}" for name, path in self.variations(search)]
        return f"--variation {' '.join(pairs)}" if pairs else ""

    def candidates(self, search: str, role: str, variation: str = "") -> list[str]:
        """The selected candidates of a search's samples of one role."""
        folder = f"{self.results}/searches"
        own = self.parts(search, role, variation)
        return [f"{folder}/{part.sample.search}/candidates/{part.id}.npy" for part in own]

    def period_windows(self, search: str) -> list[str]:
        """The windows period by period, of a search that combines them as separate ones."""
        own = self.searches[search]
        separate = own.input == "events" and own.statistics.periods == "separate"
        return [f"{self.results}/searches/{search}/periods.csv"] if separate else []

    def event_files(self, name: str) -> list[str]:
        """Where the events of a job are: its files, or what the workflow simulates."""
        own = self.part(name)
        return list(own.files) or [f"{self.results}/simulated/{own.sample.sample}.root"]

    def allow_empty(self, search: str) -> str:
        """The option with the periods of a search that may keep nothing; '' if it has none."""
        names = {s.period: None for s in self.samples_of(search, "data") if s.allow_empty}
        return f"--allow-empty {' '.join(map(shlex.quote, names))}" if names else ""

    def label(self, search: str) -> str:
        """How everything made from a search's events is labelled: measured or simulated.

        Raises:
            InputError: measured and simulated data in one search.
        """
        kinds = {s.kind for role in ("data", "control") for s in self.samples_of(search, role)}
        if len(kinds) > 1:
            raise InputError(
                f"{self.run.samples}: the search {search!r} mixes measured and simulated data; nothing made from "
                "both could be labelled honestly",
                remedy="remove the one or the other",
            )
        return next(iter(kinds), "")

    def family(self, model: str) -> str:
        """The module that a model's YAML loads by name."""
        return f"darkaon.models.{read_yaml(self.model_path(model))['family']}"

    @property
    def planes_path(self) -> str:
        """The YAML of the planes that are compared with published contours."""
        return str(self.folder / "planes.yaml")

    def families_of_planes(self) -> list[str]:
        """The modules that the models of the compared planes load by name."""
        return sorted({self.family(plane.model) for plane in load_planes(self.planes_path).values()})

    def files_of_planes(self) -> list[str]:
        """What the compared planes are made of: contours, limits, models, and the searches that describe limits."""
        planes = load_planes(self.planes_path).values()
        models = {plane.model for plane in planes}
        limits = {plane.limits for plane in planes}
        searches = [self.search_path(name) for name in self.configured("searches")]
        describing = [path for path in searches if (read_yaml(path).get("published") or {}).get("path") in limits]
        named = [file for name in models for file in (self.model_path(name), *self.model_files(name))]
        return sorted({*limits, *named, *describing, *(plane.contour for plane in planes)})

    def model_files(self, model: str) -> list[str]:
        """The files that a model's YAML names: inputs of its rules."""
        return [str(find(path)) for path in paths_in(read_yaml(self.model_path(model)))]

    def is_normalised(self, search: str) -> bool:
        """Whether a search has limits of its own on the branching ratio, and not on signal events alone."""
        own = self.searches[search]
        return own.input != "limits" and own.normalisation.kind != "none"

    def normalised(self, *inputs: str) -> list[str]:
        """The searches of these input levels whose limits are on the branching ratio."""
        return [name for name in self.with_input(*inputs) if self.is_normalised(name)]

    def needs_signal(self, search: str) -> bool:
        """Whether a search on events needs a sample of signal: for its acceptance, resolution or windows."""
        own = self.searches[search]
        simulated = self.is_normalised(search) and own.acceptance.kind == "simulation"
        return simulated or own.window.kind == "one_sided" or own.resolution.kind == "simulation"

    def event_limits(self, search: str) -> list[str]:
        """The limits on signal events of a search that has no others."""
        alone = self.searches[search].input != "limits" and not self.is_normalised(search)
        return [f"{self.results}/searches/{search}/event_limits.csv"] if alone else []

    def limits_of(self, search: str) -> list[str]:
        """A search's tables of branching-ratio limits: its own, the published ones."""
        folder = f"{self.results}/searches/{search}"
        own = [f"{folder}/branching_limits.csv"] if self.is_normalised(search) else []
        return own + ([f"{folder}/published_limits.csv"] if self.searches[search].published else [])

    def limits_for(self, model: str) -> dict[str, list[str]]:
        """The tables that constrain a model, by search: those whose process and final state it has.

        Of a variant the published limits alone, if it has any: its own data are part of those of its search.
        """
        known = {n: s for n, s in self.searches.items() if s.process}
        met = {n: s for n, s in known.items() if self.models[model].meets(s.process, s.final_state)}
        tables = {
            name: [t for t in self.limits_of(name) if not search.variant_of or t.endswith("/published_limits.csv")]
            for name, search in met.items()
        }
        return {name: of for name, of in tables.items() if of}

    def counting(self, model: str) -> list[str]:
        """The searches that constrain a model and have windows of their own; no variants, whose data these hold."""
        met = {name: self.searches[name] for name in self.limits_for(model)}
        return [name for name, search in met.items() if search.input != "limits" and not search.variant_of]

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

    def backgrounds(self, model: str) -> str:
        """Options on the uncertainties of a model's searches: what they have in common, what is not gamma."""
        of = {name: self.searches[name].statistics for name in self.counting(model)}
        common = [f"{name}={','.join(s.correlated.searches)}" for name, s in of.items() if s.correlated.searches]
        others = [f"{name}={s.nuisance}" for name, s in of.items() if s.nuisance != "gamma"]
        return " ".join([*["--correlated", *common] * bool(common), *["--nuisance", *others] * bool(others)])

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
            kind = "models" if name in self.configured("models") else "searches"
            raise InputError(
                f"{self.folder / 'config.yaml'}: {kind}: {name!r} is not among them",
                remedy=f"put it there, or for one run say --config {kind}='[{name}]'",
            )
        if name in self.models:
            met = ["exclusion", "contours", "union"] if self.limits_for(name) else []
            tables = ["predictions", *met, *["combination"] * (name in self.combined_models())]
            return [f"{self.set_results}/models/{name}/{table}.csv" for table in tables]
        limits, folder = self.limits_of(name), f"{self.results}/searches/{name}"
        whole, compared = self.searches[name].variant_of, [f"{folder}/comparison.csv"] * (len(limits) > 1)
        if whole:
            return [*limits, *compared, *[f"{folder}/improvement.csv"] * (whole in self.searches)]
        own = [] if self.searches[name].input == "limits" else [f"{folder}/methods.csv"]
        blind = self.searches[name].blind  # of one-sided windows ranges close all: each holds what is above them
        if own and blind is not True and not (blind and name in self.one_sided()):
            own += [f"{folder}/pyhf/{document}.json" for document in ("workspace", "patchset")]
        if name in self.peak_searches():
            own += [f"{folder}/{table}.csv" for table in ("global_significance", "p_values")]
        return limits + self.event_limits(name) + own + compared + self.steps_of(name)

    def steps_of(self, name: str) -> list[str]:
        """Tables between a search's input and its limits; as targets one that is deleted by hand is made again."""
        search, folder = self.search(name), f"{self.results}/searches/{name}"
        if search.input == "limits":
            return []
        steps = [] if name in self.sources else ["windows", "event_limits"]
        steps += ["acceptance"] * (name in self.searches and self.is_normalised(name))
        steps += ["simulated_acceptance"] * (name in self.with_selection()) + ["edges"] * (name in self.one_sided())
        steps += ["blinding"] * bool(search.blind and self.samples_of(name, "data") and not search.variant_of)
        selected = []
        if search.input == "events":
            roles = ("data", "signal", "control", *["background"] * (search.background.kind == "components"))
            selected = [path for role in roles for path in self.candidates(name, role)]
            selected += [path for _, path in self.variations(name)]
        cutflows = [path.removesuffix(".npy") + ".csv" for path in selected]
        periods = [] if name in self.sources else self.period_windows(name)
        return [*(f"{folder}/{step}.csv" for step in steps), *selected, *cutflows, *periods]

    def targets(self) -> list[str]:
        """What `snakemake` makes, beside provenance.json: all tables and figures, and the summary."""
        tables = [target for name in (*self.searches, *self.models) for target in self.targets_of(name)]
        summary = [f"{self.set_results}/summary.{kind}" for kind in ("csv", "html")]
        return [*tables, *self.figure_files(), *summary]

    def submitted(self) -> list[str]:
        """The searches whose own limits on the branching ratio can be handed to HEPData."""
        return [name for name in self.normalised("events", "counts") if not self.searches[name].variant_of]

    def pages(self) -> list[str]:
        """What is made of the results for readers, beside the summary."""
        return [f"{self.set_results}/{name}" for name in ("references.bib", "references.html", "explorer.html")]

    def referring(self) -> list[str]:
        """The tables and figures whose papers are collected."""
        limits = [table for name in self.searches for table in self.limits_of(name)]
        models = [f"{self.set_results}/models/{name}/predictions.csv" for name in self.models]
        return [*limits, *models, *(file for file in self.figure_files() if file.endswith(".png"))]

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
        return [str(find(path)) for path in paths_in(json.loads(self.slots(search, script)))]
