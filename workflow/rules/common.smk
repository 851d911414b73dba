# Targets by name, and what every rule shares: a script, the modules it imports, and the interpreter.

# `snakemake na62_kpix_mumu`, `snakemake bc4_inv`: everything of one search or model.
for _name in (*project.searches, *project.run.models):

    rule:
        name:
            _name
        input:
            project.targets_of(_name),
        localrule: True


# Those that have a YAML but are not in the run, so that who asks for one is told how to have it.
for _name in (*project.not_in_run("searches"), *project.not_in_run("models")):

    rule:
        name:
            _name
        input:
            refused_target(_name),
        localrule: True


rule figures:
    input:
        project.figure_files(),
    localrule: True


wildcard_constraints:
    search=pattern((*project.searches, *project.sources)),
    model=pattern(project.run.models),
    sample=pattern(s.sample for s in project.samples),
    part=pattern(project.all_parts),
    chunk=r"\d+",
    figure=pattern(project.figures),
