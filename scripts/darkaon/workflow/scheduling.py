"""Snakemake's scheduler without its rate limit, which costs more than the jobs that it holds back."""

from __future__ import annotations

from typing import Any

DEFAULT = (100, 1)  # jobs in seconds: --max-jobs-per-timespan of Snakemake 9, if nothing was asked for


def without_rate_limit(workflow: Any) -> None:
    """Take Snakemake's default limit of jobs in a time away, once its scheduler is there; one asked for stays.

    With a limit, each job that ends starts a timer that renews itself every second as long as jobs are ready: after a
    hundred jobs Snakemake looks a hundred times a second at the sizes of all their inputs, and takes a whole core.
    """
    limit = workflow.scheduling_settings.max_jobs_per_timespan
    if limit is not None and (limit.max_jobs, limit.timespan) == DEFAULT:
        workflow.scheduler.job_rate_limiter = None
