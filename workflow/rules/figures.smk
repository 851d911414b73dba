# Figures: one job each, made of the tables it shows and of its own entry in figures.yaml.


rule plot_figure:
    input:
        script=script("plot_figure"),
        library=lambda wildcards: library("plot_figure", f"darkaon.plots.{figure(wildcards).kind}"),
        figures=ancient(project.figure_lists()),
        tables=lambda wildcards: list(figure_inputs(figure(wildcards), project).values()),
    output:
        pdf=f"{SET_RESULTS}/figures/{{figure}}.pdf",
        png=report(
            f"{SET_RESULTS}/figures/{{figure}}.png",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        f"{SET_LOGS}/plot_figure/{{figure}}.log",
    localrule: True
    params:
        spec=lambda wildcards: figure(wildcards).text(),
        caption=lambda wildcards: figure(wildcards).caption,
        paper=lambda wildcards: figure(wildcards).paper,
        names=lambda wildcards: [f"{n}={p}" for n, p in figure_inputs(figure(wildcards), project).items()],
    shell:
        "python {input.script} --figure {wildcards.figure} --figures {input.figures}"
        " --tables {params.names:q} --output {output} > {log} 2>&1"
