# What every result of the run was made of, in one file.


rule collect_provenance:
    input:
        **code("collect_provenance"),
        results=project.targets(),
    output:
        f"{SET_RESULTS}/provenance.json",
    log:
        f"{SET_LOGS}/collect_provenance.log",
    localrule: True
    params:
        overrides=json.dumps(config, sort_keys=True),
    shell:
        "python {input.script} --overrides {params.overrides:q} --output {output} > {log} 2>&1"
