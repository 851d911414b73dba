# Models: predictions, and the couplings that the searches exclude. One job does all searches of a model.


rule tabulate_model:
    input:
        script=script("tabulate_model"),
        library=lambda wildcards: library("tabulate_model", project.family(wildcards.model)),
        model=model_yaml,
        rates=lambda wildcards: project.model_files(wildcards.model),
    output:
        f"{SET_RESULTS}/models/{{model}}/predictions.csv",
    log:
        f"{SET_LOGS}/tabulate_model/{{model}}.log",
    localrule: True
    shell:
        "python {input.script} --model {input.model} --output {output} > {log} 2>&1"


rule exclude:
    input:
        script=script("exclude"),
        library=lambda wildcards: library("exclude", project.family(wildcards.model)),
        model=model_yaml,
        rates=lambda wildcards: project.model_files(wildcards.model),
        limits=lambda wildcards: sum(project.limits_for(wildcards.model).values(), []),
        projections=lambda wildcards: project.projections_for(wildcards.model),
    output:
        exclusion=f"{SET_RESULTS}/models/{{model}}/exclusion.csv",
        contours=f"{SET_RESULTS}/models/{{model}}/contours.csv",
        union=f"{SET_RESULTS}/models/{{model}}/union.csv",
    log:
        f"{SET_LOGS}/exclude/{{model}}.log",
    resources:
        mem_mb=800,
        runtime=10,
    shell:
        "python {input.script} --model {input.model} --limits {input.limits} {input.projections} --theory"
        " --output {output.exclusion} --contours {output.contours} --union {output.union} > {log} 2>&1"


rule project_limits:
    input:
        **code("project_limits"),
        search=search_yaml,
        windows=f"{RESULTS}/searches/{{search}}/windows.csv",
        acceptance=f"{RESULTS}/searches/{{search}}/acceptance.csv",
    output:
        f"{RESULTS}/searches/{{search}}/projection_x{{factor}}.csv",
    log:
        f"{RESULTS}/logs/project_limits/{{search}}.x{{factor}}.log",
    wildcard_constraints:
        factor=r"[0-9.e+-]+",
    resources:
        mem_mb=600,
        runtime=10,
    params:
        slots=search_slots("project_limits"),
    shell:
        "python {input.script} --search {input.search} --windows {input.windows} --acceptance {input.acceptance}"
        " --factor {wildcards.factor} --output {output} > {log} 2>&1"


rule combine_searches:
    input:
        script=script("combine_searches"),
        library=lambda wildcards: library("combine_searches", project.family(wildcards.model)),
        model=model_yaml,
        rates=lambda wildcards: project.model_files(wildcards.model),
        tables=lambda wildcards: project.windows_for(wildcards.model),
    output:
        combination=f"{SET_RESULTS}/models/{{model}}/combination.csv",
        contours=f"{SET_RESULTS}/models/{{model}}/combination_contours.csv",
    log:
        f"{SET_LOGS}/combine_searches/{{model}}.log",
    wildcard_constraints:
        model=pattern(project.combined_models()),
    resources:
        mem_mb=700,
        runtime=10,
    params:
        backgrounds=lambda wildcards: project.backgrounds(wildcards.model),
        searches=lambda wildcards, input: [
            f"{Path(windows).parent.name}={windows},{acceptance}"
            for windows, acceptance in zip(input.tables[::2], input.tables[1::2])
        ],
    shell:
        "python {input.script} --model {input.model} --search {params.searches} {params.backgrounds} --kinds observed expected"
        " --output {output.combination} --contours {output.contours} > {log} 2>&1"
