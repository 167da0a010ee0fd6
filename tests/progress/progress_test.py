#!/usr/bin/env python3
"""Every command that takes its time shows progress on a terminal, and ends when it is told to.

    progress_test.py KILBURN GUESTS TRACES

Each is started with a terminal as standard error. What its bar writes there tells that it is at work;
then it is interrupted. Demanded are status and time, and that no process and no half-written file is
left.
"""
import lzma
import os
import pathlib
import pty
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

KILBURN = GUESTS = TRACES = None

PATIENCE = 60  # seconds until something must have happened
IN_TIME = 5  # seconds to end in: one, where nothing else runs
LOOP = "while :; do :; done"


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE
    while not (result := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(0.01)
    return result


def state(pid):
    """Of a process, one letter; empty where it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def descendants(pid):
    found = []
    for tasks in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in map(int, tasks.read_text().split()):
                found += [child, *descendants(child)]
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


class Running:
    """A kilburn whose standard error is a terminal."""

    def __init__(self, arguments, folder, environment=None, ignored=()):
        self.terminal, theirs = pty.openpty()
        self.seen = b""
        self.output = open(folder.parent / "output", "w+b")

        def prepare():  # a test that runs in the background may have been told to ignore them
            for number in (signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
        self.process = subprocess.Popen(
            [KILBURN, *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=self.output,
            stderr=theirs, env=os.environ | (environment or {}), preexec_fn=prepare)
        os.close(theirs)

    def read(self):
        """What it has written to the terminal so far."""
        while select.select([self.terminal], [], [], 0)[0]:
            try:
                self.seen += os.read(self.terminal, 65536)
            except OSError:  # it has ended
                break
        return self.seen

    def shows(self, text):
        if self.process.poll() is not None:
            raise AssertionError(f"ended with {self.process.returncode}: {self.read()}")
        return text.encode() in self.read()

    def said(self):
        self.output.seek(0)
        return self.output.read().decode()

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)
        self.output.close()


class Progress(unittest.TestCase):
    def setUp(self):
        base = pathlib.Path(tempfile.mkdtemp(prefix="kilburn-progress-"))
        self.addCleanup(shutil.rmtree, base)
        self.folder = base / "work"
        self.folder.mkdir()

    def start(self, *arguments, **options):
        running = Running(list(map(str, arguments)), self.folder, **options)
        self.addCleanup(running.close)
        return running

    def interrupt(self, bar, *arguments, left=(), number=signal.SIGINT, ready=lambda: True,
                  **options):
        """Ends it once its bar, which begins with `bar`, was seen, and it is `ready`."""
        running = self.start(*arguments, **options)
        wait_until(lambda: running.shows(f"\r\x1b[K{bar}"), f"{bar}: {running.read()}")
        wait_until(ready, f"{bar}: to be ready")
        processes = descendants(running.process.pid)
        begin = time.monotonic()
        running.process.send_signal(number)
        self.assertEqual(running.process.wait(PATIENCE), 128 + number, running.read())
        self.assertLess(time.monotonic() - begin, IN_TIME)
        wait_until(lambda: all(state(pid) in ("", "Z") for pid in processes), "its processes' end")
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), sorted(left))
        return running

    def space(self, engine):
        (self.folder / "space.toml").write_text(
            f"[sweep]\ntraces = ['{TRACES}/database.ktrace']\nengine = '{engine}'\n"
            "[mmu.dtlb]\nentries = { from = 1, to = 60, step = 1 }\n")
        return "space.toml"

    def results(self, points):
        """A database of so many points, made of a sweep's."""
        (self.folder / "space.toml").write_text(
            f"[sweep]\ntraces = ['{TRACES}/graph.ktrace']\nlimit = 1000\n[mmu.dtlb]\nentries = [8, 16]\n")
        subprocess.run([KILBURN, "sweep", "space.toml", "-o", "r.db"], cwd=self.folder, check=True,
                       stdout=subprocess.DEVNULL)
        with sqlite3.connect(self.folder / "r.db") as database:
            numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            for table, column in (("points", "number"), ("point_values", "point"),
                                  ("statistics", "point")):
                names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
                made = ", ".join({column: f"{column} + 2 * i", "key": "key || '-' || i"}.get(name, name)
                                 for name in names)
                database.execute(f"INSERT INTO {table} {numbers} SELECT {made} FROM {table}, n",
                                 (points // 2,))
        return "r.db"

    def test_runs_of_traces(self):
        traces = [f"{TRACES}/{name}.ktrace" for name in ("database", "key_value", "script")]
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            run = self.interrupt("kilburn run", "run", "--stats", "s.json", "--trace", *traces,
                                 number=number, left=["s.json"])
            self.assertIn("interrupted: the statistics are those of the part", run.said())
            (self.folder / "s.json").unlink()

    def test_under_nohup_the_terminals_end_is_none(self):
        run = self.start("run", "--trace", f"{TRACES}/database.ktrace", ignored=[signal.SIGHUP])
        wait_until(lambda: run.shows("\r\x1b[Kkilburn run"), "the bar")
        run.process.send_signal(signal.SIGHUP)
        seen = len(run.read())
        wait_until(lambda: len(run.read()) > seen + 200, "more of the bar")
        run.process.send_signal(signal.SIGINT)
        self.assertEqual(run.process.wait(PATIENCE), 130)

    def test_runs_of_software(self):
        self.interrupt("kilburn ", "run", "--elf", GUESTS / "mix.elf",
                       "--set", "riscv.fast_path=false")  # or it is over before the bar begins

    def test_runs_of_a_drive(self):
        run = self.interrupt("kilburn ssd run", "ssd", "run", "--ios", "1000000000", "--stats", "s.json",
                             left=["s.json"])
        self.assertIn("interrupted: the statistics are those of the part", run.said())

    def test_the_check_of_the_quantum(self):
        self.interrupt("kilburn run --check-quantum", "run", "--check-quantum", "--stats", "s.json",
                       "--set", "riscv.fast_path=false", "--elf", GUESTS / "mix.elf")

    def test_the_demonstration(self):
        self.interrupt("kilburn demo", "demo")

    def test_cosimulation(self):
        self.interrupt("cosim fa64", "cosim", "burst_tlb", "--ops", "1000000000")
        self.interrupt("cosim fa64", "cosim", "burst_tlb", "--trace", f"{TRACES}/database.ktrace")

    def test_recording_keeps_what_there_is(self):
        for number in (signal.SIGINT, signal.SIGHUP):
            self.interrupt("kilburn trace record", "trace", "record", "-o", "t.ktrace", "--",
                           "/bin/sh", "-c", LOOP, number=number, left=["t.ktrace"])
            subprocess.run([KILBURN, "trace", "info", "t.ktrace"], cwd=self.folder, check=True,
                           stdout=subprocess.DEVNULL)

    def test_a_recorded_program_that_waits_ends_too(self):
        run = self.start("trace", "record", "-o", "t.ktrace", "--", "/bin/sleep", "1000")
        wait_until(lambda: any("qemu" in pathlib.Path(f"/proc/{pid}/cmdline").read_text()
                               for pid in descendants(run.process.pid)), "the program")
        processes = descendants(run.process.pid)
        begin = time.monotonic()
        run.process.send_signal(signal.SIGINT)
        self.assertEqual(run.process.wait(PATIENCE), 130, run.read())
        self.assertLess(time.monotonic() - begin, IN_TIME)
        wait_until(lambda: all(state(pid) in ("", "Z") for pid in processes), "its processes' end")

    def test_conversion_leaves_nothing(self):
        for target in ("c.champsim.xz", "c.champsim.gz", "c.ktrace"):
            self.interrupt("kilburn trace convert", "trace", "convert", f"{TRACES}/database.ktrace",
                           target)

    def test_sweeps(self):
        for engine in ("translation", "platform"):
            space = self.space(engine)
            self.interrupt("kilburn sweep", "sweep", space, "-o", "r.db", "--jobs", "1",
                           left=["space.toml", "r.db"])
            (self.folder / "r.db").unlink()

    def test_synthesis_leaves_no_folder_of_its_tools(self):
        (self.folder / "space.toml").write_text(
            f"[sweep]\ntraces = ['{TRACES}/graph.ktrace']\nlimit = 1000\n"
            "[mmu.dtlb]\nunits_per_tag = [8, 16]\n")
        subprocess.run([KILBURN, "sweep", "space.toml", "-o", "r.db"], cwd=self.folder, check=True,
                       stdout=subprocess.DEVNULL)
        scratch = self.folder.parent / "scratch"
        scratch.mkdir()
        self.interrupt("kilburn sweep area", "sweep", "area", "r.db", left=["space.toml", "r.db"],
                       environment={"TMPDIR": str(scratch)})
        self.assertEqual(list(scratch.iterdir()), [])

    def test_reports_and_exports(self):
        database = self.results(10_000)
        left = ["space.toml", "r.db"]
        self.interrupt("kilburn report", "report", database, "-o", "r.html", left=left)
        self.interrupt("kilburn sweep export", "sweep", "export", database, "-o", "r.csv", left=left)

    def test_fetching_linux(self):
        stand_ins = self.folder.parent / "bin"
        stand_ins.mkdir()
        apt = stand_ins / "apt-get"
        apt.write_text("#!/bin/sh\nsleep 1000\n")
        apt.chmod(0o755)
        cache = self.folder.parent / "cache"
        self.interrupt("kilburn linux: fetching", "linux", "--cache", cache,
                       ready=(cache / "partial/apt/sources.list").exists,
                       environment={"PATH": f"{stand_ins}:{os.environ['PATH']}"})
        self.assertEqual([path.name for path in cache.iterdir()], ["lock"])

    def test_where_there_is_no_terminal_there_is_no_bar(self):
        for arguments in (["trace", "convert", f"{TRACES}/graph.ktrace", "c.champsim.gz", "--limit",
                           "2000000"],
                          ["trace", "record", "-o", "t.ktrace", "--limit", "20000000", "--", "/bin/sh",
                           "-c", LOOP],
                          ["run", "--elf", str(GUESTS / "mix.elf"), "--host-timeout", "1.5"]):
            run = subprocess.run([KILBURN, *arguments], cwd=self.folder, capture_output=True,
                                 stdin=subprocess.DEVNULL, check=False)
            self.assertIn(run.returncode, (0, 124), run.stderr)
            self.assertNotIn(b"\r", run.stderr)
            self.assertNotIn(b"\x1b", run.stderr)

    def test_conversion_to_xz_stays_in_the_memory_that_docs_say(self):
        pid = os.posix_spawn(KILBURN, ["kilburn", "trace", "convert", f"{TRACES}/sort.ktrace",
                                       str(self.folder / "c.champsim.xz"), "--limit", "200000"],
                             os.environ)
        _, status, usage = os.wait4(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)
        self.assertLess(usage.ru_maxrss, 100 << 10)  # KiB
        packed = (self.folder / "c.champsim.xz").read_bytes()
        self.assertEqual(len(lzma.decompress(packed)) % 64, 0)
        # The .xz file format, 3.1 and 5.3.1: the first block's header, and in it LZMA2's dictionary.
        header = 12
        flags, filter_id, properties, bits = packed[header + 1:header + 5]
        self.assertEqual((flags, filter_id, properties), (0, 0x21, 1))
        self.assertLessEqual((2 | (bits & 1)) << (bits // 2 + 11), 4 << 20)


if __name__ == "__main__":
    KILBURN, GUESTS, TRACES = (pathlib.Path(path).resolve() for path in sys.argv[1:4])
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
