# Door events: files -> candidates -> windows and acceptance.


def sample_yaml(wildcards):
    return ancient(project.search_path(project.sample(wildcards.sample).search))


def sample_slots(name):
    return lambda wildcards: project.slots(project.sample(wildcards.sample).search, name)


def candidates(role):
    return lambda wildcards: [
        f"{RESULTS}/searches/{wildcards.search}/candidates/{s.sample}.npy"
        for s in project.samples_of(wildcards.search, role)
    ]


rule simulate_events:
    input:
        script=script("simulate_events"),
        library=library("simulate_events"),
        search=sample_yaml,
    output:
        f"{RESULTS}/simulated/{{sample}}.root",
    log:
        f"{RESULTS}/logs/simulate_events/{{sample}}.log",
    wildcard_constraints:
        sample=pattern(s.sample for s in project.samples if s.role == "data" and not s.path),
    params:
        slots=sample_slots("simulate_events"),
        period=lambda wildcards: project.sample(wildcards.sample).period,
        seed=project.run.seed,
    shell:
        "python {input.script} --search {input.search} --sample {wildcards.sample} --period {params.period:q}"
        " --seed {params.seed} --output {output} > {log} 2>&1"


rule simulate_signal:
    input:
        script=script("simulate_signal"),
        library=library("simulate_signal"),
        search=sample_yaml,
    output:
        f"{RESULTS}/simulated/{{sample}}.root",
    log:
        f"{RESULTS}/logs/simulate_signal/{{sample}}.log",
    wildcard_constraints:
        sample=pattern(s.sample for s in project.samples if s.role == "signal" and not s.path),
    params:
        slots=sample_slots("simulate_signal"),
        seed=project.run.seed,
    shell:
        "python {input.script} --search {input.search} --sample {wildcards.sample}"
        " --seed {params.seed} --output {output} > {log} 2>&1"


rule select_events:
    input:
        script=script("select_events"),
        library=library("select_events"),
        search=sample_yaml,
        events=lambda wildcards: project.event_file(wildcards.sample),
    output:
        candidates=f"{RESULTS}/searches/{{search}}/candidates/{{sample}}.npy",
        cutflow=f"{RESULTS}/searches/{{search}}/candidates/{{sample}}.csv",
    log:
        f"{RESULTS}/logs/select_events/{{search}}.{{sample}}.log",
    params:
        slots=sample_slots("select_events"),
        label=lambda wildcards: project.sample(wildcards.sample).kind,
    shell:
        "python {input.script} --search {input.search} --sample {wildcards.sample} --label {params.label}"
        " --input {input.events:q} --output {output.candidates} --cutflow {output.cutflow} > {log} 2>&1"


rule make_windows:
    input:
        script=script("make_windows"),
        library=library("make_windows"),
        search=search_yaml,
        tables=lambda wildcards: project.files(wildcards.search, "make_windows"),
        candidates=candidates("data"),
    output:
        f"{RESULTS}/searches/{{search}}/windows.csv",
    log:
        f"{RESULTS}/logs/make_windows/{{search}}.log",
    wildcard_constraints:
        search=pattern(project.with_door("events")),
    params:
        slots=lambda wildcards: project.slots(wildcards.search, "make_windows"),
        label=lambda wildcards: project.label(wildcards.search),
    shell:
        "python {input.script} --search {input.search} --name {wildcards.search} --label {params.label}"
        " --candidates {input.candidates} --output {output} > {log} 2>&1"


rule compute_acceptance:
    input:
        script=script("compute_acceptance"),
        library=library("compute_acceptance"),
        search=search_yaml,
        tables=lambda wildcards: project.files(wildcards.search, "compute_acceptance"),
        candidates=candidates("signal"),
    output:
        f"{RESULTS}/searches/{{search}}/acceptance.csv",
    log:
        f"{RESULTS}/logs/compute_acceptance/{{search}}.log",
    wildcard_constraints:
        search=pattern(project.with_door("events")),
    params:
        slots=lambda wildcards: project.slots(wildcards.search, "compute_acceptance"),
        cutflow=lambda wildcards, input: input.candidates[0].removesuffix(".npy") + ".csv",
    shell:
        "python {input.script} --search {input.search} --candidates {input.candidates}"
        " --cutflow {params.cutflow} --output {output} > {log} 2>&1"
