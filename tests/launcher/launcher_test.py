#!/usr/bin/env python3
"""The launcher's own decisions: when it installs and builds, what it says meanwhile, what it leaves.

    launcher_test.py SOURCE KILBURN

In a copy of what it looks at, with stand-ins for apt-get, cmake, ninja and ctest that write down how
they were called. KILBURN is the real program, whose commands it must know.
"""
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = KILBURN = None
LOOKED_AT = ("cmake", "models", "rtl", "platform", "sw")

STAND_INS = {
    "dpkg-query": 'echo "installed bash"',
    "apt-get": '''echo "dlstatus:1:40.5:some package"; [ -z "${FAIL_APT-}" ]''',
    "cmake": '''[ -z "${FAIL_CMAKE-}" ] || { mkdir -p build/release; echo "no compiler"; exit 1; }
mkdir -p build/release; touch build/release/build.ninja''',
    "ninja": '''echo "[1/3] one"; echo "[2/3] two"
[ -z "${FAIL_NINJA-}" ] || { echo "error: it is wrong"; exit 1; }
if [ -n "${HANG_NINJA-}" ]; then sleep 1000 & echo $! >"$CALLS.hangs"; wait; fi
printf '#!/bin/sh\\necho "program $*"\\n' >build/release/kilburn
chmod +x build/release/kilburn''',
    "ctest": "",
    "git": "exit 1",
}


