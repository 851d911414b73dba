# Input level events: files -> candidates -> windows and acceptance.


rule simulate_events:
    input:
        **code("simulate_events"),
        search=sample_yaml,
        tables=lambda wildcards: project.files(project.sample(wildcards.sample).search, "simulate_events"),
    output:
        f"{RESULTS}/simulated/{{sample}}.root",
    log:
        f"{RESULTS}/logs/simulate_events/{{sample}}.log",
    wildcard_constraints:
        sample=pattern(s.sample for s in project.samples if s.role == "data" and not s.path),
    resources:
        mem_mb=600,
        runtime=10,
    params:
        slots=sample_slots("simulate_events"),
        period=lambda wildcards: project.sample(wildcards.sample).period,
        seed=project.run.seed,
    shell:
        "python {input.script} --search {input.search} --sample {wildcards.sample} --period {params.period:q}"
        " --seed {params.seed} --output {output} > {log} 2>&1"


rule simulate_signal:
    input:
        **code("simulate_signal"),
        search=sample_yaml,
    output:
        f"{RESULTS}/simulated/{{sample}}.root",
    log:
        f"{RESULTS}/logs/simulate_signal/{{sample}}.log",
    wildcard_constraints:
        sample=pattern(s.sample for s in project.samples if s.role == "signal" and not s.path),
    resources:
        mem_mb=800,
        runtime=10,
    params:
        slots=sample_slots("simulate_signal"),
        channel=lambda wildcards: (
            f"--channel {channel}" if (channel := project.sample(wildcards.sample).period) else ""
        ),
        seed=project.run.seed,
    shell:
        "python {input.script} --search {input.search} --sample {wildcards.sample} {params.channel}"
        " --seed {params.seed} --output {output} > {log} 2>&1"


rule simulate_background:
    input:
        **code("simulate_background"),
        search=sample_yaml,
    output:
        f"{RESULTS}/simulated/{{sample}}.root",
    log:
        f"{RESULTS}/logs/simulate_background/{{sample}}.log",
    wildcard_constraints:
        sample=pattern(s.sample for s in project.samples if s.role == "background" and not s.path),
    resources:
        mem_mb=700,
        runtime=10,
    params:
        slots=sample_slots("simulate_background"),
        seed=project.run.seed,
    shell:
        "python {input.script} --search {input.search} --sample {wildcards.sample}"
        " --seed {params.seed} --output {output} > {log} 2>&1"


rule make_blinding:
    input:
        **code("make_blinding"),
        search=search_yaml,
        tables=lambda wildcards: project.files(wildcards.search, "make_blinding"),
        signal=resolution_signal,
    output:
        f"{RESULTS}/searches/{{search}}/blinding.csv",
    log:
        f"{RESULTS}/logs/make_blinding/{{search}}.log",
    localrule: True
    params:
        slots=search_slots("make_blinding"),
        signal=option("signal"),
    shell:
        "python {input.script} --search {input.search} --name {wildcards.search} {params.signal}"
        " --output {output} > {log} 2>&1"


rule select_events:
    input:
        **code("select_events"),
        search=part_yaml,
        tables=lambda wildcards: project.files(project.part(wildcards.part).sample.search, "select_events"),
        events=part_files,
        blinding=blinding,
    output:
        candidates=f"{RESULTS}/searches/{{search}}/candidates/{{part}}.npy",
        cutflow=f"{RESULTS}/searches/{{search}}/candidates/{{part}}.csv",
    log:
        f"{RESULTS}/logs/select_events/{{search}}.{{part}}.log",
    resources:
        mem_mb=800,
        runtime=10,
    params:
        slots=part_slots("select_events"),
        sample=lambda wildcards: project.part(wildcards.part).sample.sample,
        label=lambda wildcards: project.part(wildcards.part).sample.kind,
        files=lambda wildcards: project.event_files(wildcards.part),
        blinding=option("blinding"),
        options=part_options,
    shell:
        "python {input.script} --search {input.search} --sample {params.sample} --label {params.label}"
        " --input {params.files:q} {params.blinding} {params.options} --output {output.candidates} --cutflow {output.cutflow} > {log} 2>&1"


rule choose_windows:
    input:
        **code("choose_windows"),
        search=search_yaml,
        tables=lambda wildcards: project.files(wildcards.search, "choose_windows"),
        signal=candidates("signal"),
    output:
        f"{RESULTS}/searches/{{search}}/edges.csv",
    log:
        f"{RESULTS}/logs/choose_windows/{{search}}.log",
    wildcard_constraints:
        search=pattern(project.one_sided()),
    localrule: True
    params:
        slots=search_slots("choose_windows"),
    shell:
        "python {input.script} --search {input.search} --name {wildcards.search} --signal {input.signal}"
        " --output {output} > {log} 2>&1"


