# Windows -> limits on events -> limits on the branching ratio. Nothing here knows the input level.


rule compute_limits:
    input:
        **code("compute_limits"),
        search=search_yaml,
        windows=f"{RESULTS}/searches/{{search}}/windows.csv",
        acceptance=acceptance,
        periods=lambda wildcards: project.period_windows(wildcards.search),
        fits=fits_of_limits,
    output:
        temp(f"{RESULTS}/searches/{{search}}/slices/{{chunk}}.csv"),
    log:
        f"{RESULTS}/logs/compute_limits/{{search}}.{{chunk}}.log",
    resources:
        mem_mb=600,
        runtime=10,
    params:
        slots=search_slots("compute_limits"),
        chunks=project.run.chunks,
        periods=option("periods"),
        acceptance=option("acceptance"),
        fits=option("fits"),
    shell:
        "python {input.script} --search {input.search} --windows {input.windows} {params.acceptance}"
        " {params.periods} {params.fits} --chunk {wildcards.chunk}/{params.chunks} --output {output} > {log} 2>&1"


rule gather_limits:
    input:
        **code("gather_limits"),
        slices=expand(f"{RESULTS}/searches/{{{{search}}}}/slices/{{chunk}}.csv", chunk=range(project.run.chunks)),
    output:
        f"{RESULTS}/searches/{{search}}/event_limits.csv",
    log:
        f"{RESULTS}/logs/gather_limits/{{search}}.log",
    localrule: True
    shell:
        "python {input.script} --slices {input.slices} --output {output} > {log} 2>&1"


rule convert_limits:
    input:
        **code("convert_limits"),
        search=search_yaml,
        limits=f"{RESULTS}/searches/{{search}}/event_limits.csv",
        acceptance=f"{RESULTS}/searches/{{search}}/acceptance.csv",
    output:
        f"{RESULTS}/searches/{{search}}/branching_limits.csv",
    log:
        f"{RESULTS}/logs/convert_limits/{{search}}.log",
    wildcard_constraints:
        search=pattern(project.normalised("events", "counts")),
    localrule: True
    params:
        slots=search_slots("convert_limits"),
    shell:
        "python {input.script} --search {input.search} --event-limits {input.limits}"
        " --acceptance {input.acceptance} --output {output} > {log} 2>&1"