def ended(pid):
    """A process that may be nobody's child, and then is never waited for."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


class Launcher(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="kilburn-launcher-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.tree = self.root / "tree"
        for folder in LOOKED_AT:
            (self.tree / folder).mkdir(parents=True)
        for name in ("kilburn", "CMakeLists.txt", "CMakePresets.json"):
            shutil.copy2(SOURCE / name, self.tree)
        self.calls = self.root / "calls"
        stand_ins = self.root / "bin"
        stand_ins.mkdir()
        for name, script in STAND_INS.items():
            path = stand_ins / name
            path.write_text(f'#!/bin/sh\nprintf "%s\\n" "{name} $*" >>"$CALLS"\ncd "$TREE"\n{script}\n')
            path.chmod(0o755)
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("KILBURN_")}
        self.environment |= {"PATH": f"{stand_ins}:{os.environ['PATH']}", "CALLS": str(self.calls),
                             "TREE": str(self.tree)}

    def run_it(self, *arguments, launcher=None, **environment):
        return subprocess.run([launcher or self.tree / "kilburn", *arguments], text=True,
                              env=self.environment | environment, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60, check=False, cwd=self.root)

    def called(self):
        """How stand-ins were called since the last look."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        return lines

    def built(self, *arguments, **environment):
        run = self.run_it(*arguments, **environment)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.called()

    def left(self):
        """In build/; nothing where there is no such folder."""
        folder = self.tree / "build"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def edit_a_source(self):
        later = time.time() + 10  # than the build, on a file system of coarse times, too
        (self.tree / "models/new.h").touch()
        os.utime(self.tree / "models/new.h", (later, later))

    def test_help_and_version_are_told_without_building(self):
        for arguments in (["--help"], ["-h"], ["help"], ["help", "run"], ["run", "--help"],
                          ["trace", "convert", "-h"], ["test", "--help"], ["help", "test"]):
            run = self.run_it(*arguments)
            self.assertEqual((run.returncode, run.stderr), (0, ""), arguments)
            self.assertIn("kilburn", run.stdout.lower())
        version = re.search(r"^project.* VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text(),
                            re.MULTILINE)[1]
        for word in ("--version", "-V", "version"):
            run = self.run_it(word)
            self.assertEqual((run.returncode, run.stderr), (0, ""), word)
            self.assertTrue(run.stdout.startswith(f"{version} ("), run.stdout)
        self.assertEqual([call for call in self.called() if not call.startswith("git ")], [])
        self.assertFalse((self.tree / "build").exists())

    def test_what_is_no_command_is_refused_without_building(self):
        for word, meant in (("rnu", "run"), ("tset", "test"), ("swep", "sweep"), ("cosm", "cosim"),
                            ("Linux", "linux"), ("xyzzy", None), ("", None), ("--no", None)):
            run = self.run_it(word, "--limit", "5")
            self.assertEqual((run.returncode, run.stdout), (2, ""), word)
            self.assertEqual(re.findall(r"did you mean (\w+)\?", run.stderr), [meant] if meant else [])
            self.assertIn("\n  demo ", run.stderr)
        self.assertEqual(self.run_it().returncode, 2)
        self.assertEqual(self.called(), [])
        self.assertFalse((self.tree / "build").exists())

    def test_neither_help_nor_a_misspelt_word_builds_what_is_out_of_date(self):
        self.built("run")
        self.edit_a_source()
        self.assertEqual(self.run_it("rnu").returncode, 2)
        self.assertEqual(self.run_it("run", "--help").stdout, "program run --help\n")
        self.assertEqual(self.called(), [])

    def test_a_preset_that_does_not_exist_is_refused(self):
        run = self.run_it("demo", KILBURN_PRESET="relase")
        self.assertEqual(run.returncode, 2)
        self.assertIn("KILBURN_PRESET=relase", run.stderr)
        self.assertIn("asan-ubsan", run.stderr)
        self.assertEqual((self.called(), self.left()), ([], []))

    def test_it_knows_the_commands_of_the_program(self):
        listing = subprocess.run([KILBURN, "--help"], capture_output=True, text=True, check=True).stdout
        own = re.split(r"^Subcommands:\n", listing, flags=re.MULTILINE)[1]
        program = set(re.findall(r"^  ([a-z]+) ", own, re.MULTILINE)) - {"help", "version"}
        known = set(re.findall(r"^  ([a-z]+) ", self.run_it("--help").stdout, re.MULTILINE))
        self.assertGreater(len(program), 6)
        self.assertEqual(known - {"help", "version"}, program | {"test"})

    def test_it_knows_the_presets(self):
        run = self.run_it("demo", KILBURN_PRESET="no")
        self.assertEqual(set(run.stderr.split("allowed are ")[1].split()),
                         set(re.findall(r'"configurePreset": "(\S+?)"',
                                        (SOURCE / "CMakePresets.json").read_text())))

    def test_the_first_command_installs_configures_builds_and_passes_on(self):
        run = self.run_it("run", "--trace", "a b.ktrace")
        self.assertEqual((run.returncode, run.stdout), (0, "program run --trace a b.ktrace\n"))
        calls = self.called()
        self.assertEqual([call.split()[0] for call in calls],
                         ["dpkg-query", "apt-get", "apt-get", "cmake", "ninja"])
        # What commands of README need beside the program.
        for package in ("gdb-multiarch", "qemu-user", "yosys", "gtkwave",
                        "gcc-riscv64-unknown-elf"):
            self.assertIn(package, calls[2].split())
        self.assertEqual(calls[4].split()[-2:], ["kilburn", "guests"])
        self.assertEqual(self.left(), ["release", "release.log"])
        lines = run.stderr.splitlines()  # where there is no terminal, begin and end are told
        self.assertEqual(len(lines), 3, lines)
        self.assertIn("installing from the distribution", lines[0])
        self.assertIn("building the program", lines[1])
        self.assertRegex(lines[2], r"built in \d+ s")

    def test_what_is_built_is_passed_on_to_at_once(self):
        self.built("run")
        run = self.run_it("run", "--limit", "5")
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "program run --limit 5\n", ""))
        self.assertEqual(self.called(), [])

    def test_an_edited_source_is_built_again(self):
        self.built("run")
        self.edit_a_source()
        self.assertEqual(self.run_it("run").returncode, 0)
        self.assertIn("ninja", [call.split()[0] for call in self.called()])

    def test_the_tests_are_built_and_their_arguments_passed_on(self):
        self.assertEqual(self.run_it("test", "-R", "Launcher").returncode, 0)
        calls = self.called()
        self.assertIn("slurm-wlm", calls[2].split())
        self.assertEqual(calls[4].split()[-1], "all")
        self.assertTrue(calls[5].startswith("ctest ") and calls[5].endswith(" -R Launcher"), calls[5])
        self.assertEqual(self.run_it("run").returncode, 0)
        self.assertEqual(self.called(), [])  # the program was among them

    def test_a_link_to_it_works_from_anywhere(self):
        link = self.root / "elsewhere"
        link.symlink_to(self.tree / "kilburn")
        run = self.run_it("demo", launcher=link)
        self.assertEqual((run.returncode, run.stdout), (0, "program demo\n"), run.stderr)

    def test_a_failed_installation_leaves_nothing(self):
        run = self.run_it("run", FAIL_APT="1")
        self.assertEqual((run.returncode, run.stdout), (2, ""))
        self.assertIn("apt-get update failed", run.stderr)
        self.assertEqual(self.left(), [])

    def test_a_failed_configuration_leaves_nothing_and_shows_why(self):
        run = self.run_it("run", FAIL_CMAKE="1")
        self.assertEqual((run.returncode, run.stdout), (2, ""))
        self.assertIn("no compiler", run.stderr)
        self.assertEqual(self.left(), [])

    def test_a_failed_build_shows_why_and_names_its_log(self):
        for _ in range(2):
            run = self.run_it("run", FAIL_NINJA="1")
            self.assertEqual((run.returncode, run.stdout), (2, ""))
            self.assertIn("error: it is wrong", run.stderr)
            self.assertNotIn("[1/3]", run.stderr)
            self.assertIn(str(self.tree / "build/release.log"), run.stderr)
            self.assertEqual(self.left(), ["release", "release.log"])
        self.built("run")  # and goes on once it can

    def hanging(self):
        """The process whose end the stand-in for ninja waits for."""
        hangs = pathlib.Path(f"{self.calls}.hangs")
        end = time.monotonic() + 60
        while not (hangs.exists() and hangs.read_text().strip()):
            self.assertLess(time.monotonic(), end, "waited in vain: the stand-in for ninja")
            time.sleep(0.01)
        return int(hangs.read_text())

    def check_interrupted(self, process, number, hanging, begin):
        self.assertEqual(process.wait(60), 128 + number)
        self.assertLess(time.monotonic() - begin, 5)  # one second, where nothing else runs
        self.assertTrue(ended(hanging))
        self.assertEqual(self.left(), ["release"])
        pathlib.Path(f"{self.calls}.hangs").unlink()

    def test_a_signal_ends_the_build_and_all_of_it(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = subprocess.Popen([self.tree / "kilburn", "run"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                                       env=self.environment | {"HANG_NINJA": "1"})
            hanging = self.hanging()
            begin = time.monotonic()
            process.send_signal(number)
            self.check_interrupted(process, number, hanging, begin)
            self.assertIn("kilburn: interrupted", process.stderr.read())
            process.stderr.close()
        self.built("run")  # the same command goes on

    def on_a_terminal(self, **environment):
        """The launcher as a terminal's foreground job, and our end of the terminal."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(self.tree / "kilburn", ["kilburn", "run"], self.environment | environment)
        self.addCleanup(os.close, terminal)
        return pid, terminal

    def test_on_a_terminal_one_line_shows_the_steps_until_ctrl_c(self):
        pid, terminal = self.on_a_terminal(HANG_NINJA="1")
        seen = b""
        end = time.monotonic() + 60
        while b"building [2/3]" not in seen and time.monotonic() < end:
            if select.select([terminal], [], [], 0.1)[0]:
                seen += os.read(terminal, 4096)
        self.assertIn(b"\r\x1b[Kkilburn: building [2/3]", seen)
        self.assertIn(b"fetching packages 40 %", seen)
        hanging = self.hanging()
        begin = time.monotonic()
        os.write(terminal, b"\x03")

        class Ended:
            @staticmethod
            def wait(_):
                return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        self.check_interrupted(Ended, signal.SIGINT, hanging, begin)


if __name__ == "__main__":
    SOURCE, KILBURN = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    for each in (signal.SIGINT, signal.SIGHUP):  # a job in the background ignores them
        signal.signal(each, signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL)
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
