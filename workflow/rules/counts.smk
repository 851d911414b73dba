# Door counts: published numbers of events -> windows and acceptance.


rule count_windows:
    input:
        script=script("count_windows"),
        library=library("count_windows"),
        search=search_yaml,
        tables=lambda wildcards: project.files(wildcards.search, "count_windows"),
    output:
        windows=f"{RESULTS}/searches/{{search}}/windows.csv",
        acceptance=f"{RESULTS}/searches/{{search}}/acceptance.csv",
    log:
        f"{RESULTS}/logs/count_windows/{{search}}.log",
    wildcard_constraints:
        search=pattern(project.with_door("counts")),
    localrule: True
    params:
        slots=lambda wildcards: project.slots(wildcards.search, "count_windows"),
    shell:
        "python {input.script} --search {input.search} --name {wildcards.search}"
        " --windows {output.windows} --acceptance {output.acceptance} > {log} 2>&1"
