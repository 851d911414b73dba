# Beside the limits: what other methods make of the same windows.


rule compare_methods:
    input:
        script=script("compare_methods"),
        library=library("compare_methods"),
        search=search_yaml,
        limits=f"{RESULTS}/searches/{{search}}/event_limits.csv",
    output:
        f"{RESULTS}/searches/{{search}}/methods.csv",
    params:
        slots=lambda wildcards: project.slots(wildcards.search, "compare_methods"),
    log:
        f"{RESULTS}/logs/compare_methods/{{search}}.log",
    shell:
        "python {input.script} --search {input.search} --limits {input.limits} --output {output} > {log} 2>&1"
