"""Snakemake's default rate limit is taken away, one that was asked for stays."""

from types import SimpleNamespace

import pytest
from snakemake.cli import get_argument_parser
from snakemake.settings.types import MaxJobsPerTimespan

from darkaon.workflow.scheduling import without_rate_limit

ASKED = get_argument_parser().parse_args([]).max_jobs_per_timespan


@pytest.mark.parametrize(
    ("limit", "stays"), [(ASKED, False), (MaxJobsPerTimespan.parse_choice("5/1m"), True), (None, True)]
)
def test_only_the_default_goes(limit, stays):
    limiter = object()
    workflow = SimpleNamespace(
        scheduling_settings=SimpleNamespace(max_jobs_per_timespan=limit),
        scheduler=SimpleNamespace(job_rate_limiter=limiter),
    )
    without_rate_limit(workflow)
    assert (workflow.scheduler.job_rate_limiter is limiter) == stays
