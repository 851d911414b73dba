# The functions that find the inputs and params of rules; rules files hold rules alone.
from darkaon.paths import PACKAGE, find
from darkaon.workflow import summary_inputs as overview
from darkaon.workflow.dependencies import library, near, pattern, script_path as script
from darkaon.workflow.figure_inputs import figure_inputs
from darkaon.workflow.sources import READ_BY_SLOTS, each_path, sources, states

# The templates of the pages: no import names them.
templates = sorted(near(file) for file in (PACKAGE / "report" / "templates").iterdir())


def search_yaml(wildcards):
    """A search's YAML; only the slots in a rule's params make it run again."""
    return ancient(project.search_path(wildcards.search))


def sample_yaml(wildcards):
    return ancient(project.search_path(project.sample(wildcards.sample).search))


def part_yaml(wildcards):
    return ancient(project.search_path(project.part(wildcards.part).sample.search))


def part_slots(name):
    return lambda wildcards: project.sample_slots(project.part(wildcards.part).sample.sample, name)


def part_files(wildcards):
    """The event files of a job that lie on the disk: of files elsewhere planning knows the name alone."""
    own = project.part(wildcards.part)
    return own.local if own.files else project.event_files(wildcards.part)


def part_options(wildcards):
    """How a job reads its part of a sample."""
    own, sample = project.part(wildcards.part), project.part(wildcards.part).sample
    return " ".join(
        [
            *([f"--entries {own.entries}"] if own.entries else []),
            *(["--partial"] if own.id not in (sample.sample, f"{sample.sample}~{own.variation}") else []),
            *([f"--variation {own.variation}"] if own.variation else []),
            *([f"--weight '{sample.weight}'"] if sample.weight else []),
            *([f"--efficiency {sample.efficiency:g}"] if sample.efficiency != 1 else []),
            *([f"--seed {project.run.seed}"] if not own.files else []),
        ]
    )


def periods_of(wildcards):
    """The period of each file of data candidates."""
    return [part.sample.period for part in project.parts(wildcards.search, "data")]


def controls_of(wildcards, input):
    """`--control` with the component that each control sample stands for."""
    names = [part.sample.period for part in project.parts(wildcards.search, "control")]
    pairs = [f"{name}={path}" for name, path in zip(names, input.control)]
    return f"--control {' '.join(pairs)}" if pairs else ""


def acceptance_signal(wildcards):
    """The signal from which an acceptance is computed; of one that is given, that for the resolution."""
    if project.search(wildcards.search).acceptance.kind == "simulation":
        return project.candidates(wildcards.search, "signal")
    return resolution_signal(wildcards)


def cutflows_of(wildcards, input):
    paths = [path.removesuffix(".npy") + ".csv" for path in input.candidates]
    return f"--cutflow {' '.join(paths)}" if paths else ""


def code(name):
    """A script and the modules that it imports."""
    return {"script": script(name), "library": library(name)}


def contents(rule):
    """Params with the content of a rule's code and of the files from outside the results that it reads.

    They depend on the wildcards alone: Snakemake passes over params that are made from `input` when it compares.
    """

    def paths(name, wildcards):  # as plain text: Snakemake makes an object of each of thousands of files
        own = rule.input[name]
        return each_path(own(wildcards) if callable(own) else own)

    def code(wildcards):
        return states([*paths("script", wildcards), *paths("library", wildcards)])

    def outside(wildcards):
        named = [name for name, _ in rule.input.items() if name not in READ_BY_SLOTS]
        return sources([path for name in named for path in paths(name, wildcards)], RESULTS)

    return {"code": code, "sources": outside}


def search_slots(name):
    return lambda wildcards: project.slots(wildcards.search, name)


def sample_slots(name):
    return lambda wildcards: project.sample_slots(wildcards.sample, name)


def candidates(role):
    return lambda wildcards: project.candidates(wildcards.search, role)


def option(name):
    """`--name` with the rule's input of that name, if there is any."""
    return lambda wildcards, input: f"--{name} {' '.join(input[name])}" if input[name] else ""


def resolution_signal(wildcards):
    """The simulated signal, for the search whose resolution is taken from it."""
    own = project.search(wildcards.search)
    simulated = own.resolution.kind == "simulation" and own.window.kind != "one_sided"
    return project.candidates(wildcards.search, "signal") if simulated else []


def fit_signal(wildcards):
    """The simulated signal, for a fit whose resolution or template is taken from it."""
    simulated = project.search(wildcards.search).statistics.template == "simulation"
    return project.candidates(wildcards.search, "signal") if simulated else resolution_signal(wildcards)


def fits(wildcards):
    """The fits of a peak search."""
    own = wildcards.search in project.peak_searches()
    return [f"{RESULTS}/searches/{wildcards.search}/fits.csv"] if own else []


def fits_of_limits(wildcards):
    """Those that its limits are taken from."""
    own = project.search(wildcards.search)
    return fits(wildcards) if own.statistics.method == "fit" else []


def edges(wildcards):
    """The chosen edges, for the search with one-sided windows."""
    own = wildcards.search in project.one_sided()
    return [f"{RESULTS}/searches/{wildcards.search}/edges.csv"] if own else []


def blinding(wildcards):
    """The ranges that stay closed, for the data of a search that is blinded."""
    blind = project.search(wildcards.search).blind and project.part(wildcards.part).sample.role == "data"
    return [f"{RESULTS}/searches/{wildcards.search}/blinding.csv"] if blind else []


def simulated_acceptance(wildcards):
    """The acceptance by simulated mass, for the search with published counts that has one."""
    own = wildcards.search in project.with_selection()
    return [f"{RESULTS}/searches/{wildcards.search}/simulated_acceptance.csv"] if own else []


def acceptance(wildcards):
    """The acceptance of a search, if its limits are on the branching ratio."""
    own = project.is_normalised(wildcards.search)
    return [f"{RESULTS}/searches/{wildcards.search}/acceptance.csv"] if own else []


def scans(toys):
    """The slices of so many pseudo-experiments."""
    return expand(
        f"{RESULTS}/searches/{{{{search}}}}/slices/scans_{toys}_{{chunk}}.npy", chunk=range(project.run.chunks)
    )


def model_yaml(wildcards):
    return project.model_path(wildcards.model)


def figure(wildcards):
    return project.figures[wildcards.figure]


def refused_target(name):
    return lambda wildcards: project.targets_of(name)
