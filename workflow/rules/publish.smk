# What the run hands on: the papers that it stands on.


rule collect_references:
    input:
        **code("collect_references"),
        templates=templates,
        bibliography=str(find("resources/references.bib")),
        results=project.referring(),
    output:
        bib=f"{SET_RESULTS}/references.bib",
        page=f"{SET_RESULTS}/references.html",
    log:
        f"{SET_LOGS}/collect_references.log",
    localrule: True
    shell:
        "python {input.script} --results {input.results} --bib {output.bib} --page {output.page} > {log} 2>&1"
