# Beside the limits: what other methods make of the same windows.


rule fit_windows:
    input:
        **code("fit_windows"),
        search=search_yaml,
        tables=lambda wildcards: project.files(wildcards.search, "fit_windows"),
        windows=f"{RESULTS}/searches/{{search}}/windows.csv",
        acceptance=acceptance,
        candidates=candidates("data"),
        signal=fit_signal,
    output:
        f"{RESULTS}/searches/{{search}}/fits.csv",
    log:
        f"{RESULTS}/logs/fit_windows/{{search}}.log",
    wildcard_constraints:
        search=pattern(project.peak_searches()),
    resources:
        mem_mb=600,
        runtime=10,
    params:
        slots=search_slots("fit_windows"),
        label=lambda wildcards: project.label(wildcards.search),
        signal=option("signal"),
        acceptance=option("acceptance"),
    shell:
        "python {input.script} --search {input.search} --name {wildcards.search} --label {params.label}"
        " --candidates {input.candidates} --windows {input.windows} {params.acceptance} {params.signal}"
        " --output {output} > {log} 2>&1"


rule compare_methods:
    input:
        **code("compare_methods"),
        search=search_yaml,
        limits=f"{RESULTS}/searches/{{search}}/event_limits.csv",
        fits=fits,
    output:
        f"{RESULTS}/searches/{{search}}/methods.csv",
    log:
        f"{RESULTS}/logs/compare_methods/{{search}}.log",
    resources:
        mem_mb=600,
        runtime=10,
    params:
        slots=search_slots("compare_methods"),
        fits=option("fits"),
    shell:
        "python {input.script} --search {input.search} --limits {input.limits} {params.fits} --output {output}"
        " > {log} 2>&1"


rule simulate_scans:
    input:
        **code("simulate_scans"),
        search=search_yaml,
        tables=lambda wildcards: project.files(wildcards.search, "simulate_scans"),
        candidates=candidates("data"),
        signal=resolution_signal,
    output:
        temp(f"{RESULTS}/searches/{{search}}/slices/scans_{{toys}}_{{chunk}}.npy"),
    log:
        f"{RESULTS}/logs/simulate_scans/{{search}}.{{toys}}.{{chunk}}.log",
    wildcard_constraints:
        search=pattern(project.peak_searches()),
        toys=r"\d+",
    resources:
        mem_mb=600,
        runtime=10,
    params:
        slots=search_slots("simulate_scans"),
        chunks=project.run.chunks,
        seed=project.run.seed,
        signal=option("signal"),
    shell:
        "python {input.script} --search {input.search} --name {wildcards.search} --candidates {input.candidates}"
        " {params.signal} --toys {wildcards.toys} --seed {params.seed} --chunk {wildcards.chunk}/{params.chunks}"
        " --output {output} > {log} 2>&1"


rule compute_global_significance:
    input:
        **code("compute_global_significance"),
        search=search_yaml,
        windows=f"{RESULTS}/searches/{{search}}/windows.csv",
        limits=f"{RESULTS}/searches/{{search}}/event_limits.csv",
        toys=scans(project.run.toys),
    output:
        table=f"{RESULTS}/searches/{{search}}/global_significance.csv",
        p_values=f"{RESULTS}/searches/{{search}}/p_values.csv",
    log:
        f"{RESULTS}/logs/compute_global_significance/{{search}}.log",
    wildcard_constraints:
        search=pattern(project.peak_searches()),
    localrule: True
    params:
        slots=search_slots("compute_global_significance"),
        seed=project.run.seed,
    shell:
        "python {input.script} --search {input.search} --windows {input.windows} --limits {input.limits}"
        " --toys {input.toys} --seed {params.seed} --output {output.table} --p-values {output.p_values}"
        " > {log} 2>&1"


rule export_workspace:
    input:
        **code("export_workspace"),
        search=search_yaml,
        limits=f"{RESULTS}/searches/{{search}}/event_limits.csv",
    output:
        workspace=f"{RESULTS}/searches/{{search}}/pyhf/workspace.json",
        patchset=f"{RESULTS}/searches/{{search}}/pyhf/patchset.json",
    log:
        f"{RESULTS}/logs/export_workspace/{{search}}.log",
    localrule: True
    params:
        slots=search_slots("export_workspace"),
    shell:
        "python {input.script} --search {input.search} --limits {input.limits}"
        " --workspace {output.workspace} --patchset {output.patchset} > {log} 2>&1"
