#!/usr/bin/env python3
"""A Slurm cluster of one node on this machine, for as long as one command runs.

    tests/slurm/cluster.py [--cpus N] COMMAND...

munged, slurmctld and slurmd run as the calling user, root or not, from a temporary folder with a key
and ports of their own: neither /etc nor a service of the system is read or changed. COMMAND sees the
cluster through SLURM_CONF. All of it has ended and is removed when COMMAND ends, however it does.
"""

import argparse
import atexit
import contextlib
import ctypes
import getpass
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PROGRAMS = {"munged": "munge", "slurmctld": "slurm-wlm", "slurmd": "slurm-wlm", "sbatch": "slurm-wlm"}
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"  # daemons lie where users need not look
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

# Timers that wait for crowds are cut: a task starts within a fraction of a second here.
CONFIGURATION = """\
ClusterName=kilburn
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
KillWait=5
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=100000
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
NodeName=node NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes=node Default=YES MaxTime=INFINITE State=UP
"""

# Nothing here uses cgroups, but slurmd of 22.05 ends where it has to find out which version of them
# there is, and a bare container has none.
CGROUPS = "CgroupPlugin=cgroup/v1\n"


def missing_packages():
    """Of Debian, for what the cluster cannot be started without."""
    return sorted({package for program, package in PROGRAMS.items()
                   if not shutil.which(program, path=PATH)})


class ClusterError(Exception):
    """A daemon did not start; the message ends with what it said."""


class Cluster:
    """Runs within a `with`; clients need `environment`. At its end, every process that this program
    started has ended."""

    def __init__(self, cpus=4):
        self.cpus = cpus
        self.daemons = {}
        self.folder = None

    @property
    def environment(self):
        # Variables of a cluster or job that the caller itself belongs to would win.
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith(("SLURM_", "SBATCH_", "SQUEUE_"))}
        return clean | {"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": PATH}

    def __enter__(self):
        # What slurmd leaves behind becomes a child of this process, which `stop` ends.
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        atexit.register(self.stop)
        attempts = 3  # between the choice of a port and its use, another program may take it
        for attempt in range(1, attempts + 1):
            try:
                return self._start()
            except ClusterError:
                self.stop()
                if attempt == attempts:
                    raise
            except BaseException:
                self.stop()
                raise

    def __exit__(self, *_):
        self.stop()

    def _start(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kilburn-slurm-"))  # mode 0700
        (self.folder / "state").mkdir()
        (self.folder / "spool").mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        controller_port, node_port = free_ports(2)
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(
            folder=self.folder, host=socket.gethostname().split(".")[0], user=getpass.getuser(),
            cpus=self.cpus, controller_port=controller_port, node_port=node_port))
        (self.folder / "cgroup.conf").write_text(CGROUPS)
        self._spawn("munged", "--foreground", "--force", "--num-threads=2",
                    *(f"--{option}={self.folder}/munge.{end}" for option, end in
                      (("key-file", "key"), ("socket", "socket"), ("pid-file", "pid"),
                       ("log-file", "log"), ("seed-file", "seed"))))
        self._wait("munged", (self.folder / "munge.socket").exists)
        self.start_controller()
        self._spawn("slurmd", "-D", "-N", "node")
        self._wait("slurmd", lambda: self.output("sinfo", "-h", "-o", "%T") == "idle")
        return self

    def start_controller(self):
        self._spawn("slurmctld", "-D")

    def stop_daemon(self, name):
        daemon = self.daemons.pop(name)
        daemon.terminate()
        try:
            daemon.wait(10)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()

    def output(self, *command):
        """Standard output, stripped; what is said on standard error while nothing answers is not."""
        return subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.DEVNULL, timeout=30, check=False).stdout.strip()

    def stop(self):
        for name in reversed(list(self.daemons)):
            self.stop_daemon(name)
        while pids := children():  # tasks, which became ours when slurmd ended
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _spawn(self, name, *arguments):
        with open(self.folder / f"{name}.out", "ab") as log:
            self.daemons[name] = subprocess.Popen(
                [shutil.which(name, path=PATH), *arguments], env=self.environment, stdout=log,
                stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder, preexec_fn=end_with_parent)

    def _wait(self, name, ready):
        end = time.monotonic() + 30
        while not ready():
            # slurmctld ends where its port is taken, and slurmd waits for it in vain.
            ended = [each for each, daemon in self.daemons.items() if daemon.poll() is not None]
            if ended or time.monotonic() > end:
                culprit = ended[0] if ended else name
                said = (self.folder / f"{culprit}.out").read_text(errors="replace")
                raise ClusterError(f"{culprit} does not run:\n" + said[-2000:])
            time.sleep(0.05)


def free_ports(count):
    with contextlib.ExitStack() as sockets:
        chosen = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in chosen:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in chosen]


def children():
    """Pids of this process's children."""
    tasks = pathlib.Path("/proc/self/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text().split()]


def prctl(option, value):
    ctypes.CDLL(None).prctl(option, value)


def end_with_parent():
    """In the daemon, before it is executed: it ends even where this program is killed."""
    os.setpgid(0, 0)  # Ctrl-C is for this program, which stops the daemons in order
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cpus", type=int, default=4, help="tasks side by side (default 4)")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if not arguments.command:
        parser.error("a command is missing")
    if missing := missing_packages():
        sys.exit(f"cluster.py: to be installed: {' '.join(missing)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with Cluster(arguments.cpus) as cluster:
            return subprocess.run(arguments.command, env=cluster.environment, check=False).returncode
    except ClusterError as error:
        sys.exit(f"cluster.py: {error}")
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
