# `snakemake validation`: the limit engine and the peak searches checked, with a page of plots.


rule validation:
    input:
        f"{SET_RESULTS}/validation/index.html",
    localrule: True


rule validate_engine:
    input:
        **code("validate_engine"),
    output:
        [
            f"{RESULTS}/validation/{t}.csv"
            for t in (
                "coverage",
                "coverage_curves",
                "sideband_coverage",
                "leak",
                "bands",
                "combination",
                "fit_coverage",
                "scans",
                "p_values",
                "references",
            )
        ],
    log:
        f"{RESULTS}/logs/validate_engine.log",
    resources:
        mem_mb=700,
        runtime=20,
    params:
        folder=lambda wildcards: f"{RESULTS}/validation",
    shell:
        "python {input.script} --output {params.folder} > {log} 2>&1"


rule validate_search:
    input:
        **code("validate_search"),
        search=search_yaml,
        tables=lambda wildcards: project.files(wildcards.search, "validate_search"),
        candidates=candidates("data"),
        signal=fit_signal,
    output:
        [f"{RESULTS}/validation/{{search}}/{t}.csv" for t in ("sidebands", "injection", "spurious", "fit_injection")],
    log:
        f"{RESULTS}/logs/validate_search/{{search}}.log",
    wildcard_constraints:
        search=pattern(project.peak_searches()),
    resources:
        mem_mb=900,
        runtime=10,
    params:
        slots=search_slots("validate_search"),
        folder=lambda wildcards: f"{RESULTS}/validation/{wildcards.search}",
        label=lambda wildcards: project.label(wildcards.search),
        seed=project.run.seed,
        signal=option("signal"),
    shell:
        "python {input.script} --search {input.search} --name {wildcards.search} --label {params.label}"
        " --candidates {input.candidates} {params.signal} --seed {params.seed} --output {params.folder} > {log} 2>&1"


# The same as in the search's own results, with more pseudo-experiments.
use rule compute_global_significance as validate_global_significance with:
    input:
        **code("compute_global_significance"),
        search=search_yaml,
        windows=f"{RESULTS}/searches/{{search}}/windows.csv",
        limits=f"{RESULTS}/searches/{{search}}/event_limits.csv",
        toys=scans(project.run.validation_toys),
    output:
        table=f"{RESULTS}/validation/{{search}}/global_significance.csv",
        p_values=f"{RESULTS}/validation/{{search}}/p_values.csv",
    log:
        f"{RESULTS}/logs/validate_global_significance/{{search}}.log",


rule check_pyhf:
    input:
        **code("check_pyhf"),
        search=search_yaml,
        limits=f"{RESULTS}/searches/{{search}}/event_limits.csv",
        workspace=f"{RESULTS}/searches/{{search}}/pyhf/workspace.json",
        patchset=f"{RESULTS}/searches/{{search}}/pyhf/patchset.json",
    output:
        f"{RESULTS}/validation/{{search}}/pyhf.csv",
    log:
        f"{RESULTS}/logs/check_pyhf/{{search}}.log",
    resources:
        mem_mb=700,
        runtime=10,
    params:
        slots=search_slots("check_pyhf"),
    shell:
        "python {input.script} --search {input.search} --limits {input.limits} --workspace {input.workspace}"
        " --patchset {input.patchset} --output {output} > {log} 2>&1"


rule compare_planes:
    input:
        script=script("compare_planes"),
        library=library("compare_planes", *project.families_of_planes()),
        planes=project.planes_path,
        files=project.files_of_planes(),
    output:
        f"{RESULTS}/validation/planes.csv",
    log:
        f"{RESULTS}/logs/compare_planes.log",
    resources:
        mem_mb=700,
        runtime=10,
    shell:
        "python {input.script} --planes {input.planes} --output {output} > {log} 2>&1"


rule write_validation:
    input:
        **code("write_validation"),
        templates=templates,
        engine=rules.validate_engine.output,
        planes=rules.compare_planes.output,
        searches=expand(
            f"{RESULTS}/validation/{{search}}/{{table}}.csv",
            search=project.peak_searches(),
            table=("sidebands", "injection", "spurious", "fit_injection", "global_significance", "pyhf"),
        ),
    output:
        report(
            f"{SET_RESULTS}/validation/index.html",
            category="Validation",
        ),
    log:
        f"{SET_LOGS}/write_validation.log",
    localrule: True
    params:
        folder=lambda wildcards: f"{RESULTS}/validation",
        searches=[f"{name}={RESULTS}/validation/{name}" for name in project.peak_searches()],
    shell:
        "python {input.script} --engine {params.folder} --planes {input.planes} --searches {params.searches}"
        " --output {output} > {log} 2>&1"
