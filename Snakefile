# darkaon: from event files and published limits to excluded couplings.
#
#   snakemake --cores 2                    everything in config/config.yaml
#   snakemake --cores 2 na62_kpix_mumu     one search
#   snakemake --cores 2 bc4_inv            one model
#   snakemake --cores 2 figures            all figures
#   snakemake --cores 2 validation         checks of the limits, with a page of plots
import json
import os
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(workflow.current_basedir) / "scripts"))
from darkaon.errors import InputError
from darkaon.paths import root
from darkaon.reading import PLAN
from darkaon.workflow.locks import lock_results
from darkaon.workflow.progress import show_progress
from darkaon.workflow.checks import check
from darkaon.workflow.scheduling import without_rate_limit
from darkaon.workflow.dependencies import interpreter_first, packages
from darkaon.workflow.stale import remove_stale
from darkaon.workflow.project import Project
from darkaon.workflow.sources import write_plan

interpreter_first()
show_progress(logger, workflow)
warnings.showwarning = lambda message, *_: logger.warning(f"warning: {message}")
try:
    project = Project(config)
    check(project)
except InputError as error:
    sys.exit(str(error))
RESULTS = project.results
os.environ[PLAN] = f"{RESULTS}/.plan.json"  # what each job of a run was planned with: it reads that, or stops
SET_RESULTS, SET_LOGS = project.set_results, project.set_logs


rule all:
    input:
        project.targets(),
        project.pages(),
        f"{SET_RESULTS}/provenance.json",
    localrule: True


include: "workflow/rules/inputs.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/events.smk"
include: "workflow/rules/counts.smk"
include: "workflow/rules/limits.smk"
include: "workflow/rules/statistics.smk"
include: "workflow/rules/validation.smk"
include: "workflow/rules/published.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/summary.smk"
include: "workflow/rules/publish.smk"
include: "workflow/rules/provenance.smk"


# A changed file is noticed by its content, whatever its date says.
# One environment for every rule: `snakemake --sdm conda` builds it from the lock. Another version of a package makes
# the results of the scripts that import it anew.
for each in workflow.rules:
    if each.shellcmd and hasattr(each.input, "script"):  # not those of a workflow that uses this one as a module
        each.set_params(packages=packages(Path(each.input.script).stem), **contents(each))
        if (root() / "envs").is_dir():
            each.conda_env = str(root() / "envs" / "environment.yaml")


# Not in dry runs, nor in the Snakemake that a cluster's job starts.
onstart:
    try:
        without_rate_limit(workflow)
        lock_results(RESULTS, logger.warning)
        remove_stale(project, logger.warning)
        write_plan(os.environ[PLAN], workflow.dag.needrun_jobs())
    except InputError as error:
        sys.exit(str(error))


onsuccess:
    if project.run.set:
        print(
            f"Models, figures and provenance.json of this set are in {SET_RESULTS}, the rest in {RESULTS}/searches."
        )
