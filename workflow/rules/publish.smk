# What the run hands on: a page to look at all limits, and the papers that it stands on.


rule write_explorer:
    input:
        **code("write_explorer"),
        templates=templates,
        searches=[ancient(project.search_path(name)) for name in project.searches],
        figures=ancient(project.figure_lists()),
        tables=overview.explored_tables(project),
    output:
        f"{SET_RESULTS}/explorer.html",
    log:
        f"{SET_LOGS}/write_explorer.log",
    localrule: True
    params:
        slots=lambda wildcards: [project.slots(name, "write_explorer") for name in project.searches],
        drawn=lambda wildcards: [f.text() for f in project.figures.values() if f.kind == "exclusion"],
        planes=overview.explored_planes(project),
        limits=overview.explored_limits(project),
    shell:
        "python {input.script} --planes {params.planes} --limits {params.limits} --searches {input.searches}"
        " --figures {input.figures} --output {output} > {log} 2>&1"


rule collect_references:
    input:
        **code("collect_references"),
        templates=templates,
        bibliography=str(find("resources/references.bib")),
        results=project.referring(),
    output:
        bib=f"{SET_RESULTS}/references.bib",
        page=f"{SET_RESULTS}/references.html",
    log:
        f"{SET_LOGS}/collect_references.log",
    localrule: True
    shell:
        "python {input.script} --results {input.results} --bib {output.bib} --page {output.page} > {log} 2>&1"


# `snakemake hepdata`: a submission for each search with limits of its own on the branching ratio.
rule hepdata:
    input:
        [f"{SET_RESULTS}/hepdata/{name}/submission.yaml" for name in project.submitted()],
    localrule: True


rule export_hepdata:
    input:
        **code("export_hepdata"),
        search=search_yaml,
        limits=f"{RESULTS}/searches/{{search}}/branching_limits.csv",
        pyhf=lambda wildcards: [t for t in project.targets_of(wildcards.search) if t.endswith(".json")],
        figure=lambda wildcards: overview.limits_figure(project, wildcards.search),
    output:
        f"{SET_RESULTS}/hepdata/{{search}}/submission.yaml",
    log:
        f"{SET_LOGS}/export_hepdata/{{search}}.log",
    wildcard_constraints:
        search=pattern(project.submitted()),
    localrule: True
    params:
        slots=search_slots("export_hepdata"),
        folder=lambda wildcards, output: Path(output[0]).parent,
        pyhf=option("pyhf"),
        figure=option("figure"),
    shell:
        "python {input.script} --search {input.search} --limits {input.limits} {params.pyhf} {params.figure}"
        " --output {params.folder} > {log} 2>&1"
