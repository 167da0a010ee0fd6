#!/usr/bin/env python3
"""kilburn sweep --engine slurm on a cluster of this machine: slurm_test.py KILBURN TRACES [test...]

Each test compares the database with the one of a sweep without Slurm. A task is met in mid-run: its
shard has points, and not all of them.
"""

import contextlib
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

from cluster import Cluster, children, free_ports, missing_packages

KILBURN = TRACES = ""

# 16 points, each a process of some tenths of a second: time to meet one.
SPACE = """\
[sweep]
name = "small"
traces = ["tra ces/graph.ktrace"]
limit = 300_000
engine = "platform"
[mmu.dtlb]
entries = [16, 32, 64, 128]
units_per_tag = [1, 2, 4, 8]
"""

# Everything in a database that means something, whatever order it was written in.
CONTENT = (
    "SELECT * FROM meta ORDER BY key",
    "SELECT * FROM axes ORDER BY number",
    "SELECT * FROM points ORDER BY number",
    "SELECT * FROM point_values ORDER BY point, axis",
    """SELECT point, path, unit, typeof(value), value FROM statistics
       JOIN statistic_names ON id = statistic ORDER BY point, path""",
)


def rows(database, query):
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def content(database):
    return [rows(database, query) for query in CONTENT]


def points_in(shard):
    try:
        return rows(shard, "SELECT count(*) FROM points")[0][0]
    except sqlite3.Error:  # not there, or its tables are not
        return 0


def wait_until(condition, what, seconds=40):
    end = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(0.01)
    return result


