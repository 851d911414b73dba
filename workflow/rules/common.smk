# Targets by name, and what every rule shares: a script, the modules it imports, and the interpreter.
from darkaon.workflow import library, pattern


localrules:
    all,
    figures,


rule all:
    default_target: True
    input:
        project.targets(),


# `snakemake na62_kpix_mumu`, `snakemake bc4_inv`: everything of one search or model.
for _name in (*project.searches, *project.run.models):

    rule:
        name:
            _name
        localrule: True
        input:
            project.targets_of(_name),


rule figures:
    input:
        project.figure_files(),


def script(name):
    """The script of a rule, to be run as `python {input.script}`."""
    return str(Path(workflow.basedir) / "scripts" / f"{name}.py")


def search_yaml(wildcards):
    """A search's YAML; only the slots in a rule's params make it run again."""
    return ancient(project.search_path(wildcards.search))


wildcard_constraints:
    search=pattern(project.searches),
    model=pattern(project.run.models),
    sample=pattern(s.sample for s in project.samples),
    chunk=r"\d+",
    figure=pattern(project.figures),
