# The run at a glance: published headlines beside our own numbers, and one row for each search.


rule compare_headlines:
    input:
        **code("compare_headlines"),
        searches=[ancient(project.search_path(name)) for name in overview.with_headlines(project)],
        tables=overview.headline_tables(project),
        models=overview.headline_exclusions(project).values(),
    output:
        f"{SET_RESULTS}/headlines.csv",
    log:
        f"{SET_LOGS}/compare_headlines.log",
    localrule: True
    params:
        slots=[project.slots(name, "compare_headlines") for name in overview.with_headlines(project)],
        folder=lambda wildcards: f"{RESULTS}/searches",
        models=[f"{model}={path}" for model, path in overview.headline_exclusions(project).items()],
    shell:
        "python {input.script} --searches {input.searches} --folder {params.folder} --models {params.models}"
        " --output {output} > {log} 2>&1"


rule write_summary:
    input:
        **code("write_summary"),
        searches=[ancient(project.search_path(name)) for name in project.searches],
        tables=overview.summary_tables(project),
        models=overview.exclusions(project).values(),
        headlines=rules.compare_headlines.output,
        pictures=overview.planes_of(project).values(),
        templates=templates,
    output:
        table=f"{SET_RESULTS}/summary.csv",
        page=report(
            f"{SET_RESULTS}/summary.html",
            category="Summary",
        ),
    log:
        f"{SET_LOGS}/write_summary.log",
    localrule: True
    params:
        slots=[project.slots(name, "write_summary") for name in project.searches],
        folder=lambda wildcards: f"{RESULTS}/searches",
        models=[f"{model}={path}" for model, path in overview.exclusions(project).items()],
        figures=overview.figures_of(project),
        planes=[f"{model}={path}" for model, path in overview.planes_of(project).items()],
    shell:
        "python {input.script} --searches {input.searches} --folder {params.folder} --models {params.models}"
        " --headlines {input.headlines} --figures {params.figures} --planes {params.planes}"
        " --explorer --references --table {output.table} --page {output.page}"
        " > {log} 2>&1"