class SlurmTest(unittest.TestCase):
    local_contents = {}  # by the space's text: they depend on nothing else

    @classmethod
    def setUpClass(cls):
        if missing := missing_packages():
            raise AssertionError(f"Slurm is not here; to be installed: {' '.join(missing)}")
        cls.cluster = Cluster(cpus=4)
        cls.enterClassContext(cls.cluster)

    @classmethod
    def tearDownClass(cls):
        cls.cluster.stop()
        left = children()
        assert not left, f"the cluster left processes: {left}"
        assert not cls.cluster.folder.exists()

    def setUp(self):
        # Paths as users have them: each of these characters means something to somebody.
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="kilburn-test-"))
        self.addCleanup(shutil.rmtree, self.base)
        self.folder = self.base / "it's \"100 %a\" $HOME"
        (self.folder / "tra ces").mkdir(parents=True)
        for name in ("graph", "sort"):
            (self.folder / "tra ces" / f"{name}.ktrace").symlink_to(f"{TRACES}/{name}.ktrace")
        self.database = self.folder / "re sults.db"
        self.job = self.folder / "re sults.db.slurm"
        self.space = self.write_space("spa ce.toml", SPACE)

    def write_space(self, name, text):
        (self.folder / name).write_text(text)
        return name

    def start(self, *arguments, stderr=subprocess.PIPE):
        process = subprocess.Popen([KILBURN, "sweep", *arguments], cwd=self.folder, text=True,
                                   stdout=subprocess.PIPE, stderr=stderr,
                                   env=self.cluster.environment)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        """After a test that failed half-way."""
        if process.poll() is None:
            process.kill()
            process.communicate()
            self.cluster.output("scancel", "--me")
            wait_until(lambda: not self.cluster.output("squeue", "-h"), "the job's end")

    def on_slurm(self, *more, space=None, stderr=subprocess.PIPE):
        return self.start(space or self.space, "-o", self.database.name, "--engine", "slurm", *more,
                          stderr=stderr)

    def finish(self, process, status=0):
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, status, f"{out}\n{err}")
        return out, err

    def local_content(self, space=None, status=0):
        text = (self.folder / (space or self.space)).read_text()
        if text not in self.local_contents:
            self.finish(self.start(space or self.space, "-o", "local.db"), status)
            self.local_contents[text] = content(self.folder / "local.db")
        return self.local_contents[text]

    def wait_for_mid_run(self, task, points):
        """Points of the task's shard, at a moment when it has some and not all of `points`."""
        shard = self.job / f"shard_{task}.db"
        count = wait_until(lambda: points_in(shard), f"points in {shard}")
        self.assertLess(count, points, "the task was too fast to be met in mid-run")
        return count

    def task_process(self, task):
        """The kilburn that runs the shard."""
        mark = f"{self.job}/shard_{task}.db".encode()
        for entry in pathlib.Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                arguments = (entry / "cmdline").read_bytes().split(b"\0")
                if entry.name.isdigit() and mark in arguments:
                    return int(entry.name)
        raise AssertionError(f"task {task} does not run")

    def check_lost_and_requeued(self, err, task, state):
        match = re.search(rf"task {task} of 2 was lost \({state}\) with (\d+) of 8 points: "
                          r"attempt 2 of 3", err)
        self.assertTrue(match, err)
        self.assertTrue(0 < int(match[1]) < 8, "lost in mid-run")
        self.assertEqual(content(self.database), self.local_content())
        self.assertFalse(self.job.exists())

    def test_same_content_as_without_slurm(self):
        space = self.write_space("wide.toml", SPACE.replace(
            '"tra ces/graph.ktrace"', '"tra ces/*.ktrace"').replace('"platform"', '"auto"'))
        expected = self.local_content(space)
        out, err = self.finish(self.on_slurm("--tasks", "5", space=space))
        self.assertIn("32 points done, 0 failed, 0 missing", out)
        self.assertRegex(err, r"job \d+ submitted: 5 tasks")
        self.assertEqual(len(expected[2]), 32)
        self.assertEqual(content(self.database), expected)
        self.assertFalse(self.job.exists())
        # And now there is nothing to do.
        out, err = self.finish(self.on_slurm("--tasks", "5", "--resume", space=space))
        self.assertNotIn("submitted", err)
        # Nor is it begun anew.
        _, err = self.finish(self.on_slurm("--tasks", "5", space=space), status=2)
        self.assertIn("is there already", err)

    def test_points_that_are_there_are_not_run_again(self):
        here = (self.space, "-o", self.database.name)
        self.finish(self.start(*here, "--shard", "2/4"))
        out, _ = self.finish(self.start(self.space, "-o", "rest.db", "--done-in", *here[2:]))
        self.assertIn("12 points done, 0 failed, 0 missing", out)
        _, err = self.finish(self.on_slurm("--tasks", "8", "--resume"))
        self.assertRegex(err, r"job \d+ submitted: 6 tasks")  # 2 and 6 have nothing left
        self.assertEqual(content(self.database), self.local_content())
        other = self.write_space("other.toml", SPACE.replace("128]", "256]"))
        _, err = self.finish(self.start(other, "-o", "x.db", "--done-in", *here[2:]), status=2)
        self.assertIn("holds another space", err)

    def test_a_killed_task_is_requeued(self):
        sweep = self.on_slurm("--tasks", "2")
        self.wait_for_mid_run(2, 8)
        os.kill(self.task_process(2), signal.SIGKILL)
        _, err = self.finish(sweep)
        self.check_lost_and_requeued(err, 2, "FAILED")

    def test_a_cancelled_task_is_requeued(self):
        sweep = self.on_slurm("--tasks", "2")
        self.wait_for_mid_run(1, 8)
        job = re.search(r"job (\d+) submitted", sweep.stderr.readline())[1]
        self.cluster.output("scancel", f"{job}_1")
        _, err = self.finish(sweep)
        self.check_lost_and_requeued(err, 1, "CANCELLED")

    def test_a_cancelled_job_ends_the_sweep_and_resume_goes_on(self):
        sweep = self.on_slurm("--tasks", "2")
        self.wait_for_mid_run(1, 8)
        job = re.search(r"job (\d+) submitted", sweep.stderr.readline())[1]
        self.cluster.output("scancel", job)
        out, err = self.finish(sweep, status=1)
        self.assertIn("the job was cancelled: --resume goes on with it", out)
        self.assertNotIn("attempt", err)
        kept = re.search(r"(\d+) points done, 0 failed, (\d+) missing", out)
        self.assertGreater(int(kept[1]), 0)
        self.assertEqual(int(kept[1]) + int(kept[2]), 16)
        # Then without Slurm: both engines know of each other's points.
        self.finish(self.start(self.space, "-o", self.database.name, "--resume"))
        self.assertEqual(content(self.database), self.local_content())

    def test_an_interrupted_sweep_leaves_the_job_and_attaches_to_it(self):
        sweep = self.on_slurm("--tasks", "2")
        self.wait_for_mid_run(1, 8)
        sweep.send_signal(signal.SIGINT)
        out, _ = self.finish(sweep, status=130)
        name = re.search(r"--resume attaches to it, scancel --me --name=(\S+) ends it", out)[1]
        states = self.cluster.output("squeue", "-h", "-r", f"--name={name}", "-o", "%T").split()
        self.assertIn("RUNNING", states)

        _, err = self.finish(self.on_slurm("--tasks", "3", "--resume"), status=2)
        self.assertIn("was submitted otherwise", err)
        attached = self.on_slurm("--tasks", "2", "--resume")
        self.assertRegex(attached.stderr.readline(), r"attached to job \d+")
        _, err = self.finish(self.on_slurm("--tasks", "2", "--resume"), status=2)
        self.assertIn("another sweep is writing to it", err)
        _, err = self.finish(attached)
        self.assertEqual(err, "")  # nothing was submitted again
        self.assertEqual(content(self.database), self.local_content())

    def test_a_second_job_for_the_same_database_is_refused(self):
        sweep = self.on_slurm("--tasks", "2", "--slurm-option", "begin=now+60")
        sweep.stderr.readline()
        sweep.send_signal(signal.SIGINT)
        self.finish(sweep, status=130)
        self.database.unlink()  # as a user may who wants to start anew
        _, err = self.finish(self.on_slurm("--tasks", "2"), status=2)
        self.assertRegex(err, r"job \d+ of an earlier sweep into it still runs")
        self.assertFalse(self.database.exists())
        self.cluster.output("scancel", "--me")

    def test_tasks_run_what_was_submitted(self):
        sweep = self.on_slurm("--tasks", "8")  # of which 4 run at first
        self.wait_for_mid_run(1, 3)
        self.write_space(self.space, SPACE.replace("300_000", "999"))
        self.finish(sweep)
        self.write_space(self.space, SPACE)
        self.assertEqual(content(self.database), self.local_content())

    def test_a_failing_point_is_recorded_and_the_others_go_on(self):
        space = self.write_space("bad.toml", """\
[sweep]
limit = 100_000
traces = ["tra ces/*.ktrace"]
[os]
arena_bytes = ["1MiB", "4GiB"]
[mmu.dtlb]
entries = [16, 32, 64]
""")
        expected = self.local_content(space, status=1)
        out, err = self.finish(self.on_slurm("--tasks", "4", space=space), status=1)
        self.assertIn("0 missing", out)
        self.assertIn("os.arena_bytes", err)
        self.assertNotIn("attempt", err)  # a point that fails is no lost task
        self.assertEqual({state for (state,) in rows(self.database, "SELECT state FROM points")},
                         {"done", "failed"})
        self.assertEqual(content(self.database), expected)

    def test_a_task_that_is_always_lost_is_reported(self):
        sweep = self.on_slurm("--tasks", "2", "--attempts", "2", "--slurm-option",
                              "begin=now+2seconds")
        sweep.stderr.readline()
        (self.job / "kilburn").rename(self.job / "elsewhere")
        out, err = self.finish(sweep, status=1)
        self.assertIn("0 points done, 0 failed, 16 missing", out)
        for task in (1, 2):
            self.assertIn(f"task {task} of 2 was lost (FAILED) with 0 of 8 points, 2 times", err)
        self.assertIn("not found", err)  # the shell's words, from the log
        self.assertTrue((self.job / "task_1.log").exists())
        self.finish(self.on_slurm("--tasks", "4", "--resume"))
        self.assertEqual(content(self.database), self.local_content())

    def test_a_job_that_slurm_rejects_leaves_nothing(self):
        before = sorted(self.folder.iterdir())
        _, err = self.finish(self.on_slurm("--slurm-option=--partition=nosuch"), status=2)
        self.assertIn("Slurm rejected the job", err)
        self.assertIn("Invalid partition name specified", err)
        self.assertEqual(sorted(self.folder.iterdir()), before)

    def test_options_that_are_the_sweeps_own_are_refused(self):
        for option in ("array=1-9", "--array=1-9", "-a1-9", "job-name=x", "wait", "a\nb", ""):
            with self.subTest(option):
                _, err = self.finish(self.on_slurm(f"--slurm-option={option}"), status=2)
                self.assertIn("--slurm-option", err)
        _, err = self.finish(self.on_slurm("--jobs", "2"), status=2)
        self.assertIn("cpus-per-task", err)
        _, err = self.finish(self.start(self.space, "-o", "x.db", "--tasks", "2"), status=2)
        self.assertIn("--engine slurm", err)

    def test_a_task_uses_the_processors_that_it_got(self):
        sweep = self.on_slurm("--tasks", "1", "--slurm-option", "cpus-per-task=3")
        wait_until(lambda: points_in(self.job / "shard_1.db"), "points")
        arguments = pathlib.Path(f"/proc/{self.task_process(1)}/cmdline").read_text().split("\0")
        self.assertEqual(arguments[arguments.index("--jobs") + 1], "3")
        self.finish(sweep)

    def test_the_controller_may_restart(self):
        sweep = self.on_slurm("--tasks", "2")
        self.wait_for_mid_run(1, 8)
        self.cluster.stop_daemon("slurmctld")
        self.cluster.start_controller()
        self.finish(sweep)
        self.assertEqual(content(self.database), self.local_content())

    def test_progress_is_seen(self):
        controller, terminal = pty.openpty()
        sweep = self.on_slurm("--tasks", "2", stderr=terminal)
        os.close(terminal)
        seen = b""
        while select.select([controller], [], [], 60)[0]:
            try:
                seen += os.read(controller, 4096)
            except OSError:  # the terminal was closed by its last user
                break
        os.close(controller)
        self.finish(sweep)
        text = seen.decode()
        self.assertRegex(text, r"kilburn sweep \[#+\.+\] +\d+ %")
        self.assertRegex(text, r"([1-9]|1[0-5]) of 16, 2 tasks running, 0 waiting")
        self.assertRegex(text, r"\d points  [\d.]+/s  \d+ s left")

    def test_without_slurm_or_cluster_the_message_says_so(self):
        deserted = self.base / "slurm.conf"  # nobody listens on that port
        deserted.write_text(re.sub(r"SlurmctldPort=\d+", f"SlurmctldPort={free_ports(1)[0]}",
                                   (self.cluster.folder / "slurm.conf").read_text()))
        for environment, message in (
                ({"PATH": str(self.folder)}, "squeue: no such command"),
                (self.cluster.environment | {"SLURM_CONF": str(deserted)},
                 "Unable to contact slurm controller")):
            with self.subTest(message):
                result = subprocess.run(
                    [KILBURN, "sweep", self.space, "-o", "x.db", "--engine", "slurm"], text=True,
                    cwd=self.folder, env=environment, capture_output=True, check=False)
                self.assertEqual(result.returncode, 2)
                self.assertIn(message, result.stderr)
                self.assertFalse((self.folder / "x.db").exists())


