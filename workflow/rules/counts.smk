# Input level counts: published numbers of events, and perhaps a simulated acceptance -> windows and acceptance.


rule simulate_acceptance:
    input:
        **code("simulate_acceptance"),
        search=search_yaml,
    output:
        f"{RESULTS}/searches/{{search}}/simulated_acceptance.csv",
    log:
        f"{RESULTS}/logs/simulate_acceptance/{{search}}.log",
    wildcard_constraints:
        search=pattern(project.with_selection()),
    resources:
        mem_mb=400,
        runtime=10,
    params:
        slots=search_slots("simulate_acceptance"),
        seed=project.run.seed,
    shell:
        "python {input.script} --search {input.search} --name {wildcards.search} --seed {params.seed}"
        " --output {output} > {log} 2>&1"


rule count_windows:
    input:
        **code("count_windows"),
        search=search_yaml,
        tables=lambda wildcards: project.files(wildcards.search, "count_windows"),
        simulated=simulated_acceptance,
    output:
        windows=f"{RESULTS}/searches/{{search}}/windows.csv",
        acceptance=f"{RESULTS}/searches/{{search}}/acceptance.csv",
    log:
        f"{RESULTS}/logs/count_windows/{{search}}.log",
    wildcard_constraints:
        search=pattern(project.with_input("counts")),
    localrule: True
    params:
        slots=search_slots("count_windows"),
        simulated=option("simulated"),
    shell:
        "python {input.script} --search {input.search} --name {wildcards.search}"
        " {params.simulated} --windows {output.windows} --acceptance {output.acceptance} > {log} 2>&1"
