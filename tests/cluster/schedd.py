"""Snakemake with HTCondor's scheduler replaced, and nothing else: `python tests/cluster/schedd.py ARGUMENTS`.

The plugin, the submit description, its translation into a job and the reader of the event log are HTCondor's own. The
stand-in runs the jobs here, two at a time, with the empty environment that a job gets, and writes the event log.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import htcondor2

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # deprecated, but only the first version of the bindings hands out the job
    import htcondor

SHOWN = ("ClusterId", "JobBatchName", "RequestCpus", "RequestMemory", "JobFlavour", "Cmd", "Args")
TERMINATED = """Job terminated.
\t(1) Normal termination (return value {status})
\t\tUsr 0 00:00:00, Sys 0 00:00:00  -  Run Remote Usage
\t\tUsr 0 00:00:00, Sys 0 00:00:00  -  Run Local Usage
\t\tUsr 0 00:00:00, Sys 0 00:00:00  -  Total Remote Usage
\t\tUsr 0 00:00:00, Sys 0 00:00:00  -  Total Local Usage
\t0  -  Run Bytes Sent By Job
\t0  -  Run Bytes Received By Job
\t0  -  Total Bytes Sent By Job
\t0  -  Total Bytes Received By Job"""


class Result:
    def __init__(self, number: int) -> None:
        self.number = number

    def cluster(self) -> int:
        return self.number


class Schedd:
    """What the plugin asks of a scheduler, apart from removing jobs and looking up lost ones."""

    numbers = count(1)
    lock = threading.Lock()
    slots = ThreadPoolExecutor(2)

    def submit(self, description: htcondor2.Submit) -> Result:
        number = next(self.numbers)
        (job,) = htcondor.Submit(dict(description.items())).jobs(clusterid=number)
        Path(job["UserLog"]).parent.mkdir(parents=True, exist_ok=True)
        self.event(job, "000", "Job submitted from host: <127.0.0.1:9618>")
        self.slots.submit(self.run, job)
        return Result(number)

    def run(self, job: htcondor.classad.ClassAd) -> None:
        folder = Path(job["Iwd"])
        self.event(job, "001", "Job executing on host: <127.0.0.1:9618>")
        with (folder / job["Out"]).open("w") as out, (folder / job["Err"]).open("w") as err:
            command = [job["Cmd"], *job["Args"].split()]
            done = subprocess.run(command, cwd=folder, stdout=out, stderr=err, env={}, check=False)
        with self.lock, (folder / "jobs.jsonl").open("a") as stream:
            print(json.dumps({key: job[key] for key in SHOWN} | {"status": done.returncode}), file=stream)
        self.event(job, "005", TERMINATED.format(status=done.returncode))

    def event(self, job: htcondor.classad.ClassAd, kind: str, text: str) -> None:
        when = time.strftime("%Y-%m-%d %H:%M:%S")
        with self.lock, Path(job["UserLog"]).open("a") as log:
            log.write(f"{kind} ({job['ClusterId']:03d}.000.000) {when} {text}\n...\n")


if __name__ == "__main__":
    from snakemake.cli import main

    htcondor2.Schedd = Schedd
    sys.path.pop(0)
    sys.argv[0] = "snakemake"
    main()
