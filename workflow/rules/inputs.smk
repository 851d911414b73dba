# The functions that find the inputs and params of rules; rules files hold rules alone.
from darkaon.paths import PACKAGE, find
from darkaon.workflow import summary_inputs as overview
from darkaon.workflow.dependencies import library, near, pattern, script_path as script
from darkaon.workflow.figure_inputs import figure_inputs

# The templates of the pages: no import names them.
templates = sorted(near(file) for file in (PACKAGE / "report" / "templates").iterdir())


def search_yaml(wildcards):
    """A search's YAML; only the slots in a rule's params make it run again."""
    return ancient(project.search_path(wildcards.search))


def sample_yaml(wildcards):
    return ancient(project.search_path(project.sample(wildcards.sample).search))


def code(name):
    """A script and the modules that it imports."""
    return {"script": script(name), "library": library(name)}


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


def edges(wildcards):
    """The chosen edges, for the search with one-sided windows."""
    own = wildcards.search in project.one_sided()
    return [f"{RESULTS}/searches/{wildcards.search}/edges.csv"] if own else []


def blinding(wildcards):
    """The ranges that stay closed, for the data of a search that is blinded."""
    blind = project.search(wildcards.search).blind and project.sample(wildcards.sample).role == "data"
    return [f"{RESULTS}/searches/{wildcards.search}/blinding.csv"] if blind else []


def simulated_acceptance(wildcards):
    """The acceptance by simulated mass, for the search with published counts that has one."""
    own = wildcards.search in project.with_selection()
    return [f"{RESULTS}/searches/{wildcards.search}/simulated_acceptance.csv"] if own else []


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
