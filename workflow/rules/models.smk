# Models: predictions, and the couplings that the searches exclude. One job does all searches of a model.


def model_yaml(wildcards):
    return project.model_path(wildcards.model)


rule tabulate_model:
    input:
        script=script("tabulate_model"),
        library=lambda wildcards: library("tabulate_model", project.family(wildcards.model)),
        model=model_yaml,
        rates=lambda wildcards: project.model_files(wildcards.model),
    output:
        f"{RESULTS}/models/{{model}}/predictions.csv",
    log:
        f"{RESULTS}/logs/tabulate_model/{{model}}.log",
    shell:
        "python {input.script} --model {input.model} --output {output} > {log} 2>&1"


rule exclude:
    input:
        script=script("exclude"),
        library=lambda wildcards: library("exclude", project.family(wildcards.model)),
        model=model_yaml,
        rates=lambda wildcards: project.model_files(wildcards.model),
        limits=lambda wildcards: sum(project.limits_for(wildcards.model).values(), []),
    output:
        exclusion=f"{RESULTS}/models/{{model}}/exclusion.csv",
        contours=f"{RESULTS}/models/{{model}}/contours.csv",
    log:
        f"{RESULTS}/logs/exclude/{{model}}.log",
    shell:
        "python {input.script} --model {input.model} --limits {input.limits}"
        " --output {output.exclusion} --contours {output.contours} > {log} 2>&1"
