# Targets by name, and what every rule shares: a script, the modules it imports, and the interpreter.
from darkaon.workflow import library, pattern, script_path as script

# `snakemake na62_kpix_mumu`, `snakemake bc4_inv`: everything of one search or model.
for _name in (*project.searches, *project.run.models):

    rule:
        name:
            _name
        input:
            project.targets_of(_name),
        localrule: True


rule figures:
    input:
        project.figure_files(),
    localrule: True


def search_yaml(wildcards):
    """A search's YAML; only the slots in a rule's params make it run again."""
    return ancient(project.search_path(wildcards.search))


wildcard_constraints:
    search=pattern(project.searches),
    model=pattern(project.run.models),
    sample=pattern(s.sample for s in project.samples),
    chunk=r"\d+",
    figure=pattern(project.figures),
