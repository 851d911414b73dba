# Input level limits, and published tables beside own results. No table made here is an input of an event_limits.csv.


rule import_published:
    input:
        **code("import_published"),
        search=search_yaml,
        published=lambda wildcards: project.files(wildcards.search, "import_published"),
    output:
        f"{RESULTS}/searches/{{search}}/published_limits.csv",
    log:
        f"{RESULTS}/logs/import_published/{{search}}.log",
    wildcard_constraints:
        search=pattern(project.published()),
    localrule: True
    params:
        slots=search_slots("import_published"),
    shell:
        "python {input.script} --search {input.search} --name {wildcards.search} --output {output} > {log} 2>&1"


rule compare_published:
    input:
        script=script("compare_published"),
        library=lambda wildcards: library("compare_published", *project.library_compared_in(wildcards.search)),
        model=lambda wildcards: project.compared_in(wildcards.search),
        own=f"{RESULTS}/searches/{{search}}/branching_limits.csv",
        acceptance=f"{RESULTS}/searches/{{search}}/acceptance.csv",
        published=f"{RESULTS}/searches/{{search}}/published_limits.csv",
    output:
        f"{RESULTS}/searches/{{search}}/comparison.csv",
    log:
        f"{RESULTS}/logs/compare_published/{{search}}.log",
    localrule: True
    params:
        factor=lambda wildcards: project.common_factor(wildcards.search),
        model=lambda wildcards: [f"--model {path}" for path in project.compared_in(wildcards.search)],
    shell:
        "python {input.script} --own {input.own} --acceptance {input.acceptance}"
        " --published {input.published} {params.factor} {params.model} --output {output} > {log} 2>&1"


rule compare_variant:
    input:
        **code("compare_variant"),
        variant=f"{RESULTS}/searches/{{search}}/branching_limits.csv",
        whole=lambda wildcards: f"{RESULTS}/searches/{project.searches[wildcards.search].variant_of}/branching_limits.csv",
    output:
        f"{RESULTS}/searches/{{search}}/improvement.csv",
    log:
        f"{RESULTS}/logs/compare_variant/{{search}}.log",
    wildcard_constraints:
        search=pattern(name for name, search in project.searches.items() if search.variant_of),
    localrule: True
    shell:
        "python {input.script} --variant {input.variant} --whole {input.whole} --output {output} > {log} 2>&1"