rule make_windows:
    input:
        **code("make_windows"),
        search=search_yaml,
        tables=lambda wildcards: project.files(wildcards.search, "make_windows"),
        candidates=candidates("data"),
        background=candidates("background"),
        control=candidates("control"),
        signal=resolution_signal,
        edges=edges,
    output:
        f"{RESULTS}/searches/{{search}}/windows.csv",
    log:
        f"{RESULTS}/logs/make_windows/{{search}}.log",
    wildcard_constraints:
        search=pattern(project.with_input("events")),
    localrule: True
    params:
        slots=search_slots("make_windows"),
        label=lambda wildcards: project.label(wildcards.search),
        background=option("background"),
        control=controls_of,
        signal=option("signal"),
        edges=option("edges"),
        periods=periods_of,
        empty=lambda wildcards: project.allow_empty(wildcards.search),
    shell:
        "python {input.script} --search {input.search} --name {wildcards.search} --label {params.label}"
        " --candidates {input.candidates} --periods {params.periods:q} {params.empty} {params.background} {params.control} {params.signal}"
        " {params.edges} --output {output} > {log} 2>&1"


rule count_periods:
    input:
        **code("count_periods"),
        search=search_yaml,
        windows=f"{RESULTS}/searches/{{search}}/windows.csv",
        candidates=candidates("data"),
        background=candidates("background"),
    output:
        f"{RESULTS}/searches/{{search}}/periods.csv",
    log:
        f"{RESULTS}/logs/count_periods/{{search}}.log",
    wildcard_constraints:
        search=pattern(project.with_input("events")),
    localrule: True
    params:
        slots=search_slots("count_periods"),
        background=option("background"),
        candidates=lambda wildcards, input: [
            f"{part.sample.period}={path}"
            for part, path in zip(project.parts(wildcards.search, "data"), input.candidates)
        ],
    shell:
        "python {input.script} --search {input.search} --windows {input.windows}"
        " --candidates {params.candidates:q} {params.background} --output {output} > {log} 2>&1"


rule tabulate_spectrum:
    input:
        **code("tabulate_spectrum"),
        search=search_yaml,
        tables=lambda wildcards: project.files(wildcards.search, "tabulate_spectrum"),
        candidates=candidates("data"),
        background=candidates("background"),
        control=candidates("control"),
        signal=resolution_signal,
    output:
        f"{RESULTS}/searches/{{search}}/spectrum_{{width}}.csv",
    log:
        f"{RESULTS}/logs/tabulate_spectrum/{{search}}.{{width}}.log",
    wildcard_constraints:
        search=pattern(project.with_input("events")),
        width=r"[0-9.e+-]+",
    localrule: True
    params:
        slots=search_slots("tabulate_spectrum"),
        label=lambda wildcards: project.label(wildcards.search),
        background=option("background"),
        control=controls_of,
        signal=option("signal"),
    shell:
        "python {input.script} --search {input.search} --name {wildcards.search} --label {params.label}"
        " --candidates {input.candidates} {params.background} {params.control} {params.signal}"
        " --bin-width {wildcards.width} --output {output} > {log} 2>&1"


rule compute_acceptance:
    input:
        **code("compute_acceptance"),
        search=search_yaml,
        tables=lambda wildcards: project.files(wildcards.search, "compute_acceptance"),
        candidates=acceptance_signal,
        variations=lambda wildcards: [path for _, path in project.variations(wildcards.search)],
        background=candidates("background"),
        edges=edges,
    output:
        f"{RESULTS}/searches/{{search}}/acceptance.csv",
    log:
        f"{RESULTS}/logs/compute_acceptance/{{search}}.log",
    wildcard_constraints:
        search=pattern(project.normalised("events")),
    resources:
        mem_mb=700,
        runtime=10,
    params:
        slots=search_slots("compute_acceptance"),
        candidates=option("candidates"),
        cutflow=cutflows_of,
        channels=lambda wildcards, input: project.channels(wildcards.search) if input.candidates else "",
        variations=lambda wildcards: project.variation_option(wildcards.search),
        edges=option("edges"),
        reference=lambda wildcards, input: "".join(
            f"--reference {path.removesuffix('.npy')}.csv" for path in input.background[:1]
        ),
    shell:
        "python {input.script} --search {input.search} {params.candidates}"
        " {params.cutflow} {params.channels} {params.variations} {params.reference} {params.edges} --output {output} > {log} 2>&1"
