"""Slurm on this machine, for a test run alone: a controller, two nodes of one core each, and one
apart of two cores.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
from contextlib import ExitStack, suppress
from pathlib import Path

from tests.support.patience import until

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "sinfo")
NODES = ("n1", "n2", "n3")
START_SECONDS = 60.0  # it takes 2; where daemons are not allowed it never comes
BACKEND = ("-n", "0", "--backend", "slurm", "--slurm", "partition=low,requeue,time=10,helpers=2")

CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
KillWait=2
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={n1} CPUs=1 RealMemory=1000
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={n2} CPUs=1 RealMemory=1000
NodeName=n3 NodeHostname={host} NodeAddr=127.0.0.1 Port={n3} CPUs=2 RealMemory=1000
PartitionName=low Nodes=n1,n2 Default=YES PriorityTier=1 MaxTime=INFINITE State=UP
PartitionName=pair Nodes=n3 MaxTime=INFINITE State=UP
PartitionName=high Nodes=n1,n2 PriorityTier=9 PreemptMode=OFF MaxTime=INFINITE State=UP
"""


def lacking() -> str:
    """Why Slurm cannot be started here; empty if it can."""
    if os.getuid():
        return "Slurm's daemons are started by root"
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if absent:
        return f"not installed: {', '.join(absent)} (Debian: apt install slurm-wlm munge)"
    return ""


def start(folder: Path) -> None:
    """Start munge, the controller and the nodes; they keep all their files in a folder.

    Raises:
        AssertionError: one of them does not start here, or the nodes cannot be used.
    """
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(1024))
    key.chmod(0o400)
    files = {"socket": "sock", "key-file": "key", "pid-file": "pid", "log-file": "log"}
    options = [f"--{name}={folder}/munge.{suffix}" for name, suffix in files.items()]
    _run("munged", "--force", f"--seed-file={folder}/munge.seed", *options)
    host = socket.gethostname().partition(".")[0]
    configuration = folder / "slurm.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, host=host, **_ports()))
    os.environ["SLURM_CONF"] = str(configuration)
    _run("slurmctld", "-f", str(configuration))
    for node in NODES:
        _run("slurmd", "-N", node, "-f", str(configuration))
    until(
        lambda: set(_run("sinfo", "-h", "-o", "%T").split()) == {"idle"},
        "all nodes are idle",
        START_SECONDS,
    )


def stop(folder: Path) -> None:
    """End all of it, jobs first: a job that outlives its node's daemon is ended by nobody."""
    _run("scancel", "--user=root", check=False)
    with suppress(AssertionError):
        until(
            lambda: not _run("squeue", "--noheader", check=False), "no job is left", START_SECONDS
        )
    for name in (*NODES, "slurmctld", "munge"):
        with suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int((folder / f"{name}.pid").read_text()), signal.SIGTERM)


def occupy(seconds: float) -> None:
    """Have a job of a partition that goes first take all nodes for a while."""
    _run(
        "sbatch",
        "-p",
        "high",
        "-N",
        "2",
        "--exclusive",
        "-o",
        "/dev/null",
        f"--wrap=sleep {seconds}",
    )


def begin_requeued() -> None:
    """Have the two jobs that were requeued start now: Slurm itself waits two minutes."""
    requeued = ("squeue", "--noheader", "--array", "--states=PENDING", "--format=%i %r")

    def waiting() -> list[str]:
        lines = _run(*requeued).splitlines()
        return [line.split()[0] for line in lines if line.endswith("BeginTime")]

    until(lambda: len(waiting()) == 2, "both jobs are requeued")
    for job in waiting():
        _run("scontrol", "update", f"JobId={job}", "StartTime=now")


def holders(project: Path) -> list[int]:
    """The processes of the helpers that compute for a project now."""
    processes = []
    for lease in project.glob(".cbspec/runs/*/counter/leases/*.lock"):
        with suppress(FileNotFoundError):
            processes += map(int, re.findall(r"pid=(\d+)", lease.read_text()))
    return processes


def jobs() -> list[str]:
    """The jobs that run."""
    return _run("squeue", "--noheader", "--array", "--states=RUNNING", "--format=%i").split()


def _ports() -> dict[str, int]:
    """Ports that nobody listens at."""
    with ExitStack() as opened:
        ports = {}
        for name in ("control", *NODES):
            listener = opened.enter_context(socket.socket())
            listener.bind(("127.0.0.1", 0))
            ports[name] = listener.getsockname()[1]
        return ports


def _run(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert not check or done.returncode == 0, f"{command[0]}: {done.stderr}"
    return done.stdout.strip()