class ClusterTest(unittest.TestCase):
    def test_the_cluster_needs_no_cgroups(self):
        if missing := missing_packages():
            raise AssertionError(f"Slurm is not here; to be installed: {' '.join(missing)}")
        # A mount namespace of our own in which their file system is hidden, as in a bare container.
        hidden = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--mount", "sh", "-c",
                  "mount -t tmpfs none /sys/fs/cgroup && exec \"$@\"", "sh"]
        if subprocess.run([*hidden, "true"], capture_output=True, check=False).returncode:
            self.skipTest("mount namespaces are not allowed here")
        run = subprocess.run([*hidden, pathlib.Path(__file__).parent / "cluster.py", "srun", "-n1", "echo",
                              "ran"], text=True, capture_output=True, timeout=100, check=False)
        self.assertEqual((run.returncode, run.stdout), (0, "ran\n"), run.stderr)


class TimedResult(unittest.TextTestResult):
    def startTest(self, test):
        self.started = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test):
        self.stream.write(f"{time.monotonic() - self.started:.1f} s ")
        super().addSuccess(test)


if __name__ == "__main__":
    KILBURN, TRACES = (os.path.abspath(path) for path in sys.argv[1:3])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], testRunner=unittest.TextTestRunner(
        verbosity=2, resultclass=TimedResult))
