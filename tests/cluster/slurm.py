"""A SLURM of one node on this machine, for as long as a test needs it.

`python tests/cluster/slurm.py COMMAND ...` brings it up, runs COMMAND (`sinfo`, a shell) and takes it down.
Only root can: SLURM's commands read /etc/slurm/slurm.conf, for the while a symlink into a scratch folder.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

CONF = Path("/etc/slurm/slurm.conf")
DAEMONS = ("munged", "slurmctld", "slurmd")
SETTINGS = """\
ClusterName=darkaon
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=1
ReturnToService=2
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MinJobAge=3600
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=debug Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def install() -> None:
    """The daemons from the system's packages, if they are not there."""
    if os.geteuid() != 0:
        raise SystemExit(f"test-slurm: only root can start SLURM's daemons and write {CONF}; run it as root")
    os.environ["PATH"] += os.pathsep + os.pathsep.join(("/usr/sbin", "/sbin"))
    if all(map(shutil.which, DAEMONS)):
        return
    if not shutil.which("apt-get"):
        raise SystemExit(f"test-slurm: needs {', '.join(DAEMONS)} (packages slurm-wlm and munge on Debian)")
    print("installing slurm-wlm and munge", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in ("update -qq", "install -qq --yes --no-install-recommends slurm-wlm munge"):
        done = subprocess.run(
            ["apt-get", *command.split()], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise SystemExit(f"test-slurm: apt-get {command} failed:\n{done.stdout}{done.stderr}")


@contextmanager
def one_node() -> Iterator[Path]:
    """SLURM is up inside; gives the scratch folder with its logs."""
    install()
    with ExitStack() as stack:
        previous = signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # so that what follows is undone
        stack.callback(signal.signal, signal.SIGTERM, previous)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"darkaon-slurm-{os.getpid()}-")))
        configure(folder)
        stack.callback(CONF.unlink)
        munged = f"munged --foreground --force --key-file {folder}/munge.key"
        for name in ("pid", "log", "seed"):
            munged += f" --{name}-file {folder}/munge.{name}"
        stack.enter_context(daemon(folder, *munged.split(), "--socket", f"{folder}/munge.socket"))
        wait((folder / "munge.socket").exists, folder, "munged")
        stack.enter_context(daemon(folder, "slurmctld", "-D", "-f", str(CONF)))
        stack.enter_context(daemon(folder, "slurmd", "-D", "-f", str(CONF)))
        wait(lambda: output("sinfo", "--noheader", "--format=%T") == "idle", folder, "slurmctld", "slurmd")
        yield folder


def configure(folder: Path) -> None:
    """Write the configuration and a key into `folder`; /etc/slurm/slurm.conf leads there."""
    if CONF.exists() or CONF.is_symlink():
        owner = re.search(r"/darkaon-slurm-(\d+)-", str(CONF.readlink())) if CONF.is_symlink() else None
        if not owner or Path("/proc", owner[1]).exists():
            raise SystemExit(f"test-slurm: {CONF} exists; the SLURM that is set up here is left alone")
        CONF.unlink()  # of a test that was killed; its daemons ended with it
    folder.chmod(0o755)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    host = socket.gethostname().split(".")[0]
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        ports = one.getsockname()[1], other.getsockname()[1]
    found = dict(pair.split("=", 1) for pair in output("slurmd", "-C").split() if "=" in pair)
    text = SETTINGS.format(
        folder=folder,
        host=host,
        controller_port=ports[0],
        node_port=ports[1],
        cpus=found["CPUs"],
        memory=int(found["RealMemory"]) - 512,
    )
    (folder / "slurm.conf").write_text(text)
    CONF.parent.mkdir(exist_ok=True)
    CONF.symlink_to(folder / "slurm.conf")


@contextmanager
def daemon(folder: Path, *command: str) -> Iterator[None]:
    """A daemon in the foreground of a process that we own; it ends with us, even if we are killed."""
    with (folder / f"{command[0]}.out").open("w") as log:
        process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *command], stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def wait(ready: Callable[[], bool], folder: Path, *names: str) -> None:
    for _ in range(600):
        if ready():
            return
        time.sleep(0.1)
    logs = "\n".join(f"{name}:\n{(folder / f'{name}.out').read_text()}" for name in names)
    raise RuntimeError(f"SLURM did not come up in a minute\n{logs}")


def jobs() -> list[tuple[str, str, str]]:
    """Number, state and comment (where the plugin puts rule and wildcards) of every job that SLURM has seen."""
    lines = output("squeue", "--states=all", "--noheader", "--sort=i", "--format=%i %T %k").splitlines()
    return [tuple(line.split(maxsplit=2)) for line in lines]


if __name__ == "__main__":
    with one_node():
        status = subprocess.run(sys.argv[1:] or ["sinfo"], check=False).returncode
    sys.exit(status)
